/** The least or greatest columns of a row, one after another: a plan has no op for several. */
import { filled, type Node, type Translate } from './node.js';
import { isLastAxis } from './shape-ops.js';

/** Each of the extremes takes a few passes over the row. */
const MAX_EXTREMES = 1024;

const topK: Translate = (node: Node) => {
  const { plan } = node;
  const value = node.computed(0);
  const { data } = node.constant(1);
  const [count] = data;
  const isLargest = node.int('largest', 1) !== 0;
  if (value.dims.length !== 1 || !isLastAxis(node.int('axis', -1), value))
    throw node.fail('only columns of a matrix are supported');
  let x = node.slot(0);
  const { width } = x;
  if (data.length !== 1 || !Number.isInteger(count) || count < 1 || count > Math.min(width, MAX_EXTREMES))
    throw node.fail(`it takes ${Array.from(data).join(', ')} of ${width} columns`);
  node.sized(count * width);
  const places = plan.constant(
    x,
    Float64Array.from({ length: width }, (_, j) => j),
  );
  const taken = plan.constant(
    x,
    filled(width, isLargest ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY),
  );
  const found = Array.from({ length: count }, () => {
    const index = plan.argmax(isLargest ? x : plan.activation(x, 'negate'));
    const extreme = plan.reduce(x, isLargest ? 'max' : 'min');
    x = plan.select([plan.binaryOf([places, index], 'equal'), taken, x]);
    return { index, extreme };
  });
  const values = plan.concat(found.map(({ extreme }) => extreme));
  const indices = plan.concat(found.map(({ index }) => index));
  return [node.result(values, value.type), node.result(indices, 'int64')];
};

/** By operator set and name. */
export const TOP_K_OPS: Readonly<Record<string, Translate>> = { TopK: topK };
