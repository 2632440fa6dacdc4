/** What classifiers of ai.onnx.ml share: their labels, and what becomes of scores. */
import type { Label } from '../../core/labels.js';
import type { Slot } from '../../core/plan-builder.js';
import { filled, type Node } from './node.js';
import { type Computed, Dictionary } from './values.js';

/** The labels that a classifier names. @param names - of its attributes for whole numbers and for text */
export function classLabels(node: Node, names: readonly [ints: string, texts: string]): readonly Label[] {
  const [ints, texts] = [node.ints(names[0]), node.texts(names[1])];
  const labels: readonly Label[] = texts.length > 0 ? texts : ints;
  if (labels.length < 2) throw node.fail(`it has ${labels.length} classes`);
  if (new Set(labels).size !== labels.length) throw node.fail('two of its classes have the same label');
  return labels;
}

/** Codes of labels as the output of a classifier. */
export function labelOutput(codes: Slot, labels: readonly Label[]): Computed {
  const type = typeof labels[0] === 'string' ? 'string' : 'int64';
  return { slot: codes, dims: [], type, codes: [new Dictionary(labels)] };
}

/** The attribute post_transform; of TreeEnsemble it is a number. */
export function postTransform(node: Node): string {
  const names = ['NONE', 'SOFTMAX', 'LOGISTIC', 'SOFTMAX_ZERO', 'PROBIT'];
  const name =
    node.op === 'TreeEnsemble' ? names[node.int('post_transform', 0)] : node.text('post_transform', 'NONE');
  if (name === 'NONE' || name === 'SOFTMAX' || name === 'LOGISTIC' || name === 'SOFTMAX_ZERO') return name;
  throw node.fail(`post_transform '${name}' is not supported`);
}

/** Scores as they come out. */
export function transformScores(node: Node, scores: Slot, kind: string): Slot {
  const { plan } = node;
  if (kind === 'LOGISTIC') return plan.activation(scores, 'sigmoid');
  if (kind === 'SOFTMAX') return plan.softmax(scores);
  return kind === 'SOFTMAX_ZERO' ? softmaxZero(node, scores) : scores;
}

/** A softmax in which scores of 0 keep the share 0; of nothing else, equal shares of one half. */
function softmaxZero({ plan }: Node, scores: Slot): Slot {
  const { width } = scores;
  const most = plan.reduce(scores, 'max');
  const shares = plan.activation(plan.binaryOf([scores, most], 'sub'), 'exp');
  const small = plan.binaryOf([scores, plan.activation(plan.activation(most, 'negate'), 'exp')], 'mul');
  const isScore = plan.binary(plan.activation(scores, 'abs'), 'greater', filled(width, 1e-7));
  const terms = plan.select([isScore, shares, small]);
  const total = plan.reduce(terms, 'sum');
  const isNothing = plan.binaryOf([plan.constant(scores, filled(width, 0)), total], 'equal');
  const half = plan.constant(scores, filled(width, 0.5));
  return plan.select([isNothing, half, plan.binaryOf([terms, total], 'div')]);
}

/** Both classes of one score: -s and s, or, where it is a share already, 1 - s and s. */
export function bothClasses(node: Node, score: Slot, isShare: boolean): Slot {
  const { plan } = node;
  const negative = plan.activation(score, 'negate');
  return plan.concat([isShare ? plan.binary(negative, 'add', filled(1, 1)) : negative, score]);
}

/** The code of the second of two classes where the score is above a bound, else of the first. */
export function secondClass({ plan }: Node, score: Slot, bound: number): Slot {
  return plan.binary(score, 'greater', filled(1, bound));
}
