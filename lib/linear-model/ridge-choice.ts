/** The strength of a ridge penalty by rows left out: by their squared errors, or by what a scorer says of predictions of them. */
import { type FitInput, takeSharedRows } from '../core/fit-input.js';
import type { Fold } from '../core/k-fold.js';
import type { Label } from '../core/labels.js';
import { Matrix } from '../core/matrix.js';
import { bool, custom, either, float64s, int, listOf, nothing, type Rules, real } from '../core/params.js';
import { ValidationError } from '../errors.js';
import { bestOf, getScorer, type Scorer, type ScorerName } from '../metrics/scorers.js';
import { native } from '../native.js';
import { type Folds, optionalFoldsRule, parted, weightsOf } from './folds.js';
import { fitDense } from './least-squares.js';

/** Parameters of the choice of a strength. */
export interface RidgeChoiceParams {
  /** Strengths to choose from, > 0. Default [0.1, 1, 10]. */
  alphas: readonly number[];
  /** Fit a constant term, which is not penalised. Default true. */
  fitIntercept: boolean;
  /**
   * A scorer, or its name, of the predictions of rows left out; null: minus the squared error, and with `cv` R2, of classes the accuracy.
   * Default null.
   */
  scoring: ScorerName | Scorer | null;
  /**
   * How rows are left out: see {@link Folds}, of which a number is stratified for classes; null: each row by itself, at the cost of one fit.
   * Folds whose rows all weigh 0 have no score. Default null.
   */
  cv: Folds | null;
  /** Keep the squared error of each row, or with `scoring` its predictions: `cvResults`; not with `cv`. Default false. */
  storeCvResults: boolean;
}

/** What the choice of a strength leaves behind. */
export interface RidgeChoice {
  /** Of all targets, or of each. */
  readonly alpha: number | Float64Array;
  /** The highest score, of all targets or of each. */
  readonly bestScore: number | Float64Array;
  /** [rows, targets, alphas]: squared errors or predictions; empty unless kept. */
  readonly errors: Float64Array;
  /** Strengths that were tried. */
  readonly tried: number;
}

const above = real(0, Infinity, 'min');
const strengths = listOf('a list of numbers > 0', above.allows, 1);
export const choiceParamRules: Rules<RidgeChoiceParams> = {
  alphas: strengths,
  fitIntercept: bool,
  scoring: either(
    nothing,
    custom('a scorer or its name', (v) => typeof v === 'string' || typeof v === 'function'),
  ),
  cv: optionalFoldsRule,
  storeCvResults: bool,
};
export const CHOICE_DEFAULTS: RidgeChoiceParams = {
  ...{ alphas: [0.1, 1, 10], fitIntercept: true, scoring: null, cv: null, storeCvResults: false },
};
export const choiceRules: Rules<RidgeChoice> = {
  alpha: either(real(0), float64s()),
  bestScore: custom('a score, or one for each target', (v) => {
    return typeof v === 'number' || v instanceof Float64Array;
  }),
  errors: float64s(),
  tried: int(1),
};

type Numbers = Matrix<Float64Array>;
/** The score of predictions of true values, both [rows, targets]. */
type Judge = (predicted: Numbers, truth: Numbers, weights: Float64Array | null) => Promise<number>;

/** How predictions of numbers are scored. */
export function judgeOfNumbers(scorer: Scorer): Judge {
  const plain = (values: Numbers) => (values.cols === 1 ? values.data : values);
  return (predicted, truth, sampleWeight) => {
    const identity = { predict: async () => plain(predicted) };
    return scorer(identity, predicted, plain(truth) as never, { sampleWeight });
  };
}

/** How predictions of -1 and 1 are scored, as decisions for classes. */
export function judgeOfClasses(scorer: Scorer, classes: readonly Label[]): Judge {
  const labelsOf = (decisions: Numbers) =>
    Array.from({ length: decisions.rows }, (_, i) => {
      const row = decisions.row(i);
      return classes[row.length === 1 ? Number(row[0] > 0) : row.indexOf(Math.max(...row))];
    });
  return (predicted, truth, sampleWeight) => {
    const identity = {
      ...{ classes, predict: async () => labelsOf(predicted), decisionFunction: async () => predicted },
    };
    return scorer(identity, predicted, labelsOf(truth), { sampleWeight });
  };
}

/** How rows left out are scored. */
interface Scoring {
  /** What scores with `cv` where no scorer is named. */
  readonly usual: ScorerName;
  /** Makes a score of a scorer. */
  readonly judge: (scorer: Scorer) => Judge;
  /** The folds of `cv`. */
  readonly folds: (cv: Folds) => readonly Fold[];
}

/** What strengths are fitted to. */
interface Rows extends Pick<FitInput, 'x' | 'cancel'> {
  readonly y: Numbers;
  readonly weights: Float64Array | null;
}

/** What the rows are scored by. */
interface Left {
  /** For each target, or for all of them at once: scores of the strengths. */
  readonly scores: readonly Float64Array[];
  readonly results: Float64Array;
}

/** @throws {ERR_PARAMETER} for an unknown scorer, and for results of each row with `cv` */
export function checkChoice(owner: object, { scoring, cv, storeCvResults }: RidgeChoiceParams): void {
  if (scoring !== null) getScorer(scoring);
  if (!storeCvResults || cv === null) return;
  const message = `${owner.constructor.name}: storeCvResults leaves out row by row, and does not go with cv.`;
  throw new ValidationError('ERR_PARAMETER', message);
}

/** What only some models take is not there for others. */
type StrengthParams = RidgeChoiceParams & {
  readonly alphaPerTarget?: boolean;
  readonly gcvMode?: 'auto' | 'svd' | 'eigen';
};

/** The strength with the highest score, of equal ones the first, for all targets [rows, targets] or for each. */
export async function chooseStrength(
  params: StrengthParams,
  input: Pick<FitInput, 'x' | 'cancel'>,
  y: Numbers,
  weights: Float64Array | null,
  { usual, judge, folds }: Scoring,
): Promise<RidgeChoice> {
  const { alphas, scoring, cv } = params;
  const each = params.alphaPerTarget === true && y.cols > 1;
  const own = scoring === null ? null : judge(getScorer(scoring));
  const rows = { ...input, y, weights };
  const { scores, results } =
    cv === null
      ? await leaveOneOut(params, rows, own, each)
      : await leaveFolds(params, rows, folds(cv), own ?? judge(getScorer(usual)));
  const best = scores.map((of) => bestOf(of));
  const chosen = Float64Array.from(best, (a) => alphas[a]);
  const highest = Float64Array.from(best, (a, t) => scores[t][a]);
  const kept = params.storeCvResults ? results : new Float64Array(0);
  const tried = { errors: kept, tried: alphas.length };
  return each
    ? { alpha: chosen, bestScore: highest, ...tried }
    : { alpha: chosen[0], bestScore: highest[0], ...tried };
}

async function leaveOneOut(
  params: StrengthParams,
  of: Rows,
  judge: Judge | null,
  each: boolean,
): Promise<Left> {
  const { alphas, fitIntercept, storeCvResults, gcvMode } = params;
  const { x, cancel, y, weights } = of;
  const { data, rows, cols } = x;
  const spec = {
    alphas: Float64Array.from(alphas),
    fitIntercept,
    keepErrors: storeCvResults || judge !== null,
    bySvd: gcvMode === 'svd',
  };
  const { mse, errors } = await native.ridgeLeaveOneOut(
    ...([data, rows, cols, y.data, y.cols, weights, spec, cancel] as const),
  );
  const tried = alphas.length;
  if (judge === null) {
    const own = Array.from({ length: y.cols }, (_, t) =>
      mse.slice(t * tried, (t + 1) * tried).map((e) => -e),
    );
    const mean = own[0].map((_, a) => own.reduce((sum, of) => sum + of[a], 0) / own.length);
    return { scores: each ? own : [mean], results: errors.map((error) => error * error) };
  }
  // Errors are those of rows times the roots of their weights.
  const results = errors.map((error, k) => {
    const at = Math.floor(k / tried);
    const weight = weights?.[Math.floor(at / y.cols)] ?? 1;
    return weight > 0 ? y.data[at] - error / Math.sqrt(weight) : 0;
  });
  // Rows of no weight have no such errors, but what all learn is what the others do.
  const { test: idle, train } = parted(rows, (i) => weights?.[i] === 0);
  if (idle.length > 0) {
    for await (const [a, { data: own }] of predictions(params, of, train, idle)) {
      for (const [r, i] of idle.entries())
        for (let t = 0; t < y.cols; t++) results[(i * y.cols + t) * tried + a] = own[r * y.cols + t];
    }
  }
  const groups = each ? Array.from({ length: y.cols }, (_, t) => [t]) : [[...Array(y.cols).keys()]];
  const scores = groups.map(() => new Float64Array(tried));
  for (let a = 0; a < tried; a++) {
    const predicted = new Matrix(
      y.data.map((_, at) => results[at * tried + a]),
      rows,
      y.cols,
    );
    for (const [g, targets] of groups.entries()) {
      const own = (values: Numbers) => (each ? (values.columns(targets) as Numbers) : values);
      scores[g][a] = await judge(own(predicted), own(y), weights);
    }
  }
  return { scores, results };
}

/** The mean of the scores of folds, but for those whose rows all weigh 0. */
async function leaveFolds(
  params: RidgeChoiceParams,
  of: Rows,
  folds: readonly Fold[],
  judge: Judge,
): Promise<Left> {
  const { y, weights } = of;
  const scores = new Float64Array(params.alphas.length);
  let scored = 0;
  for (const { train, test } of folds) {
    if (weights !== null && test.every((i) => weights[i] === 0)) continue;
    scored++;
    const truth = y.takeRows(test);
    const held = weightsOf(weights, test);
    for await (const [a, predicted] of predictions(params, of, train, test))
      scores[a] += await judge(predicted, truth, held);
  }
  return { scores: [scores.map((sum) => sum / scored)], results: new Float64Array(0) };
}

/** What fits of each strength on some rows predict of others, [rows, targets]. */
async function* predictions(
  { alphas, fitIntercept }: RidgeChoiceParams,
  { x, y, weights, cancel }: Rows,
  train: Int32Array,
  test: Int32Array,
): AsyncGenerator<readonly [number, Numbers]> {
  const left = x.takeRows(test).astype('float64');
  const part = { x: takeSharedRows(x, train), sampleWeight: weightsOf(weights, train), cancel };
  const partY = y.takeRows(train) as Numbers;
  for (const [a, alpha] of alphas.entries()) {
    const { coef, intercept } = await fitDense(part, partY, { alphas: [alpha], fitIntercept });
    const products = await left.matmulAsync(new Matrix(coef, y.cols, x.cols), { transposeB: true });
    yield [a, products.add(new Matrix(intercept, 1, y.cols)) as Numbers];
  }
}

/** What was kept as a matrix: a row for each training row and target. */
export function resultsOf({ errors, tried }: RidgeChoice): Matrix | undefined {
  return errors.length === 0 ? undefined : new Matrix(errors.slice(), errors.length / tried, tried);
}
