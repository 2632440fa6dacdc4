/**
 * Pruning: the weights that matter least become 0. By magnitude single weights (Han et al., 2015), by structure whole units or
 * filters, by the Euclidean norm of their weights (Li et al., 2017), as torch.nn.utils.prune's l1_unstructured and ln_structured.
 */
import { checkParams, custom, either, nothing, oneOf, real, show } from '../core/params.js';
import { ValidationError } from '../errors.js';
import type { Callback } from './callbacks/callback.js';
import { Sequential } from './sequential.js';

/** Options of {@link prune}. */
export interface PruneOptions {
  /** The share of the weights, or of the units, that become 0, in [0, 1). */
  readonly amount: number;
  /** Single weights by magnitude, or whole units and filters. Default 'magnitude'. */
  readonly method?: 'magnitude' | 'structured';
  /** Whether each layer loses that share, or all of them together (by magnitude only). Default 'layer'. */
  readonly scope?: 'layer' | 'global';
  /** Names of the layers to prune. Default: all that have a kernel or embeddings, without the last when whole units go. */
  readonly layers?: readonly string[] | null;
}
/** What became of a layer. */
export interface PrunedLayer {
  /** Such as 'dense/kernel'. */
  readonly name: string;
  readonly weights: number;
  /** How many of them are 0 now. */
  readonly zeros: number;
}
/** What {@link prune} returns. */
export interface Pruned {
  /** A copy of the model with its small weights 0. */
  readonly model: Sequential;
  readonly layers: readonly PrunedLayer[];
  /** Keeps them 0 in further training: `model.fit(X, y, { callbacks: [keep] })`. */
  readonly keep: Callback;
}

/** An array of weights of the model: its place in `getWeights`, and the length of its last axis, the units. */
interface Prunable {
  readonly index: number;
  readonly name: string;
  readonly layer: string;
  readonly units: number;
  readonly values: Float32Array;
}

const RULES = {
  amount: real(0, 1, 'max'),
  method: oneOf('magnitude', 'structured'),
  scope: oneOf('layer', 'global'),
  layers: either(nothing, custom('a list of names of layers', Array.isArray)),
};

/**
 * Makes a copy of a model in which the weights that matter least are 0; biases and normalisation stay, but for the bias of a unit
 * that goes. Fine-tune the copy with the callback `keep`, so that they stay 0.
 *
 * Differs from torch.nn.utils.prune: the mask is a callback, not a parametrisation.
 *
 * @param model - one that has weights
 * @returns the copy, and how many weights of each array are 0
 * @throws {ERR_NOT_FITTED} when the model has no weights
 * @throws {ERR_PARAMETER} for a bad option, or a layer that there is not
 * @example
 * ```ts
 * import { dense, input, prune, Sequential } from 'boreal/nn';
 * const model = new Sequential([input([2]), dense(2)]).setWeights([[0.1, 3, -2, -0.2], [0, 0]]);
 * const pruned = prune(model, { amount: 0.5 });
 * pruned.model.getWeights()[0]; // [0, 3, -2, 0]
 * pruned.layers[0].zeros; // 2
 * ```
 */
export function prune(model: Sequential, options: PruneOptions): Pruned {
  if (!(model instanceof Sequential)) {
    throw new ValidationError('ERR_PARAMETER', `prune takes a Sequential; got ${show(model)}.`);
  }
  const all = { method: 'magnitude', scope: 'layer', layers: null, ...options };
  checkParams('prune', all as Required<PruneOptions>, RULES);
  if (all.method === 'structured' && all.scope === 'global') {
    throw new ValidationError(
      'ERR_PARAMETER',
      "prune: whole units go layer by layer; scope must be 'layer'.",
    );
  }
  const weights = model.getWeights();
  const chosen = prunables(model, weights, all.layers, all.method === 'structured');
  const zero = new Map<number, Uint8Array>();
  if (all.method === 'structured') {
    for (const each of chosen) markUnits(each, all.amount, model.weightNames, weights, zero);
  } else if (all.scope === 'layer') {
    for (const each of chosen) markSmallest([each], all.amount, zero);
  } else {
    markSmallest(chosen, all.amount, zero);
  }
  const copy = model.copy();
  const apply = (of: Sequential) => of.setWeights(masked(of.getWeights(), zero));
  apply(copy);
  const layers = chosen.map(({ index, name }) => {
    const values = copy.getWeights()[index];
    return {
      name,
      weights: values.length,
      zeros: values.reduce((count, value) => count + Number(value === 0), 0),
    };
  });
  return { model: copy, layers, keep: { onEpochEnd: (_epoch, _logs, run) => void apply(run.model) } };
}

function prunables(
  model: Sequential,
  weights: readonly Float32Array[],
  names: readonly string[] | null,
  isStructured: boolean,
): Prunable[] {
  const shapes = model.weightShapes;
  const found = model.weightNames.flatMap((name, index): Prunable[] => {
    const [layer, kind] = [name.slice(0, name.lastIndexOf('/')), name.slice(name.lastIndexOf('/') + 1)];
    if (kind !== 'kernel' && (kind !== 'embeddings' || isStructured)) return [];
    return [{ index, name, layer, units: shapes[index].at(-1) ?? 1, values: weights[index] }];
  });
  if (names === null) return isStructured ? found.slice(0, -1) : found;
  const odd = names.find((name) => !found.some(({ layer }) => layer === name));
  if (odd !== undefined) {
    const known = found.map(({ layer }) => layer).join(', ');
    throw new ValidationError(
      'ERR_PARAMETER',
      `prune: there is no layer ${show(odd)} to prune; there are ${known}.`,
    );
  }
  return found.filter(({ layer }) => names.includes(layer));
}

/** Marks the share of all values that has the smallest magnitudes; among equals the first. */
function markSmallest(arrays: readonly Prunable[], amount: number, zero: Map<number, Uint8Array>): void {
  const total = arrays.reduce((sum, { values }) => sum + values.length, 0);
  const magnitudes = new Float32Array(total);
  let at = 0;
  for (const { values } of arrays) for (const value of values) magnitudes[at++] = Math.abs(value);
  const count = Math.round(amount * total);
  const threshold = magnitudes.slice().sort()[count - 1] ?? -1;
  let ties = count - magnitudes.reduce((below, value) => below + Number(value < threshold), 0);
  at = 0;
  for (const { index, values } of arrays) {
    const mask = new Uint8Array(values.length);
    for (let i = 0; i < values.length; i++) {
      const magnitude = magnitudes[at++];
      if (magnitude < threshold || (magnitude === threshold && ties-- > 0)) mask[i] = 1;
    }
    zero.set(index, mask);
  }
}

/** Marks the units of the smallest norm, with their biases. */
function markUnits(
  { index, layer, units, values }: Prunable,
  amount: number,
  names: readonly string[],
  weights: readonly Float32Array[],
  zero: Map<number, Uint8Array>,
): void {
  const norms = new Float64Array(units);
  for (let i = 0; i < values.length; i++) norms[i % units] += values[i] ** 2;
  const order = Array.from(norms, (_, unit) => unit).sort((a, b) => norms[a] - norms[b] || a - b);
  const gone = new Set(order.slice(0, Math.round(amount * units)));
  const bias = names.indexOf(`${layer}/bias`);
  for (const each of bias < 0 ? [index] : [index, bias]) {
    zero.set(
      each,
      Uint8Array.from(weights[each], (_, i) => Number(gone.has(i % units))),
    );
  }
}

function masked(weights: readonly Float32Array[], zero: ReadonlyMap<number, Uint8Array>): Float32Array[] {
  return weights.map((values, index) => {
    const mask = zero.get(index);
    return mask === undefined ? values : values.map((value, i) => (mask[i] === 1 ? 0 : value));
  });
}
