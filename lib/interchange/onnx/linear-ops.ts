/** Linear models of ai.onnx.ml. */

import type { Slot } from '../../core/plan-builder.js';
import { type Node, perColumn, type Translate } from './node.js';
import {
  bothClasses,
  classLabels,
  labelOutput,
  postTransform,
  secondClass,
  transformScores,
} from './scores.js';

/** x C' + b with C of shape [outputs, columns], row-major. */
export function linear(node: Node, x: Slot, coefficients: ArrayLike<number>, bias: ArrayLike<number>): Slot {
  const outputs = bias.length;
  if (outputs < 1 || coefficients.length !== outputs * x.width)
    throw node.fail(
      `it has ${coefficients.length} coefficients for ${x.width} columns and ${outputs} outputs`,
    );
  const weights = new Float64Array(coefficients.length);
  for (let k = 0; k < outputs; k++) {
    for (let j = 0; j < x.width; j++) weights[j * outputs + k] = coefficients[k * x.width + j];
  }
  return node.plan.dense(x, weights, Float64Array.from(bias));
}

const linearRegressor: Translate = (node) => {
  const x = node.slot(0);
  const targets = node.int('targets', 1);
  if (!(targets >= 1 && targets <= 1 << 16)) throw node.fail(`it has ${targets} targets`);
  const given = node.floats('intercepts');
  const bias = given.length === 0 ? new Float64Array(targets) : perColumn(node, 'intercepts', given, targets);
  const scores = linear(node, x, node.floats('coefficients'), bias);
  return [node.result(transformScores(node, scores, postTransform(node)))];
};

const linearClassifier: Translate = (node) => {
  const x = node.slot(0);
  const labels = classLabels(node, ['classlabels_ints', 'classlabels_strings']);
  const coefficients = node.floats('coefficients');
  const given = node.floats('intercepts');
  const bias = given.length > 0 ? given : new Float64Array(coefficients.length / x.width);
  const scores = linear(node, x, coefficients, bias);
  const kind = postTransform(node);
  if (scores.width === 1 && labels.length === 2) {
    // ONNX Runtime takes a softmax of one score for the score itself.
    const share = kind === 'LOGISTIC' ? transformScores(node, scores, kind) : scores;
    const proba = bothClasses(node, share, true);
    return [labelOutput(secondClass(node, scores, 0), labels), node.result(proba)];
  }
  if (scores.width !== labels.length)
    throw node.fail(`it has ${scores.width} scores for ${labels.length} classes`);
  const code = node.plan.argmax(scores);
  return [labelOutput(code, labels), node.result(transformScores(node, scores, kind))];
};

/** By operator set and name. */
export const LINEAR_OPS: Readonly<Record<string, Translate>> = {
  'ai.onnx.ml.LinearRegressor': linearRegressor,
  'ai.onnx.ml.LinearClassifier': linearClassifier,
};
