/** Logistic regression whose penalty is chosen by cross-validation. */
import { withCancel } from '../core/cancellation.js';
import type { Output } from '../core/compile-options.js';
import type { FitInput, SparseFitInput } from '../core/fit-input.js';
import { fitLabels, reportProgress, requireY } from '../core/fit-input.js';
import { cvRule } from '../core/fold-source.js';
import { checkFoldClasses } from '../core/folds.js';
import { weightsByClass } from '../core/kinds.js';
import { Matrix, type MatrixLike } from '../core/matrix.js';
import { bool, custom, either, float64s, int, type Rules, real } from '../core/params.js';
import { runAll } from '../core/run-all.js';
import { StateError } from '../errors.js';
import { LogisticRegression, type LogisticRegressionParams } from '../linear-model/index.js';
import { LinearClassifier, type LinearClassifierState } from '../linear-model/linear-classifier.js';
import { bestOf } from '../metrics/scorers.js';
import { type FoldOptions, foldData } from './folds.js';
import { scoringRule } from './rules.js';
import { resolveScorers, type SingleScoring } from './scoring.js';

/** Parameters of {@link LogisticRegressionCV}. */
export interface LogisticRegressionCVParams
  extends Omit<LogisticRegressionParams, 'C' | 'l1Ratio' | 'penalty' | 'warmStart'> {
  /** Inverse strengths to choose from, > 0, or how many, from 1e-4 to 1e4, evenly spaced in their logarithms. Default 10. */
  Cs: number | readonly number[];
  /** Shares of L1 to choose from, each in [0, 1]; above 0 only with the solvers 'saga' and 'liblinear'. Default [0]. */
  l1Ratios: readonly number[];
  /** Folds, as in {@link crossValidate}. Default 5. */
  cv: NonNullable<FoldOptions['cv']>;
  /** A scorer or its name; null: accuracy. Default null. */
  scoring: SingleScoring | null;
  /** Fit all rows with the best penalty; false: take the mean of the best models of the folds. Default true. */
  refit: boolean;
}

/** Learned by {@link LogisticRegressionCV}. */
export interface LogisticRegressionCVState extends LinearClassifierState {
  readonly C: number;
  readonly l1Ratio: number;
  readonly Cs: Float64Array;
  /** [folds, shares, strengths] */
  readonly scores: Float64Array;
  readonly folds: number;
}

interface Candidate {
  readonly C: number;
  readonly l1Ratio: number;
}

/** The models of a fold: the best one, and the coefficients of all, [outputs, columns] with the constant term last. */
interface FoldPath {
  readonly score: number;
  readonly candidate: number;
  readonly coef: Float64Array;
  readonly intercept: Float64Array;
  readonly path: readonly Matrix[];
}

/** Of fits of this process, since they are many times the model. */
const paths = new WeakMap<LogisticRegressionCVState, ReadonlyArray<readonly Matrix[]>>();

const strength = real(0, Infinity, 'min');
const share = real(0, 1);

/**
 * {@link LogisticRegression} with `C`, and `l1Ratio` where several are given, chosen by cross-validation. In each fold a path of
 * strengths is fitted, each from the solution of the one before.
 *
 * Of equal mean scores the first is taken, as `Cs` and `l1Ratios` list them; NaN is lowest.
 *
 * Differs from scikit-learn: `scores` has one line for each fold, [folds, shares * strengths], and `coefsPaths` a list, which a model
 * file does not hold; `dual` and `interceptScaling` count in the last fit, too; training rows of every fold must have all classes.
 * Sparse rows are read as they are.
 *
 * @throws {ERR_LABELS} when the training rows of a fold lack a class
 * @throws {ERR_PARAMETER} for a share of L1 that the solver cannot do
 * @example
 * ```ts
 * import { loadIris, LogisticRegressionCV, StandardScaler } from 'boreal';
 * const { data, target } = loadIris();
 * const model = new LogisticRegressionCV({ Cs: [0.01, 1, 100], cv: 3 });
 * await model.fit(await new StandardScaler().fitTransform(data), target);
 * model.C >= 1; // true
 * ```
 */
export class LogisticRegressionCV extends LinearClassifier<
  LogisticRegressionCVParams,
  LogisticRegressionCVState
> {
  constructor(params: Partial<LogisticRegressionCVParams> = {}) {
    const { C, l1Ratio, penalty, warmStart, ...shared } = new LogisticRegression().params;
    super({ ...shared, Cs: 10, l1Ratios: [0], cv: 5, scoring: null, refit: true, ...params });
  }

  override get tags() {
    return { ...super.tags, takesGroups: true, binary: this.params.solver === 'liblinear' };
  }

  get rules(): Rules<LogisticRegressionCVParams> {
    const { C, l1Ratio, penalty, warmStart, ...shared } = new LogisticRegression().rules;
    const list = (what: string, one: typeof share) =>
      custom(what, (v) => Array.isArray(v) && v.length > 0 && v.every((value) => one.allows(value)));
    return {
      ...shared,
      Cs: either(int(1, 10_000), list('a list of numbers > 0', strength)),
      l1Ratios: list('a list of numbers in [0, 1]', share),
      cv: cvRule,
      scoring: scoringRule,
      refit: bool,
    };
  }

  get stateRules(): Rules<LogisticRegressionCVState> {
    return {
      ...this.linearRules,
      C: strength,
      l1Ratio: share,
      Cs: float64s(),
      scores: float64s(),
      folds: int(1),
    };
  }

  override get outputs(): readonly Output[] {
    return ['label', 'proba', 'decision'];
  }

  protected fitState(input: FitInput): Promise<LogisticRegressionCVState> {
    return this.#learn(input, input.x);
  }

  protected override fitSparse(input: SparseFitInput): Promise<LogisticRegressionCVState> {
    return this.#learn(input, input.x);
  }

  async #learn(input: FitInput | SparseFitInput, X: MatrixLike): Promise<LogisticRegressionCVState> {
    const { Cs: given, l1Ratios, cv, scoring, refit, ...others } = this.params;
    const { sampleWeight, signal, groups } = input;
    const encoded = fitLabels(input);
    const { codes, classes } = encoded;
    // Balanced by all rows, so that folds weigh their classes alike.
    const byClass = weightsByClass(others.classWeight, encoded, sampleWeight);
    const classWeight = byClass && Object.fromEntries(classes.map((label, c) => [String(label), byClass[c]]));
    const shared = { ...others, classWeight };
    const Cs = typeof given === 'number' ? powers(given) : Float64Array.from(given);
    const candidates: Candidate[] = l1Ratios.flatMap((l1Ratio) => Array.from(Cs, (C) => ({ C, l1Ratio })));
    const [scorer] = resolveScorers(scoring ?? undefined);
    const y = requireY(input);
    const options = { cv, groups, sampleWeight: sampleWeight ?? undefined };
    const { folds, part } = foldData(this, X, y, options);
    const progress = reportProgress(input, this);
    let done = 0;
    const scores = new Float64Array(folds.length * candidates.length);
    const bests = await withCancel(signal, () =>
      runAll([...folds.entries()], signal, async ([fold, { train, test }], stop) => {
        checkFoldClasses(this, train, codes, classes);
        const [rows, held] = [part(train), part(test)];
        let best: Omit<FoldPath, 'path'> | null = null;
        const path: Matrix[] = [];
        let model = new LogisticRegression();
        for (const [k, candidate] of candidates.entries()) {
          // Each path of strengths begins at 0.
          if (k % Cs.length === 0) model = new LogisticRegression({ ...shared, warmStart: true });
          model.setParams(candidate);
          await model.fit(rows.X, rows.y, { sampleWeight: rows.sampleWeight, signal: stop });
          const score = await scorer.score(model, held);
          scores[fold * candidates.length + k] = score;
          path.push(withIntercept(model));
          if (best === null || bestOf([best.score, score]) === 1)
            best = { score, candidate: k, coef: model.coef.data as Float64Array, intercept: model.intercept };
          stop.throwIfAborted();
          progress?.(++done, scores.length);
        }
        return { ...best!, path };
      }),
    );
    const learned = { classes, Cs, scores, folds: folds.length };
    const remember = (state: LogisticRegressionCVState) => {
      paths.set(
        state,
        bests.map(({ path }) => path),
      );
      return state;
    };
    if (!refit) {
      const mean = (values: (best: FoldPath) => ArrayLike<number>) => meanOf(bests.map(values));
      const chosen = (value: (candidate: Candidate) => number) =>
        mean(({ candidate }) => [value(candidates[candidate])])[0];
      return remember({
        ...learned,
        C: chosen(({ C }) => C),
        l1Ratio: chosen(({ l1Ratio }) => l1Ratio),
        coef: mean(({ coef }) => coef),
        intercept: mean(({ intercept }) => intercept),
      });
    }
    const totals = candidates.map((_, k) =>
      folds.reduce((sum, _fold, f) => sum + scores[f * candidates.length + k], 0),
    );
    const best = candidates[bestOf(totals)];
    const model = new LogisticRegression({ ...shared, ...best });
    await withCancel(signal, () => model.fit(X, y, { sampleWeight: sampleWeight ?? undefined, signal }));
    const { coef, intercept } = model;
    return remember({ ...learned, ...best, coef: coef.data as Float64Array, intercept });
  }

  /** The inverse strength chosen; without `refit` the mean of those of the folds. @throws {ERR_NOT_FITTED} before `fit` */
  get C(): number {
    return this.state.C;
  }

  /** The share of L1 chosen; without `refit` the mean of those of the folds. @throws {ERR_NOT_FITTED} before `fit` */
  get l1Ratio(): number {
    return this.state.l1Ratio;
  }

  /** The inverse strengths tried. @throws {ERR_NOT_FITTED} before `fit` */
  get Cs(): Float64Array {
    return this.state.Cs.slice();
  }

  /** Scores of the rows left out, [folds, shares * strengths]. @throws {ERR_NOT_FITTED} before `fit` */
  get scores(): Matrix {
    const { scores, folds } = this.state;
    return new Matrix(scores.slice(), folds, scores.length / folds);
  }

  /**
   * The coefficients of all models that were scored: for each fold a list of matrices, in the order of its line of `scores`,
   * [outputs, columns + 1] with the constant terms last, [outputs, columns] without `fitIntercept`.
   *
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_NOT_SUPPORTED} of a model that was loaded
   */
  get coefsPaths(): ReadonlyArray<readonly Matrix[]> {
    const kept = paths.get(this.state);
    if (kept !== undefined) return kept.map((path) => path.map(copyOf));
    const why = 'the coefficients of the folds are known where they were fitted, and not in a model file';
    throw new StateError('ERR_NOT_SUPPORTED', `LogisticRegressionCV: ${why}.`);
  }
}

const copyOf = ({ data, rows, cols }: Matrix) => new Matrix(data.slice(), rows, cols);

function withIntercept(model: LogisticRegression): Matrix {
  const { coef, intercept } = model;
  if (!model.params.fitIntercept) return coef;
  const wide = Matrix.zeros(coef.rows, coef.cols + 1, 'float64');
  for (let c = 0; c < coef.rows; c++) {
    wide.row(c).set(coef.row(c));
    wide.row(c)[coef.cols] = intercept[c];
  }
  return wide;
}

/** From 1e-4 to 1e4, evenly spaced in their logarithms. */
function powers(count: number): Float64Array {
  return Float64Array.from(
    { length: count },
    (_, k) => 10 ** (count === 1 ? -4 : -4 + (8 * k) / (count - 1)),
  );
}

/** The mean of lists of one length. */
function meanOf(lists: ReadonlyArray<ArrayLike<number>>): Float64Array {
  return Float64Array.from(lists[0], (_, j) => lists.reduce((sum, list) => sum + list[j], 0) / lists.length);
}
