/**
 * Support vector machines of ai.onnx.ml. Kernels of all support vectors first; the scores of all pairs of classes are then
 * one product. Probabilities: Platt's sigmoid for each pair, then pairwise coupling.
 */
import type { Slot } from '../../core/plan-builder.js';
import { linear } from './linear-ops.js';
import { filled, type Node, type Translate } from './node.js';
import {
  bothClasses,
  classLabels,
  labelOutput,
  postTransform,
  secondClass,
  transformScores,
} from './scores.js';

/** Pairs are as many as the square of the classes. */
const MAX_CLASSES = 1024;

/** The kernel of each row with each support vector, [rows, vectors]. */
function kernels(node: Node, x: Slot, vectors: number): Slot {
  const { plan } = node;
  const support = node.floats('support_vectors');
  if (support.length !== vectors * x.width)
    throw node.fail(`it has ${support.length} values of ${vectors} support vectors of ${x.width} columns`);
  const kind = node.text('kernel_type', 'LINEAR');
  const [gamma = 0, coef0 = 0, degree = 0] = node.floats('kernel_params');
  if (kind === 'RBF') {
    const squares = plan.distance(x, 'squaredEuclidean', Float64Array.from(support), vectors);
    return plan.activation(plan.binary(squares, 'mul', filled(vectors, -gamma)), 'exp');
  }
  const products = linear(node, x, support, new Float64Array(vectors));
  if (kind === 'LINEAR') return products;
  const scaled = plan.binary(
    plan.binary(products, 'mul', filled(vectors, gamma)),
    'add',
    filled(vectors, coef0),
  );
  if (kind === 'POLY') return plan.binary(scaled, 'pow', filled(vectors, degree));
  if (kind === 'SIGMOID') return plan.activation(scaled, 'tanh');
  throw node.fail(`kernel '${kind}' is not supported`);
}

const svmRegressor: Translate = (node) => {
  const x = node.slot(0);
  const vectors = node.int('n_supports', 0);
  const [rho = 0] = node.floats('rho');
  const bias = Float64Array.of(rho);
  const coefficients = node.floats('coefficients');
  const scores = linear(node, vectors > 0 ? kernels(node, x, vectors) : x, coefficients, bias);
  if (node.int('one_class', 0) === 0)
    return [node.result(transformScores(node, scores, postTransform(node)))];
  // 1 or -1
  const isInside = node.plan.binary(scores, 'greater', filled(1, 0));
  return [node.result(node.plan.affine(isInside, Float64Array.of(0.5), Float64Array.of(0.5)))];
};

/** The score of each pair (i, j), i < j, from the kernels: those of class i with row j - 1 of the coefficients, of class j with row i. */
function pairScores(node: Node, kernel: Slot, counts: readonly number[]): Slot {
  const classes = counts.length;
  const vectors = kernel.width;
  const coefficients = node.floats('coefficients');
  const pairs = (classes * (classes - 1)) / 2;
  const rho = node.floats('rho');
  if (coefficients.length !== (classes - 1) * vectors)
    throw node.fail(`it has ${coefficients.length} coefficients`);
  if (rho.length !== pairs) throw node.fail(`it has ${rho.length} rho for ${pairs} pairs of classes`);
  const starts = counts.map((_, c) => counts.slice(0, c).reduce((sum, count) => sum + count, 0));
  const weights = new Float64Array(vectors * pairs);
  let pair = 0;
  for (let i = 0; i < classes; i++) {
    for (let j = i + 1; j < classes; j++, pair++) {
      const fill = (c: number, row: number) => {
        for (let v = starts[c]; v < starts[c] + counts[c]; v++)
          weights[v * pairs + pair] = coefficients[row * vectors + v];
      };
      fill(i, j - 1);
      fill(j, i);
    }
  }
  return node.plan.dense(kernel, weights, Float64Array.from(rho));
}

/** The class that wins most of its pairs, the first of several. */
function vote(node: Node, scores: Slot, classes: number): Slot {
  const { plan } = node;
  const pairs = scores.width;
  const weights = new Float64Array(pairs * classes);
  const bias = new Float64Array(classes);
  let pair = 0;
  for (let i = 0; i < classes; i++) {
    for (let j = i + 1; j < classes; j++, pair++) {
      // The first of the two where the score is above 0, else the second.
      weights[pair * classes + i] = 1;
      weights[pair * classes + j] = -1;
      bias[j] += 1;
    }
  }
  const isFirst = plan.binary(scores, 'greater', filled(pairs, 0));
  return plan.argmax(plan.dense(isFirst, weights, bias));
}

function probabilities(node: Node, scores: Slot, classes: number): Slot {
  const { plan } = node;
  const pairs = scores.width;
  const [a, b] = [node.floats('prob_a'), node.floats('prob_b')];
  if (a.length !== pairs || b.length !== pairs)
    throw node.fail(`it has ${a.length} prob_a for ${pairs} pairs of classes`);
  const scaled = plan.binary(plan.binary(scores, 'mul', Float64Array.from(a)), 'add', Float64Array.from(b));
  const shares = plan.activation(plan.activation(scaled, 'negate'), 'sigmoid');
  const least = plan.binary(shares, 'max', filled(pairs, 1e-7));
  return plan.coupling(plan.binary(least, 'min', filled(pairs, 1 - 1e-7)), classes);
}

const svmClassifier: Translate = (node) => {
  const x = node.slot(0);
  const labels = classLabels(node, ['classlabels_ints', 'classlabels_strings']);
  const classes = labels.length;
  if (classes > MAX_CLASSES) throw node.fail(`it has ${classes} classes, more than ${MAX_CLASSES}`);
  const kind = postTransform(node);
  const counts = node.ints('vectors_per_class');
  if (counts.length === 0) return linearMachine(node, x, labels, kind);
  const isCount = (count: number) => Number.isSafeInteger(count) && count >= 0;
  if (counts.length !== classes || !counts.every(isCount))
    throw node.fail(`vectors_per_class has ${counts.length} counts for ${classes} classes`);
  const kernel = kernels(
    node,
    x,
    counts.reduce((sum, count) => sum + count, 0),
  );
  const scores = pairScores(node, kernel, counts);
  const winner = vote(node, scores, classes);
  if (node.floats('prob_a').length > 0) {
    const proba = transformScores(node, probabilities(node, scores, classes), kind);
    return [labelOutput(winner, labels), node.result(proba)];
  }
  if (classes === 2)
    return [
      labelOutput(winner, labels),
      node.result(transformScores(node, bothClasses(node, scores, false), kind)),
    ];
  return [labelOutput(winner, labels), node.result(transformScores(node, scores, kind))];
};

/** Without support vectors: a linear score for each class, all with the same rho. */
function linearMachine(node: Node, x: Slot, labels: ReturnType<typeof classLabels>, kind: string) {
  const [rho = 0] = node.floats('rho');
  const coefficients = node.floats('coefficients');
  const count = coefficients.length / x.width;
  const scores = linear(node, x, coefficients, filled(Number.isInteger(count) ? count : 1, rho));
  if (scores.width === 1) {
    const both = transformScores(node, bothClasses(node, scores, false), kind);
    return [labelOutput(secondClass(node, scores, 0), labels), node.result(both)];
  }
  if (scores.width !== labels.length)
    throw node.fail(`it has ${scores.width} scores for ${labels.length} classes`);
  return [labelOutput(node.plan.argmax(scores), labels), node.result(transformScores(node, scores, kind))];
}

/** By operator set and name. */
export const SVM_OPS: Readonly<Record<string, Translate>> = {
  'ai.onnx.ml.SVMRegressor': svmRegressor,
  'ai.onnx.ml.SVMClassifier': svmClassifier,
};
