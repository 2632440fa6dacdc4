/** What support vector machines are made of: sums of kernels, and the coupling of the probabilities of pairs of classes. */
import type { KernelConstants, KernelSpec } from '../../core/plan-types.js';
import { writeKernel } from './export-distances.js';
import { dense, type Write } from './export-ops.js';
import { floats, ints } from './graph-writer.js';

/** The machine of {@link writeCoupling} has as many values as the square of the pairs: 4 million of these. */
const MAX_COUPLED = 64;

export const writeKernelExpansion: Write = (
  source,
  spec: KernelSpec,
  [vectors, weights, bias]: KernelConstants,
) => {
  const kernels = writeKernel(source, spec, vectors);
  return dense({ ...source, inputs: [kernels], widths: [weights.length / bias.length] }, weights, bias);
};

/**
 * Of ONNX's operators SVMClassifier alone couples pairs. It is given a machine whose score of each pair is one column of its input:
 * with linear kernels, unit vectors for support vectors, each counted to the first class of its pair. The columns are the logits
 * of the probabilities, which its sigmoid turns back.
 */
export const writeCoupling: Write = ({ writer, inputs: [x], widths: [pairs], refuse }, classes: number) => {
  if (classes > MAX_COUPLED) throw refuse(`coupling of the pairs of more than ${MAX_COUPLED} classes`);
  const odds = writer.node('Div', [x, writer.node('Sub', [writer.scalar(1), x])]);
  const logits = writer.node('Log', [odds]);
  const vectors = new Float64Array(pairs * pairs);
  const coefficients = new Float64Array((classes - 1) * pairs);
  let pair = 0;
  for (let a = 0; a < classes; a++) {
    for (let b = a + 1; b < classes; b++, pair++) {
      vectors[pair * pairs + pair] = 1;
      coefficients[(b - 1) * pairs + pair] = 1;
    }
  }
  const [, shares] = writer.outputs('ml.SVMClassifier', [logits], 2, {
    kernel_type: 'LINEAR',
    kernel_params: floats([1, 0, 1]),
    classlabels_ints: ints(Array(classes).keys()),
    vectors_per_class: ints(Array.from({ length: classes }, (_, a) => classes - 1 - a)),
    support_vectors: floats(vectors),
    coefficients: floats(coefficients),
    rho: floats(new Float64Array(pairs)),
    prob_a: floats(new Float64Array(pairs).fill(-1)),
    prob_b: floats(new Float64Array(pairs)),
    post_transform: 'NONE',
  });
  return writer.precision === 'float32' ? shares : writer.asNumbers(shares);
};
