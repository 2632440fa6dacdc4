// The tables that models are trained on: makeClassification with the same seed, half of the columns informative, a seventh
// of them combinations of those, 12 % of the labels drawn at random; split into training and test rows. Peers read the same
// arrays from a folder.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Matrix, makeClassification } from '../../dist/index.js';

export function makeData(rows, cols, testRows) {
  const { X, y } = makeClassification({
    nSamples: rows + testRows,
    nFeatures: cols,
    nInformative: Math.floor(cols / 2),
    nRedundant: Math.floor(cols / 7),
    nClustersPerClass: 8,
    classSep: 1.2,
    flipY: 0.12,
    randomState: 7,
  });
  const x = Matrix.from(X).astype('float32');
  const labels = Uint8Array.from(y);
  return {
    xTrain: x.slice(0, rows),
    yTrain: labels.subarray(0, rows),
    xTest: x.slice(rows),
    yTest: labels.subarray(rows),
  };
}

export function writeData(folder, { xTrain, yTrain, xTest, yTest }) {
  writeFileSync(join(folder, 'shape.txt'), `${xTrain.rows} ${xTest.rows} ${xTrain.cols}\n`);
  for (const [name, array] of Object.entries({
    'x_train.f32': xTrain.data,
    'x_test.f32': xTest.data,
    'y_train.u8': yTrain,
    'y_test.u8': yTest,
  })) {
    writeFileSync(join(folder, name), new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  }
}
