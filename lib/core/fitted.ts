/** What a fit leaves behind: what was learned, what the training data looked like, and the plans compiled from it. */
import type { Dtype } from './matrix.js';
import type { Plan } from './plan.js';
import type { Schema } from './schema.js';
import type { SparsePlan } from './sparse/sparse-plan.js';
import type { Vectorizer } from './sparse/sparse-transformer.js';
import { summarise, type TrainingReference, type TrainingSample } from './training-reference.js';

/** The part of a fitted model that is saved. */
export interface SavedFit<S> {
  readonly state: S;
  readonly schema: Schema;
  readonly dtype: Dtype;
  /** Of a model that was fitted by `fit`, not as a part of another. */
  readonly reference?: TrainingReference | undefined;
}

/** The same before the training data are summarised, which waits until somebody asks. */
interface Learned<S> extends SavedFit<S> {
  readonly sample?: TrainingSample;
}

/** One fit of an estimator; the next one has plans of its own. */
export class Fitted<P, S> implements SavedFit<S> {
  readonly state: S;
  readonly schema: Schema;
  readonly dtype: Dtype;
  /** For dense rows, by output and precision. */
  readonly plans = new KeptPlans<Plan>();
  /** The same for sparse rows. */
  readonly sparsePlans = new KeptPlans<SparsePlan>();
  /** What reads X before the plan: known when first asked for. */
  vectorizers: readonly Vectorizer[] | undefined;
  #reference: TrainingReference | undefined;
  #sample: TrainingSample | undefined;

  /** @param params - those of the fit, which a later `setParams` does not change */
  constructor(
    readonly params: P,
    { state, schema, dtype, reference, sample }: Learned<S>,
  ) {
    this.state = state;
    this.schema = schema;
    this.dtype = dtype;
    this.#reference = reference;
    this.#sample = sample;
  }

  get reference(): TrainingReference | undefined {
    if (this.#sample !== undefined) {
      this.#reference = summarise(this.#sample, this.schema);
      this.#sample = undefined;
    }
    return this.#reference;
  }

  /** The fit after one more part of the data. */
  next(params: P, state: S): Fitted<P, S> {
    const { schema, dtype } = this;
    return new Fitted(params, { state, schema, dtype, reference: this.#reference, sample: this.#sample });
  }
}

/** Plans by key, each compiled once, however many ask for it. */
class KeptPlans<T extends object> {
  readonly #plans = new Map<string, T | Promise<T>>();

  /** The plan, if it is compiled. */
  ready(key: string): T | undefined {
    const plan = this.#plans.get(key);
    return plan instanceof Promise ? undefined : plan;
  }

  /** The plan; one that cannot be compiled is not kept. */
  async get(key: string, compile: () => Promise<T>): Promise<T> {
    const compiling = this.#plans.get(key) ?? compile();
    this.#plans.set(key, compiling);
    try {
      const plan = await compiling;
      this.#plans.set(key, plan);
      return plan;
    } catch (error) {
      this.#plans.delete(key);
      throw error;
    }
  }

  /** The plan, compiled at once if it is not ready. */
  getSync(key: string, compile: () => T): T {
    const ready = this.ready(key);
    if (ready !== undefined) return ready;
    const plan = compile();
    this.#plans.set(key, plan);
    return plan;
  }
}
