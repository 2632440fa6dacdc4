/** Losses: scalars that `backward()` starts from. Arguments and defaults are PyTorch's. */
import { requireOptions, show } from '../../core/params.js';
import { ValidationError } from '../../errors.js';
import { sameShape } from './ops.js';
import type { Tensor } from './tensor.js';
import { requireTensor } from './tensor.js';

/** 'mean' and 'sum' of the losses, or 'none': each one. */
export type Reduction = 'mean' | 'sum' | 'none';
/** Options of all losses. */
export interface LossOptions {
  /** Default 'mean'. */
  readonly reduction?: Reduction;
}

function reduced(losses: Tensor, reduction: Reduction = 'mean'): Tensor {
  if (reduction === 'none') return losses;
  if (reduction === 'sum') return losses.sum();
  if (reduction === 'mean') return losses.mean();
  throw new ValidationError(
    'ERR_PARAMETER',
    `reduction must be 'mean', 'sum' or 'none'; got ${show(reduction)}.`,
  );
}

function requireSame(input: Tensor, target: Tensor): void {
  requireTensor(input, 'input');
  requireTensor(target, 'target');
  if (sameShape(input.shape, target.shape)) return;
  const message = `The input has shape [${input.shape.join(', ')}], the target [${target.shape.join(', ')}].`;
  throw new ValidationError('ERR_SHAPE', message);
}

/**
 * (input - target)^2
 *
 * @throws {ERR_SHAPE} when the shapes differ (PyTorch broadcasts, with a warning)
 * @example
 * ```ts
 * import { mseLoss, tensor } from 'boreal/nn';
 * mseLoss(tensor([1, 2]), tensor([1, 4])).item(); // 2
 * ```
 */
export function mseLoss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  requireOptions(options);
  requireSame(input, target);
  return reduced(input.sub(target).square(), options.reduction);
}

/** |input - target| */
export function l1Loss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  requireOptions(options);
  requireSame(input, target);
  return reduced(input.sub(target).abs(), options.reduction);
}

/** d^2 / (2 beta) where |d| < beta, else |d| - beta / 2 (Girshick, "Fast R-CNN", 2015). */
export function smoothL1Loss(
  input: Tensor,
  target: Tensor,
  options: LossOptions & { readonly beta?: number } = {},
): Tensor {
  requireOptions(options);
  const { beta = 1, reduction } = options;
  if (beta === 0) return l1Loss(input, target, { reduction });
  return reduced(huber(input, target, beta).div(beta), reduction);
}

/** d^2 / 2 where |d| <= delta, else delta (|d| - delta / 2) (Huber, 1964). */
export function huberLoss(
  input: Tensor,
  target: Tensor,
  options: LossOptions & { readonly delta?: number } = {},
): Tensor {
  requireOptions(options);
  const { delta = 1, reduction } = options;
  return reduced(huber(input, target, delta), reduction);
}

function huber(input: Tensor, target: Tensor, delta: number): Tensor {
  if (!(delta > 0)) throw new ValidationError('ERR_PARAMETER', `delta must be > 0; got ${show(delta)}.`);
  requireSame(input, target);
  const d = input.sub(target);
  const size = d.abs();
  return size.le(delta).where(d.square().mul(0.5), size.sub(delta / 2).mul(delta));
}

/** Options of losses over classes. */
export interface ClassLossOptions extends LossOptions {
  /** [classes]: what the losses of each class are multiplied by; the mean divides by their sum. */
  readonly weight?: Tensor | null;
  /** A class whose targets do not count. Default: none (PyTorch: -100). */
  readonly ignoreIndex?: number | null;
}

/**
 * -input of the target's class: of logarithms of probabilities.
 *
 * @param input - [batch, classes] or [batch, classes, ...]
 * @param target - classes [batch] or [batch, ...]
 */
export function nllLoss(input: Tensor, target: Tensor, options: ClassLossOptions = {}): Tensor {
  requireOptions(options);
  requireTensor(input, 'input');
  requireTensor(target, 'target');
  if (input.rank === 1 && target.rank === 0) return nllLoss(input.unsqueeze(0), target.unsqueeze(0), options);
  if (input.rank < 2 || !sameShape(input.shape.toSpliced(1, 1), target.shape)) {
    const message = `Classes of shape [${target.shape.join(', ')}] don't fit an input of [${input.shape.join(', ')}].`;
    throw new ValidationError('ERR_SHAPE', message);
  }
  const { weight, ignoreIndex = null, reduction = 'mean' } = options;
  const counts = ignoreIndex === null ? null : target.ne(ignoreIndex);
  const safe = counts === null ? target : counts.where(target, 0);
  const losses = input.gather(1, safe.unsqueeze(1)).squeeze(1).neg();
  if (!weight && counts === null) return reduced(losses, reduction);
  let weights = weight ? weight.indexSelect(0, safe).reshape(safe.shape) : counts!;
  if (weight && counts !== null) weights = weights.mul(counts);
  const weighted = losses.mul(weights);
  return reduction === 'mean' ? weighted.sum().div(weights.sum()) : reduced(weighted, reduction);
}

/**
 * -log softmax(input) of the target's class, or of a distribution over classes.
 *
 * @param input - scores before softmax, [batch, classes] or [batch, classes, ...]
 * @param target - classes [batch, ...], or probabilities of the input's shape
 * @example
 * ```ts
 * import { crossEntropyLoss, tensor } from 'boreal/nn';
 * const logits = tensor([[2, 0], [0, 0]]);
 * crossEntropyLoss(logits, tensor([0, 1])).item().toFixed(4); // '0.4100'
 * ```
 */
export function crossEntropyLoss(
  input: Tensor,
  target: Tensor,
  options: ClassLossOptions & {
    /** The share of the target that is spread over all classes. Default 0. */
    readonly labelSmoothing?: number;
  } = {},
): Tensor {
  requireOptions(options);
  const { labelSmoothing: share = 0, weight, ignoreIndex = null, reduction = 'mean' } = options;
  if (!(share >= 0 && share <= 1)) {
    throw new ValidationError('ERR_PARAMETER', `labelSmoothing must be in [0, 1]; got ${show(share)}.`);
  }
  requireTensor(input, 'input');
  requireTensor(target, 'target');
  const axis = input.rank === 1 ? 0 : 1;
  const logs = input.logSoftmax(axis);
  const classes = input.shape[axis];
  const perClass = weight ? weight.reshape(input.shape.map((_, d) => (d === axis ? classes : 1))) : null;
  const entropy = (of: Tensor) => (perClass === null ? of : of.mul(perClass)).sum(axis).neg();
  if (sameShape(input.shape, target.shape)) {
    const losses = entropy(logs.mul(share === 0 ? target : target.mul(1 - share).add(share / classes)));
    return reduced(losses, reduction);
  }
  const own = nllLoss(logs, target, options);
  if (share === 0) return own;
  let spread = entropy(logs);
  const counts = ignoreIndex === null ? null : target.ne(ignoreIndex);
  if (counts !== null) spread = spread.mul(counts);
  if (reduction !== 'mean') return own.mul(1 - share).add(reduced(spread, reduction).mul(share / classes));
  let total = counts;
  if (weight) {
    const weights = weight
      .indexSelect(0, counts === null ? target : counts.where(target, 0))
      .reshape(target.shape);
    total = counts === null ? weights : weights.mul(counts);
  }
  const mean = total === null ? spread.mean() : spread.sum().div(total.sum());
  return own.mul(1 - share).add(mean.mul(share / classes));
}

/** log x, and -100 of 0, where the gradient is 0. */
function boundedLog(x: Tensor): Tensor {
  const positive = x.gt(0);
  return positive.where(positive.where(x, 1).log(), -100).maximum(-100);
}

/** -(target log input + (1 - target) log(1 - input)): of probabilities. */
export function bceLoss(
  input: Tensor,
  target: Tensor,
  options: LossOptions & { readonly weight?: Tensor | null } = {},
): Tensor {
  requireOptions(options);
  const { weight, reduction } = options;
  requireSame(input, target);
  const other = input.neg().add(1);
  const losses = target
    .mul(boundedLog(input))
    .add(target.neg().add(1).mul(boundedLog(other)))
    .neg();
  return reduced(weight ? losses.mul(weight) : losses, reduction);
}

/** {@link bceLoss} of sigmoid(input), without overflow. */
export function bceWithLogitsLoss(
  input: Tensor,
  target: Tensor,
  options: LossOptions & {
    readonly weight?: Tensor | null;
    /** What the losses of positive targets are multiplied by. */
    readonly posWeight?: Tensor | null;
  } = {},
): Tensor {
  requireOptions(options);
  const { weight, posWeight, reduction } = options;
  requireSame(input, target);
  const scale = posWeight ? posWeight.sub(1).mul(target).add(1) : null;
  const tail = input.neg().softplus();
  const losses = target
    .neg()
    .add(1)
    .mul(input)
    .add(scale === null ? tail : scale.mul(tail));
  return reduced(weight ? losses.mul(weight) : losses, reduction);
}

/** target (log target - input): the input is a logarithm. 'batchmean' divides the sum by the batch. */
export function klDivLoss(
  input: Tensor,
  target: Tensor,
  options: {
    readonly reduction?: Reduction | 'batchmean';
    /** Whether the target is a logarithm too. Default false. */
    readonly logTarget?: boolean;
  } = {},
): Tensor {
  requireOptions(options);
  const { reduction = 'mean', logTarget = false } = options;
  requireSame(input, target);
  const positive = target.gt(0);
  const losses = logTarget
    ? target.exp().mul(target.sub(input))
    : positive.where(target.mul(positive.where(target, 1).log().sub(input)), 0);
  return reduction === 'batchmean' ? losses.sum().div(input.shape[0] ?? 1) : reduced(losses, reduction);
}

/** max(0, 1 - target input): targets are -1 and 1. */
export function hingeLoss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  requireOptions(options);
  requireSame(input, target);
  return reduced(input.mul(target).neg().add(1).relu(), options.reduction);
}

/** input of target 1, max(0, margin - input) of target -1. */
export function hingeEmbeddingLoss(
  input: Tensor,
  target: Tensor,
  options: LossOptions & { readonly margin?: number } = {},
): Tensor {
  requireOptions(options);
  const { margin = 1, reduction } = options;
  requireSame(input, target);
  return reduced(target.eq(1).where(input, input.neg().add(margin).relu()), reduction);
}
