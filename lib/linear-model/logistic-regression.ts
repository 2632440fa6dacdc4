/** Logistic regression with L2, L1 or both penalties. */

import type { Output } from '../core/compile-options.js';
import { type FitInput, fitLabels, reportProgress, type SparseFitInput } from '../core/fit-input.js';
import { type ClassWeight, classWeights } from '../core/kinds.js';
import { fitLinearSvm } from '../core/linear-machines.js';
import {
  bool,
  classWeight,
  either,
  infinity,
  int,
  nothing,
  oneOf,
  type Rules,
  real,
  resolveSeed,
  seed,
} from '../core/params.js';
import { csrArguments } from '../core/sparse/csr-matrix.js';
import { StateError, ValidationError } from '../errors.js';
import { native } from '../native.js';
import { LinearClassifier, type LinearClassifierState, outputsOf } from './linear-classifier.js';

/** Parameters of {@link LogisticRegression}. */
export interface LogisticRegressionParams {
  /** Inverse strength of the penalty, > 0; Infinity means no penalty. Default 1. */
  C: number;
  /**
   * The L1 part of the penalty, in [0, 1]: 0 is L2, 1 is L1; above 0 only with the solvers 'saga' and 'liblinear', of which the latter
   * takes no mix. Default 0.
   */
  l1Ratio: number;
  /**
   * scikit-learn's older way to say the same: 'l1' and 'l2' set the share of L1 to 1 and 0, 'elasticnet' takes `l1Ratio`, null is
   * no penalty. Default 'auto': as `C` and `l1Ratio` say.
   */
  penalty: 'auto' | 'l1' | 'l2' | 'elasticnet' | null;
  /**
   * 'lbfgs'; 'newton-cholesky', which takes fewer iterations of (columns * classes)^2 operations a row, for many more rows
   * than columns and badly scaled columns; 'saga', for L1 penalties and mixes of both, of scaled columns; 'liblinear', for an L1 or L2
   * penalty of two classes, which counts the constant term among the coefficients. Two names of scikit-learn's solvers of the
   * same problem stand for these: 'newton-cg' for 'lbfgs', 'sag' for 'saga' without an L1 penalty. Default 'lbfgs'.
   */
  solver: 'lbfgs' | 'newton-cholesky' | 'saga' | 'liblinear' | 'newton-cg' | 'sag';
  /** With 'liblinear' and an L2 penalty: solve the dual problem, for fewer rows than columns. Default false. */
  dual: boolean;
  /** Fit a constant term, which is not penalised but by 'liblinear'. Default true. */
  fitIntercept: boolean;
  /**
   * With 'liblinear' the value of the column whose coefficient is the constant term: the larger, the less it is penalised; > 0.
   * Default 1.
   */
  interceptScaling: number;
  /** Most iterations (epochs of saga), >= 1. Default 100. */
  maxIter: number;
  /**
   * Stop when no component of the gradient is larger, with saga when an epoch changes no coefficient by more than this
   * share of the largest, and with liblinear at this share of the first gradient (of the dual: when no slope is larger); > 0. Default 1e-4.
   */
  tol: number;
  /** Weights of classes: null, 'balanced', or by label. Default null. */
  classWeight: ClassWeight;
  /** Seed of the order in which saga and liblinear take rows or columns; null: another one each time. Default null. */
  randomState: number | null;
  /** Start a fit from the coefficients of the last one, where these have the same shape; not with liblinear. Default false. */
  warmStart: boolean;
}

/** The solver that a name stands for, but for liblinear. */
const SOLVER = {
  ...{ lbfgs: 'lbfgs', 'newton-cholesky': 'newton-cholesky', saga: 'saga' },
  ...{ 'newton-cg': 'lbfgs', sag: 'saga' },
} as const;

/** Learned by {@link LogisticRegression}. */
export interface LogisticRegressionState extends LinearClassifierState {
  readonly iterations: number;
  readonly converged: boolean;
}

/**
 * Logistic regression: binomial for two classes, multinomial for more, with the objective of scikit-learn 1.9 (mean log loss +
 * ((1 - l1Ratio) |coef|^2 / 2 + l1Ratio |coef|_1) / (C rows)), in float64.
 *
 * With many more rows than coefficients L-BFGS (Liu and Nocedal 1989) starts from the optimum of a sample of the rows and stops
 * where it would otherwise: `nIter` counts the iterations on all rows. Saga is that of Defazio, Bach and Lacoste-Julien 2014.
 *
 * 'liblinear' poses it as LIBLINEAR (Fan et al. 2008), for two classes, and reaches the same optimum: with an L2 penalty by Newton's
 * method or on the dual problem (Yu, Huang and Lin 2011), with L1 by an improved GLMNET (Yuan, Ho and Lin 2012). Of more classes
 * each against the rest: {@link OneVsRestClassifier}.
 *
 * Differs from scikit-learn: newton-cg and sag are other names of lbfgs and saga. A fit that stops at `maxIter` sets
 * `converged` to false, where scikit-learn warns.
 *
 * Sparse rows are read as they are by 'lbfgs', 'saga' and 'liblinear', from zero on.
 *
 * @throws {ERR_PARAMETER} for a penalty that the solver has not, and for `dual` of another problem than liblinear's with L2
 * @throws {ERR_LABELS} for more than two classes with the solver liblinear
 * @throws {ERR_NOT_SUPPORTED} for sparse rows with the solver newton-cholesky
 * @example
 * ```ts
 * import { LogisticRegression } from 'boreal';
 * const model = await new LogisticRegression().fit([[0], [1], [2], [3]], ['no', 'no', 'yes', 'yes']);
 * await model.predict([[0.2], [2.9]]); // ['no', 'yes']
 * ```
 */
export class LogisticRegression extends LinearClassifier<LogisticRegressionParams, LogisticRegressionState> {
  constructor(params: Partial<LogisticRegressionParams> = {}) {
    super({
      C: 1,
      l1Ratio: 0,
      penalty: 'auto',
      solver: 'lbfgs',
      dual: false,
      fitIntercept: true,
      interceptScaling: 1,
      maxIter: 100,
      tol: 1e-4,
      classWeight: null,
      randomState: null,
      warmStart: false,
      ...params,
    });
  }

  get rules(): Rules<LogisticRegressionParams> {
    return {
      C: either(real(0, Infinity, 'min'), infinity),
      l1Ratio: real(0, 1),
      penalty: either(oneOf('auto', 'l1', 'l2', 'elasticnet'), nothing),
      solver: oneOf('lbfgs', 'newton-cholesky', 'saga', 'liblinear', 'newton-cg', 'sag'),
      dual: bool,
      fitIntercept: bool,
      interceptScaling: real(0, Infinity, 'min'),
      maxIter: int(1, 0xffff_ffff),
      tol: real(0, Infinity, 'min'),
      classWeight,
      randomState: seed,
      warmStart: bool,
    };
  }

  get stateRules(): Rules<LogisticRegressionState> {
    return { ...this.linearRules, iterations: int(0), converged: bool };
  }

  override get outputs(): readonly Output[] {
    return ['label', 'proba', 'decision'];
  }

  override get tags() {
    return { ...super.tags, binary: this.params.solver === 'liblinear' };
  }

  override checkParams(): void {
    super.checkParams();
    const { solver, dual } = this.params;
    const { c, l1Ratio } = this.#penalty;
    const refuse = (why: string) => new ValidationError('ERR_PARAMETER', `LogisticRegression: ${why}.`);
    if (solver === 'liblinear') {
      if (c === Infinity) throw refuse("solver 'liblinear' needs a penalty");
      if (l1Ratio > 0 && l1Ratio < 1)
        throw refuse("solver 'liblinear' mixes no penalties; use solver: 'saga'");
      if (dual && l1Ratio > 0) throw refuse('an L1 penalty needs dual: false');
      return;
    }
    if (dual) throw refuse(`solver '${solver}' has no dual problem; use solver: 'liblinear'`);
    if (l1Ratio > 0 && solver !== 'saga')
      throw refuse(`solver '${solver}' has no L1 penalty; use solver: 'saga' or 'liblinear'`);
  }

  protected async fitState(input: FitInput): Promise<LogisticRegressionState> {
    if (this.params.solver === 'liblinear') return this.#liblinear(input);
    const { data, rows, cols } = input.x;
    const { codes, classes, weights, spec } = this.#problem(input);
    const [count, progress] = [classes.length, reportProgress(input, this)];
    const fitted = await native.fitLogistic(
      ...([data, rows, cols, codes, count, weights, spec, input.cancel, progress] as const),
    );
    return { ...fitted, classes };
  }

  protected override async fitSparse(input: SparseFitInput): Promise<LogisticRegressionState> {
    if (this.params.solver === 'liblinear') return this.#liblinear(input);
    const { codes, classes, weights, spec } = this.#problem(input);
    if (spec.solver === 'newton-cholesky') {
      const message = `LogisticRegression: solver '${spec.solver}' reads dense rows only; use solver: 'lbfgs', 'saga', 'liblinear' or toDense().`;
      throw new StateError('ERR_NOT_SUPPORTED', message);
    }
    const [count, progress] = [classes.length, reportProgress(input, this)];
    const fitted = await native.csrLogistic(
      ...([...csrArguments(input.x), codes, count, weights, spec, input.cancel, progress] as const),
    );
    return { ...fitted, classes };
  }

  async #liblinear(input: FitInput | SparseFitInput): Promise<LogisticRegressionState> {
    const encoded = fitLabels(input);
    const { codes, classes } = encoded;
    if (classes.length !== 2) {
      const message = `LogisticRegression: solver 'liblinear' tells two classes apart, and y has ${classes.length}; use another solver, or OneVsRestClassifier.`;
      throw new ValidationError('ERR_LABELS', message);
    }
    const weights = classWeights(this.params.classWeight, encoded, input.sampleWeight, 'weights');
    const { dual, fitIntercept, interceptScaling, maxIter, tol, randomState } = this.params;
    const { c, l1Ratio } = this.#penalty;
    const spec = {
      ...{ loss: 'logistic' as const, l1: l1Ratio === 1, dual, joint: false, c, epsilon: 0, tol, maxIter },
      ...{ bias: fitIntercept ? interceptScaling : 0, seed: resolveSeed(randomState) },
    };
    const y = Float64Array.from(codes);
    const fitted = await fitLinearSvm(input.x, y, classes.length, null, weights, spec, input.cancel);
    return { ...fitted, iterations: fitted.iterations[0], classes };
  }

  /** Whichever way it was said. */
  get #penalty() {
    const { penalty, C, l1Ratio } = this.params;
    const share = { auto: l1Ratio, elasticnet: l1Ratio, l1: 1, l2: 0, none: 0 }[penalty ?? 'none'];
    return { c: penalty === null ? Infinity : C, l1Ratio: share };
  }

  /** What the other fits minimise. */
  #problem(input: FitInput | SparseFitInput) {
    const encoded = fitLabels(input);
    const { codes, classes } = encoded;
    const weights = classWeights(this.params.classWeight, encoded, input.sampleWeight, 'weights');
    const { solver, fitIntercept, maxIter, tol, randomState } = this.params;
    const seed = resolveSeed(randomState);
    const start = this.#start(outputsOf(classes), input.x.cols);
    const name = SOLVER[solver as keyof typeof SOLVER];
    const spec = { ...this.#penalty, solver: name, fitIntercept, maxIter, tol, seed, ...start };
    return { codes, classes, weights, spec };
  }

  /** Where the solver starts. */
  #start(outputs: number, columns: number) {
    const before = this.params.warmStart && this.isFitted ? this.state : null;
    if (before?.coef.length !== outputs * columns || before.intercept.length !== outputs)
      return { startCoef: null, startIntercept: null };
    return { startCoef: before.coef, startIntercept: before.intercept };
  }

  /** Iterations the solver took. @throws {ERR_NOT_FITTED} before `fit` */
  get nIter(): number {
    return this.state.iterations;
  }

  /** Whether the solver reached `tol` before `maxIter`. @throws {ERR_NOT_FITTED} before `fit` */
  get converged(): boolean {
    return this.state.converged;
  }
}
