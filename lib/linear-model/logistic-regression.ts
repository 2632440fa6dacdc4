/** Logistic regression with L2, L1 or both penalties. */

import type { Output } from '../core/compile-options.js';
import { type FitInput, fitLabels, reportProgress, type SparseFitInput } from '../core/fit-input.js';
import { type ClassWeight, classWeights } from '../core/kinds.js';
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
  /** The L1 part of the penalty, in [0, 1]: 0 is L2, 1 is L1; above 0 only with `solver: 'saga'`. Default 0. */
  l1Ratio: number;
  /**
   * scikit-learn's older way to say the same: 'l1' and 'l2' set the share of L1 to 1 and 0, 'elasticnet' takes `l1Ratio`, null is
   * no penalty. Default 'auto': as `C` and `l1Ratio` say.
   */
  penalty: 'auto' | 'l1' | 'l2' | 'elasticnet' | null;
  /**
   * 'lbfgs'; 'newton-cholesky', which takes fewer iterations of (columns * classes)^2 operations a row, for many more rows
   * than columns and badly scaled columns; 'saga', the one with an L1 penalty, for scaled columns. Two names of scikit-learn's solvers of the
   * same problem stand for these: 'newton-cg' for 'lbfgs', 'sag' for 'saga' without an L1 penalty. Default 'lbfgs'.
   */
  solver: 'lbfgs' | 'newton-cholesky' | 'saga' | 'newton-cg' | 'sag';
  /** Fit a constant term, which is not penalised. Default true. */
  fitIntercept: boolean;
  /** Most iterations (epochs of saga), >= 1. Default 100. */
  maxIter: number;
  /**
   * Stop when no component of the gradient is larger, or with saga when an epoch changes no coefficient by more than this
   * share of the largest; > 0. Default 1e-4.
   */
  tol: number;
  /** Weights of classes: null, 'balanced', or by label. Default null. */
  classWeight: ClassWeight;
  /** Seed of saga's order of rows; null: another one each time. Default null. */
  randomState: number | null;
  /** Start a fit from the coefficients of the last one, where these have the same shape. Default false. */
  warmStart: boolean;
}

/** The solver that a name stands for. */
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
 * Differs from scikit-learn: no solver liblinear; newton-cg and sag are other names of lbfgs and saga. A fit that stops at `maxIter` sets
 * `converged` to false, where scikit-learn warns.
 *
 * Sparse rows are read as they are by 'lbfgs' and 'saga', from zero on.
 *
 * @throws {ERR_PARAMETER} for an L1 penalty with another solver than saga
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
      fitIntercept: true,
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
      solver: oneOf('lbfgs', 'newton-cholesky', 'saga', 'newton-cg', 'sag'),
      fitIntercept: bool,
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

  protected async fitState(input: FitInput): Promise<LogisticRegressionState> {
    const { data, rows, cols } = input.x;
    const { codes, classes, weights, spec } = this.#problem(input);
    const [count, progress] = [classes.length, reportProgress(input, this)];
    const fitted = await native.fitLogistic(
      ...([data, rows, cols, codes, count, weights, spec, input.cancel, progress] as const),
    );
    return { ...fitted, classes };
  }

  protected override async fitSparse(input: SparseFitInput): Promise<LogisticRegressionState> {
    const { codes, classes, weights, spec } = this.#problem(input);
    if (spec.solver === 'newton-cholesky') {
      const message = `LogisticRegression: solver '${spec.solver}' reads dense rows only; use solver: 'lbfgs', 'saga' or toDense().`;
      throw new StateError('ERR_NOT_SUPPORTED', message);
    }
    const [count, progress] = [classes.length, reportProgress(input, this)];
    const fitted = await native.csrLogistic(
      ...([...csrArguments(input.x), codes, count, weights, spec, input.cancel, progress] as const),
    );
    return { ...fitted, classes };
  }

  /** What both fits minimise. */
  #problem(input: FitInput | SparseFitInput) {
    const encoded = fitLabels(input);
    const { codes, classes } = encoded;
    const weights = classWeights(this.params.classWeight, encoded, input.sampleWeight, 'weights');
    const { penalty, solver, fitIntercept, maxIter, tol, randomState } = this.params;
    const l1Ratio = { auto: this.params.l1Ratio, elasticnet: this.params.l1Ratio, l1: 1, l2: 0, none: 0 }[
      penalty ?? 'none'
    ];
    const c = penalty === null ? Infinity : this.params.C;
    if (l1Ratio > 0 && solver !== 'saga') {
      const message = `LogisticRegression: solver '${solver}' has no L1 penalty; use solver: 'saga'.`;
      throw new ValidationError('ERR_PARAMETER', message);
    }
    const seed = resolveSeed(randomState);
    const start = this.#start(outputsOf(classes), input.x.cols);
    const spec = { c, l1Ratio, solver: SOLVER[solver], fitIntercept, maxIter, tol, seed, ...start };
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
