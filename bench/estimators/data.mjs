// The data sets that estimators are timed on, by name. Each is written once into a folder as raw float64 (text: JSON), from
// which both sides read, so that they work on the same bytes: X [rows, cols], and y where there is a target.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Matrix, makeBlobs, makeClassification, makeMoons, makeRegression } from '../../dist/index.js';

const COLUMNS = 28;

/** mulberry32: numbers in [0, 1). */
function uniform(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const classification = (nSamples, nClasses) =>
  makeClassification({
    nSamples,
    nFeatures: COLUMNS,
    nInformative: 14,
    nRedundant: 4,
    nClasses,
    nClustersPerClass: 2,
    flipY: 0.05,
    randomState: 7,
  });

/** Cells made one by one from random numbers. */
function cells(rows, cols, seed, make) {
  const random = uniform(seed);
  const data = new Float64Array(rows * cols);
  for (let i = 0; i < data.length; i++) data[i] = make(random, i % cols);
  return { X: new Matrix(data, rows, cols) };
}

/** Documents of 20 to 180 words, which follow Zipf's law over 30,000. */
function documents(count) {
  const random = uniform(11);
  const word = () => `w${Math.floor(30_000 ** random())}`;
  const text = Array.from({ length: count }, () =>
    Array.from({ length: 20 + Math.floor(160 * random()) }, word).join(' '),
  );
  return { text, y: Float64Array.from(text, (_, i) => i % 4) };
}

const makers = {
  /** 100,000 x 28, two classes. */
  dense: (rows) => classification(rows, 2),
  /** 100,000 x 28, five classes. */
  fiveClasses: (rows) => classification(rows, 5),
  /** 10,000 x 28, two classes: for what costs more than its rows. */
  small: (rows) => classification(rows / 10, 2),
  /** 100,000 x 28, a number. */
  regression: (rows) =>
    makeRegression({ nSamples: rows, nFeatures: COLUMNS, nInformative: 14, noise: 10, randomState: 7 }),
  /** 100,000 x 28 in ten clusters. */
  blobs: (rows) =>
    makeBlobs({ nSamples: rows, nFeatures: COLUMNS, centers: 10, clusterStd: 3, randomState: 7 }),
  /** 10,000 x 2: two half moons. */
  moons: (rows) => makeMoons({ nSamples: rows / 10, noise: 0.05, randomState: 7 }),
  /** 100,000 x 28, one value in twenty missing. */
  missing: (rows) => cells(rows, COLUMNS, 3, (random) => (random() < 0.05 ? Number.NaN : random() * 10)),
  /** 10,000 x 28, one value in twenty missing. */
  smallMissing: (rows) =>
    cells(rows / 10, COLUMNS, 3, (random) => (random() < 0.05 ? Number.NaN : random() * 10)),
  /** 100,000 x 28 of whole numbers, with a class each: the counts of naive Bayes. */
  counts: (rows) => ({
    ...cells(rows, COLUMNS, 5, (random) => Math.floor(-3 * Math.log(1 - random()))),
    y: Float64Array.from({ length: rows }, (_, i) => i % 5),
  }),
  /** 100,000 x 8 codes of 3 to 50 categories, with a target. */
  categories: (rows) => ({
    ...cells(rows, 8, 9, (random, j) => Math.floor(random() * (3 + 6.7 * j))),
    y: Float64Array.from({ length: rows }, (_, i) => i % 2),
  }),
  /** 20,000 documents of about 100 words, with a class each. */
  text: (rows) => documents(rows / 5),
};

const bytesOf = (array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** Makes the data set `name` of `rows` rows (or the part of them its description says) and writes it into the folder. */
export function writeDataSet(folder, name, rows) {
  const { X, y, text } = makers[name](rows);
  const x = X && Matrix.from(X, undefined, 'float64');
  if (x) writeFileSync(join(folder, `${name}.x.f64`), bytesOf(x.data));
  if (y) writeFileSync(join(folder, `${name}.y.f64`), bytesOf(Float64Array.from(y)));
  if (text) writeFileSync(join(folder, `${name}.text.json`), JSON.stringify(text));
  writeFileSync(
    join(folder, `${name}.json`),
    JSON.stringify({ cols: x?.cols ?? 0, y: Boolean(y), text: Boolean(text) }),
  );
}

const readFloats = (file) => {
  const bytes = readFileSync(file);
  return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
};

/** What was written: { X: Matrix, y: Float64Array, text: string[] }, each where the data set has it. */
export function readDataSet(folder, name) {
  const { cols, y, text } = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
  const data = cols > 0 ? readFloats(join(folder, `${name}.x.f64`)) : null;
  return {
    X: data && new Matrix(data, data.length / cols, cols),
    y: y ? readFloats(join(folder, `${name}.y.f64`)) : null,
    text: text ? JSON.parse(readFileSync(join(folder, `${name}.text.json`), 'utf8')) : null,
  };
}
