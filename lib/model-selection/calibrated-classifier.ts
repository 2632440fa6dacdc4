/** Classifiers whose probabilities are fitted to rows that they have not seen. */
import { withCancel } from '../core/cancellation.js';
import type { ResolvedCompileOptions } from '../core/compile-options.js';
import { Estimator } from '../core/estimator.js';
import { type FitInput, fitLabels, reportProgress, requireY } from '../core/fit-input.js';
import { cvRule } from '../core/fold-source.js';
import { checkFoldClasses } from '../core/folds.js';
import { frontOf, readColumns, slotsOf } from '../core/inner-models.js';
import { checkFiniteFor } from '../core/input-checks.js';
import { Classifier, type ClassifierState } from '../core/kinds.js';
import { Matrix } from '../core/matrix.js';
import { bool, custom, either, labels, oneOf, type Rules } from '../core/params.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { runAll } from '../core/run-all.js';
import { type Column, Schema } from '../core/schema.js';
import { trainingTable } from '../core/training-table.js';
import { StateError, ValidationError } from '../errors.js';
import { FrozenEstimator } from '../pipeline/index.js';
import {
  type CalibrationMethod,
  type CalibrationSet,
  type Calibrator,
  fitCalibrator,
  isCalibrator,
  lowerCalibrator,
} from './calibrators.js';
import { columnsOf, type FoldOptions, fitPartOf, foldData } from './folds.js';
import { respondingRule, responseOf, scoresOf } from './responses.js';

/** Options of {@link CalibratedClassifierCV}. */
export interface CalibratedClassifierCVOptions {
  /**
   * 'sigmoid' (Platt), 'isotonic' (a monotone step function; for some thousand rows or more), or 'temperature' (one factor
   * for all scores). Default 'sigmoid'.
   */
  method: CalibrationMethod;
  /** Folds, as in {@link crossValidate}. Default 5. */
  cv: NonNullable<FoldOptions['cv']>;
  /**
   * true: a model and a calibrator for each fold, whose probabilities are averaged; false: one model of all rows, calibrated on
   * the scores of the folds. 'auto' is true, but false of a {@link FrozenEstimator}, which is one model, calibrated on all rows, and of a
   * model that is given distances or kernels, since that of a fold knows the training rows of the fold alone. Default 'auto'.
   */
  ensemble: 'auto' | boolean;
}

/** Parameters of {@link CalibratedClassifierCV}. */
export interface CalibratedClassifierCVParams extends CalibratedClassifierCVOptions {
  /** A classifier with decisions or probabilities. */
  estimator: Estimator;
}

/** Learned by {@link CalibratedClassifierCV}. */
export interface CalibratedClassifierCVState extends ClassifierState {
  readonly models: readonly Estimator[];
  /** One for each model. */
  readonly calibrators: readonly Calibrator[];
}

/**
 * A classifier with calibrated probabilities: of the rows to which it gives 0.8, 80 % are of that class. Its scores on rows of
 * folds that it has not seen are mapped to probabilities by Platt's sigmoid (Platt 1999, with the targets of Lin, Lin and Weng
 * 2007), isotonic regression (Zadrozny and Elkan 2002) or a temperature (Guo et al. 2017). Classifiers with `decisionFunction`
 * are calibrated on it, others on their probabilities; of three classes or more, each against the rest. All models and
 * calibrators are one native plan.
 *
 * Differs from scikit-learn: training rows of every fold must have all classes. Decisions are never taken for probabilities.
 *
 * @example
 * ```ts
 * import { CalibratedClassifierCV, LinearSVC, loadIris } from 'boreal';
 * const { data, target } = loadIris();
 * const model = await new CalibratedClassifierCV(new LinearSVC(), { cv: 3 }).fit(data, target);
 * (await model.predictProba(data)).cols; // 3
 * ```
 */
export class CalibratedClassifierCV extends Classifier<
  CalibratedClassifierCVParams,
  CalibratedClassifierCVState
> {
  /** @param estimator - a classifier, cloned by `fit` */
  constructor(estimator: Estimator, options: Partial<CalibratedClassifierCVOptions> = {}) {
    super({ method: 'sigmoid', cv: 5, ensemble: 'auto', ...options, estimator });
  }

  static override fromParams({
    estimator,
    ...options
  }: CalibratedClassifierCVParams): CalibratedClassifierCV {
    return new CalibratedClassifierCV(estimator, options);
  }

  get rules(): Rules<CalibratedClassifierCVParams> {
    return {
      estimator: respondingRule,
      method: oneOf('sigmoid', 'isotonic', 'temperature'),
      cv: cvRule,
      ensemble: either(oneOf('auto'), bool),
    };
  }

  get stateRules(): Rules<CalibratedClassifierCVState> {
    const isModel = (v: unknown) => v instanceof Estimator && v.isFitted && v.kind === 'classifier';
    return {
      classes: labels,
      models: custom('fitted classifiers', (v) => Array.isArray(v) && v.length > 0 && v.every(isModel)),
      calibrators: custom('calibrators', (v) => Array.isArray(v) && v.every(isCalibrator)),
    };
  }

  override get tags() {
    return { ...this.params.estimator?.tags, multiOutput: false, takesGroups: true, delegates: true };
  }

  override checkParams(): void {
    super.checkParams();
    const { estimator, ensemble } = this.params;
    estimator.checkParams();
    if (ensemble !== true || !estimator.tags.pairwise) return;
    const message = `CalibratedClassifierCV: ensemble: true takes no ${estimator.constructor.name} that is given what is between rows.`;
    throw new StateError('ERR_NOT_SUPPORTED', message);
  }

  protected override checkState(
    { models, calibrators, classes }: CalibratedClassifierCVState,
    columns: readonly Column[],
  ): void {
    const refuse = (why: string) =>
      new ValidationError('ERR_PARAMETER', `CalibratedClassifierCV state: ${why}.`);
    if (calibrators.length !== models.length) throw refuse('there is not one calibrator for each model');
    const width = classes.length === 2 ? 1 : classes.length;
    const { method } = this.params;
    for (const [k, { offsets, x, y }] of calibrators.entries()) {
      const { target } = models[k].schema;
      const fits =
        method === 'temperature'
          ? x.length === 1
          : method === 'sigmoid'
            ? x.length === width && y.length === width
            : offsets.length === width + 1;
      if (!fits || target.kind !== 'class' || target.classes.length !== classes.length)
        throw refuse(`calibrator ${k} is not for these classes`);
    }
    if (!readColumns(models, columns.length)) throw refuse('the models have other columns');
  }

  protected override front({ models }: CalibratedClassifierCVState) {
    return frontOf(models);
  }

  protected async fitState(input: FitInput): Promise<CalibratedClassifierCVState> {
    const { method, cv, ensemble, estimator } = this.params;
    const { sampleWeight, signal, cancel, groups } = input;
    checkFiniteFor(estimator, input);
    const { codes, classes } = fitLabels(input);
    const X = trainingTable(input);
    const { folds, part } = foldData(estimator, X, requireY(input), {
      ...{ cv, groups },
      sampleWeight: sampleWeight ?? undefined,
    });
    const response = responseOf(estimator);
    const progress = reportProgress(input, this);
    let done = 0;
    const fitted = await withCancel(signal, () =>
      runAll(folds, signal, async (fold, stop) => {
        const { train, test } = fold;
        checkFoldClasses(this, train, codes, classes);
        const model = estimator.clone();
        await fitPartOf(model, input, fold, stop);
        const scores = await scoresOf(model, part(test, columnsOf(model, fold)).X, response);
        stop.throwIfAborted();
        progress?.(++done, folds.length);
        return { model, test, scores };
      }),
    );
    const setOf = (rows: Int32Array, scores: Matrix<Float64Array>): CalibrationSet => ({
      ...{ scores, response, codes: Int32Array.from(rows, (row) => codes[row]) },
      sampleWeight: sampleWeight && Float64Array.from(rows, (row) => sampleWeight[row]),
    });
    const hasFolds = !estimator.tags.pairwise && !(estimator instanceof FrozenEstimator);
    if (ensemble === 'auto' ? hasFolds : ensemble) {
      const calibrators = [];
      for (const { test, scores } of fitted)
        calibrators.push(await fitCalibrator(method, setOf(test, scores), cancel));
      return { classes, models: fitted.map(({ model }) => model), calibrators };
    }
    const rows = Int32Array.from(fitted.flatMap(({ test }) => Array.from(test)));
    const joined = Float64Array.from(fitted.flatMap(({ scores }) => Array.from(scores.data)));
    const set = setOf(rows, new Matrix(joined, rows.length, joined.length / rows.length));
    const calibrator = await fitCalibrator(method, set, cancel);
    const model = estimator.clone();
    const schema = Schema.named(input.columns);
    // Progress counts the folds.
    await model.fitInput({ ...input, onProgress: undefined }, schema);
    return { classes, models: [model], calibrators: [calibrator] };
  }

  /** The fitted models: one for each fold, or one of all rows. @throws {ERR_NOT_FITTED} before `fit` */
  get models(): readonly Estimator[] {
    return this.state.models;
  }

  lower(plan: PlanBuilder, x: Slot, options: ResolvedCompileOptions): Slot {
    const { models, calibrators, classes } = this.state;
    const { method } = this.fittedParams;
    const rows = slotsOf(plan, x, models);
    const parts = models.map((model, k) => {
      const response = responseOf(model);
      const all = model.lowerChecked(plan, rows[k], { ...options, output: response });
      const scores = all.width === 2 && classes.length === 2 ? plan.gather(all, [1]) : all;
      return lowerCalibrator(plan, scores, method, response, calibrators[k]);
    });
    const sum = parts.reduce((left, right) => plan.binaryOf([left, right], 'add'));
    const count = new Float64Array(classes.length).fill(parts.length);
    const mean = parts.length === 1 ? sum : plan.binary(sum, 'div', count);
    return options.output === 'proba' ? mean : plan.argmax(mean);
  }
}
