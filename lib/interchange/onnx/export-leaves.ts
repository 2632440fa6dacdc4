/** Linear models in the leaves of trees. */
import type { LeafModels } from '../../core/plan-types.js';
import type { Write } from './export-ops.js';
import { int, ints } from './graph-writer.js';
import { ELEMENT } from './messages.js';

/** Each row takes the coefficients of the leaf that it is in, of each tree: [rows, trees, columns]. */
export const writeLeafLinear: Write = (
  { writer, inputs: [x, leaves], widths: [width] },
  { intercept, otherwise, offsets, features, coefficients }: LeafModels,
) => {
  const count = intercept.length;
  const weights = new Float64Array(count * width);
  const uses = new Float64Array(count * width);
  for (let leaf = 0; leaf < count; leaf++) {
    for (let k = offsets[leaf]; k < offsets[leaf + 1]; k++) {
      weights[leaf * width + features[k]] += coefficients[k];
      uses[leaf * width + features[k]] = 1;
    }
  }
  const index = writer.cast(leaves, ELEMENT.int64);
  const ofLeaf = (values: Float64Array, ...dims: number[]) =>
    writer.node('Gather', [writer.numbers(values, [count, ...dims]), index]);
  const wide = writer.node('Unsqueeze', [x, writer.wholes([1])]);
  const isMissing = writer.node('IsNaN', [wide]);
  const rows = writer.node('Where', [isMissing, writer.scalar(0), wide]);
  const products = writer.node('Mul', [ofLeaf(weights, width), rows]);
  const sums = writer.node('ReduceSum', [products, writer.wholes([2])], { keepdims: int(0) });
  const lacks = writer.node('Mul', [ofLeaf(uses, width), writer.asNumbers(isMissing)]);
  const most = writer.node('ReduceMax', [lacks], { axes: ints([2]), keepdims: int(0) });
  const values = writer.node('Where', [
    writer.node('Greater', [most, writer.scalar(0)]),
    ofLeaf(otherwise),
    writer.node('Add', [sums, ofLeaf(intercept)]),
  ]);
  return writer.node('ReduceSum', [values, writer.wholes([1])]);
};
