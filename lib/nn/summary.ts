/** The table of a model's layers, as Keras prints it. */
import { sizeOf } from '../core/shape.js';
import { type Architecture, countWeights } from './architecture.js';
import type { LayerType, Shape } from './layers.js';

const CLASS: Readonly<Record<LayerType, string>> = {
  input: 'Input',
  dense: 'Dense',
  conv2d: 'Conv2D',
  maxPool2d: 'MaxPooling2D',
  avgPool2d: 'AveragePooling2D',
  globalAvgPool: 'GlobalAveragePooling',
  batchNorm: 'BatchNormalization',
  layerNorm: 'LayerNormalization',
  embedding: 'Embedding',
  activation: 'Activation',
  dropout: 'Dropout',
  flatten: 'Flatten',
  reshape: 'Reshape',
};

const HEADER = ['Layer (type)', 'Output Shape', 'Param #'] as const;
const group = (value: number) => value.toLocaleString('en-US');
const shapeText = (shape: Shape) => `(None, ${shape.join(', ')})`;

/** '407.11 KB' of float32 weights. */
function bytesText(weights: number): string {
  let size = weights * 4;
  for (const unit of ['B', 'KB', 'MB', 'GB']) {
    if (size < 1024 || unit === 'GB') return `${size.toFixed(2)} ${unit}`;
    size /= 1024;
  }
  return '';
}

/** The lines of the table. */
export function summaryText(name: string, architecture: Architecture): string {
  const rows = architecture.layers.map(({ name: own, layer, outputShape, weights }) => [
    `${own} (${CLASS[layer.type]})`,
    shapeText(outputShape),
    group(weights.reduce((sum, weight) => sum + sizeOf(weight.shape), 0)),
  ]);
  const widths = HEADER.map((title, j) => Math.max(title.length, ...rows.map((row) => row[j].length)));
  const line = (left: string, fill: string, middle: string, right: string) =>
    left + widths.map((width) => fill.repeat(width + 2)).join(middle) + right;
  const row = (cells: readonly string[], edge: string) =>
    edge +
    cells.map((cell, j) => ` ${j === 2 ? cell.padStart(widths[j]) : cell.padEnd(widths[j])} `).join(edge) +
    edge;
  const body = rows.flatMap((cells, i) => [...(i === 0 ? [] : [line('├', '─', '┼', '┤')]), row(cells, '│')]);
  const { total, trainable } = countWeights(architecture);
  const count = (what: string, weights: number) =>
    ` ${what} params: ${group(weights)} (${bytesText(weights)})`;
  return [
    `Model: "${name}"`,
    line('┏', '━', '┳', '┓'),
    row(HEADER, '┃'),
    line('┡', '━', '╇', '┩'),
    ...body,
    line('└', '─', '┴', '┘'),
    count('Total', total),
    count('Trainable', trainable),
    count('Non-trainable', total - trainable),
  ].join('\n');
}
