/** Schedules of learning rates, as in torch.optim.lr_scheduler: `step()` after each epoch. */
import { checkParams, int, oneOf, type Rules, real, show } from '../../core/params.js';
import { ValidationError } from '../../errors.js';

/** An optimizer as schedules see it. */
interface Scheduled {
  readonly paramGroups: readonly { lr: number }[] | readonly { readonly lr: number }[];
}

function requirePositive(name: string, value: unknown): void {
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return;
  throw new ValidationError('ERR_PARAMETER', `${name} must be a number > 0; got ${show(value)}.`);
}

function setRate(group: { readonly lr: number }, lr: number): void {
  (group as { lr: number }).lr = lr;
}

/** A schedule that is a function of the epoch and the rate that each group began with. */
abstract class EpochSchedule {
  /** Steps taken. */
  lastEpoch = 0;
  readonly #initial: number[];
  constructor(readonly optimizer: Scheduled) {
    if (!Array.isArray(optimizer?.paramGroups))
      throw new ValidationError('ERR_PARAMETER', `optimizer must be an Optimizer; got ${show(optimizer)}.`);
    this.#initial = optimizer.paramGroups.map((group) => group.lr);
  }
  protected abstract rate(initial: number, epoch: number): number;
  /** Sets the rates of the next epoch. */
  step(): void {
    this.lastEpoch++;
    for (const [i, group] of this.optimizer.paramGroups.entries()) {
      setRate(group, this.rate(this.#initial[i], this.lastEpoch));
    }
  }
  /** The rates now, one a group. */
  getLastLr(): number[] {
    return this.optimizer.paramGroups.map((group) => group.lr);
  }
}

/** Multiplies the rate by gamma every `stepSize` epochs. */
export class StepLR extends EpochSchedule {
  constructor(
    optimizer: Scheduled,
    readonly stepSize: number,
    readonly gamma = 0.1,
  ) {
    super(optimizer);
    requirePositive('stepSize', stepSize);
  }
  protected rate(initial: number, epoch: number): number {
    return initial * this.gamma ** Math.floor(epoch / this.stepSize);
  }
}
/** Multiplies the rate by gamma at each of the given epochs. */
export class MultiStepLR extends EpochSchedule {
  constructor(
    optimizer: Scheduled,
    readonly milestones: readonly number[],
    readonly gamma = 0.1,
  ) {
    super(optimizer);
  }
  protected rate(initial: number, epoch: number): number {
    return initial * this.gamma ** this.milestones.filter((m) => m <= epoch).length;
  }
}
/** Multiplies the rate by gamma every epoch. */
export class ExponentialLR extends EpochSchedule {
  constructor(
    optimizer: Scheduled,
    readonly gamma: number,
  ) {
    super(optimizer);
    requirePositive('gamma', gamma);
  }
  protected rate(initial: number, epoch: number): number {
    return initial * this.gamma ** epoch;
  }
}
/** Half a cosine from the rate to `etaMin` in `tMax` epochs, and back (Loshchilov & Hutter, 2017). */
export class CosineAnnealingLR extends EpochSchedule {
  constructor(
    optimizer: Scheduled,
    readonly tMax: number,
    readonly etaMin = 0,
  ) {
    super(optimizer);
    requirePositive('tMax', tMax);
  }
  protected rate(initial: number, epoch: number): number {
    return this.etaMin + ((initial - this.etaMin) * (1 + Math.cos((Math.PI * epoch) / this.tMax))) / 2;
  }
}
/** The rate times a function of the epoch. */
export class LambdaLR extends EpochSchedule {
  constructor(
    optimizer: Scheduled,
    readonly lambda: (epoch: number) => number,
  ) {
    super(optimizer);
    for (const group of optimizer.paramGroups) setRate(group, group.lr * lambda(0));
  }
  protected rate(initial: number, epoch: number): number {
    return initial * this.lambda(epoch);
  }
}

/** Options of {@link ReduceLROnPlateau}. */
export interface PlateauOptions {
  /** Whether a smaller metric is better. Default 'min'. */
  readonly mode?: 'min' | 'max';
  /** What the rate is multiplied by. Default 0.1. */
  readonly factor?: number;
  /** Epochs without progress that are let pass. Default 10. */
  readonly patience?: number;
  /** How much better counts as progress. Default 1e-4. */
  readonly threshold?: number;
  /** Whether that is a share of the best ('rel', the default) or a difference ('abs'). */
  readonly thresholdMode?: 'rel' | 'abs';
  /** Epochs after a change in which none are counted. Default 0. */
  readonly cooldown?: number;
  /** The least rate. Default 0. */
  readonly minLr?: number;
  /** The least change of a rate. Default 1e-8. */
  readonly eps?: number;
}

const plateauRules: Rules<Required<PlateauOptions>> = {
  mode: oneOf('min', 'max'),
  factor: real(0, 1, 'both'),
  patience: int(0),
  threshold: real(0),
  thresholdMode: oneOf('rel', 'abs'),
  cooldown: int(0),
  minLr: real(0),
  eps: real(0),
};

/** Lowers the rate when a metric no longer gets better. @throws {ERR_PARAMETER} for an option out of range */
export class ReduceLROnPlateau {
  readonly #options: Required<PlateauOptions>;
  #best: number;
  #bad = 0;
  #cooling = 0;
  constructor(
    readonly optimizer: Scheduled,
    options: PlateauOptions = {},
  ) {
    const defaults = {
      mode: 'min',
      factor: 0.1,
      patience: 10,
      threshold: 1e-4,
      thresholdMode: 'rel',
    } as const;
    this.#options = { ...defaults, cooldown: 0, minLr: 0, eps: 1e-8, ...options };
    checkParams('ReduceLROnPlateau', this.#options, plateauRules);
    this.#best = this.#options.mode === 'min' ? Infinity : -Infinity;
  }
  /** Counts an epoch with this metric. */
  step(metric: number): void {
    const { mode, threshold, thresholdMode, patience, cooldown, factor, minLr, eps } = this.#options;
    const sign = mode === 'min' ? 1 : -1;
    const margin =
      thresholdMode === 'rel' ? this.#best * (1 - sign * threshold) : this.#best - sign * threshold;
    if (sign * metric < sign * margin) {
      this.#best = metric;
      this.#bad = 0;
    } else {
      this.#bad++;
    }
    if (this.#cooling > 0) {
      this.#cooling--;
      this.#bad = 0;
    }
    if (this.#bad <= patience) return;
    for (const group of this.optimizer.paramGroups) {
      const lr = Math.max(group.lr * factor, minLr);
      if (group.lr - lr > eps) setRate(group, lr);
    }
    this.#cooling = cooldown;
    this.#bad = 0;
  }
  getLastLr(): number[] {
    return this.optimizer.paramGroups.map((group) => group.lr);
  }
}
