/** A report on a fitted model: one HTML file with its data, its scores and its plots, which opens anywhere. */
import { throwIfAborted } from '../core/cancellation.js';
import { Estimator } from '../core/estimator.js';
import { requireEstimator } from '../core/inner-models.js';
import { codesOfLabels, encodeTargets, type Label } from '../core/labels.js';
import type { Matrix, MatrixLike } from '../core/matrix.js';
import {
  abortSignal,
  checkNames,
  checkParams,
  custom,
  either,
  int,
  nothing,
  oneOf,
  seed,
  show,
} from '../core/params.js';
import type { Target } from '../core/schema.js';
import { type Column, isTable } from '../core/table.js';
import { describe } from '../datasets/explore.js';
import { StateError, ValidationError } from '../errors.js';
import { featureImportances } from '../inspection/feature-importances.js';
import { lastStep } from '../inspection/last-step.js';
import {
  accuracyScore,
  balancedAccuracy,
  f1Score,
  precisionRecallFscoreSupport,
} from '../metrics/classification.js';
import { brierScore, logLoss } from '../metrics/probability.js';
import { averagePrecision, rocAucScore } from '../metrics/ranking.js';
import {
  explainedVariance,
  meanAbsoluteError,
  medianAbsoluteError,
  r2Score,
  rootMeanSquaredError,
} from '../metrics/regression.js';
import { confusionMatrix } from './confusion.js';
import { calibrationCurve, precisionRecallCurve, rocCurve } from './curves.js';
import { columnsOf, correlationHeatmap, histograms, residuals } from './data.js';
import { page } from './html.js';
import { featureImportances as importancesPlot } from './importances.js';
import { figures, heading, paragraph, scores, tableOf } from './report-html.js';
import type { Plot } from './spec.js';
import type { Theme } from './theme.js';

/** Options of {@link report}. */
export interface ReportOptions {
  /** The heading. Default: the name of the model's class. */
  readonly title?: string;
  /** Default 'light'. */
  readonly theme?: Theme;
  /** Names of the columns of a matrix. Default: those of the model. */
  readonly featureNames?: readonly string[];
  /** What the classes are called, in their order. Default: the labels themselves. */
  readonly targetNames?: readonly string[];
  /**
   * Where importances are from: 'auto' (default: of trees and linear models their own, else shuffles), 'permutation', or null
   * for none.
   */
  readonly importances?: 'auto' | 'permutation' | null;
  /** How often each column is shuffled, where columns are. Default 5. */
  readonly nRepeats?: number;
  /** Seed of the shuffles; null takes a new one. Default 0, so that a report is the same each time. */
  readonly randomState?: number | null;
  /** Histograms are drawn of so many columns, >= 0. Default 12. */
  readonly maxColumns?: number;
  /** Stops the work. */
  readonly signal?: AbortSignal;
}

const isNames = (value: unknown) =>
  value === undefined || (Array.isArray(value) && value.every((name) => typeof name === 'string'));
const RULES = {
  title: custom('text', (value) => value === undefined || typeof value === 'string'),
  theme: oneOf('light', 'dark'),
  featureNames: custom('a list of names', isNames),
  targetNames: custom('a list of names', isNames),
  importances: either(oneOf('auto', 'permutation'), nothing),
  nRepeats: int(1, 10_000),
  randomState: seed,
  maxColumns: int(0, 1000),
  signal: abortSignal,
};

/** Correlations of more columns are not readable. */
const MOST_CORRELATED = 30;
/** A confusion matrix or curves of more classes are not readable. */
const MOST_CLASSES = 30;
const MOST_CURVES = 8;

/** A fitted classifier or regressor. */
interface Reported {
  predict(X: MatrixLike): Promise<ArrayLike<unknown>>;
  predictProba?(X: MatrixLike): Promise<Matrix>;
}

type Settings = Required<Pick<ReportOptions, 'theme' | 'nRepeats' | 'maxColumns'>> & ReportOptions;

/**
 * A report on a fitted model as one HTML file: what the data are, how well the model does on them, its confusion matrix, ROC
 * and calibration (or residuals), and what it relies on. Give it rows held out from training. The file has its pictures
 * within, no scripts, and a policy that forbids everything from elsewhere; names from the data are escaped.
 *
 * @param model - a fitted classifier or regressor, or a pipeline that ends in one
 * @param X - rows, as `predict` takes them
 * @param y - a label or target for each row
 * @returns the text of the file
 * @throws {ERR_NOT_FITTED} before `fit`
 * @throws {ERR_NOT_SUPPORTED} for a model that is neither
 * @throws {ERR_DEPENDENCY} unless the packages vega and vega-lite are installed
 * @throws {ERR_PARAMETER | ERR_SHAPE | ERR_LABELS | ERR_DTYPE} for a bad option, and when X and y do not fit the model
 * @throws {ERR_ABORTED} when options.signal fires
 * @example
 * ```ts
 * import { writeFile } from 'node:fs/promises';
 * import { GaussianNB, loadIris, report } from 'boreal';
 * const { data, target, featureNames, targetNames } = loadIris();
 * const model = await new GaussianNB().fit(data, target);
 * const html = await report(model, data, target, { featureNames, targetNames });
 * await writeFile('report.html', html);
 * html.startsWith('<!doctype html>'); // true
 * ```
 */
export async function report(
  model: Estimator,
  X: MatrixLike,
  y: ArrayLike<unknown>,
  options: ReportOptions = {},
): Promise<string> {
  checkNames('report', options, Object.keys(RULES));
  const settings: Settings = {
    ...{ theme: 'light', importances: 'auto', nRepeats: 5, randomState: 0, maxColumns: 12 },
    ...(Object.fromEntries(
      Object.entries(options).filter(([, value]) => value !== undefined),
    ) as ReportOptions),
  };
  checkParams(
    'report',
    { title: undefined, featureNames: undefined, targetNames: undefined, signal: undefined, ...settings },
    RULES,
  );
  requireEstimator(model);
  const { target } = model.schema;
  const hasOne = target.kind === 'class' || target.kind === 'number';
  if (!hasOne || typeof (model as Partial<Reported>).predict !== 'function')
    throw new StateError(
      'ERR_NOT_SUPPORTED',
      `report is about classifiers and regressors of one target; got ${show(model)}.`,
    );
  const { names, columns, rows } = namedColumns(model, X, settings.featureNames);
  if (y?.length !== rows)
    throw new ValidationError('ERR_SHAPE', `X has ${rows} rows, but y has ${y?.length ?? 'no'} values.`);
  const title = settings.title ?? lastOf(model).constructor.name;
  const parts = [
    heading(1, title),
    paragraph(
      `${describeModel(model)} On ${rows.toLocaleString('en-US')} rows with ${names.length} columns.`,
      'about',
    ),
    ...(target.kind === 'class'
      ? await classifierParts(model, X, y, target.classes, settings)
      : await regressorParts(model, X, y, settings)),
    ...(await importanceParts(model, X, y, settings)),
    ...(await dataParts(names, columns, labelsOf(y, target, settings), settings)),
  ];
  return page(title, settings.theme, `<main>\n${parts.join('\n')}\n</main>`);
}

/** The last step of a pipeline that has one. */
function lastOf(model: Estimator): Estimator {
  const last = lastStep(model);
  return last instanceof Estimator ? last : model;
}

function describeModel(model: Estimator): string {
  const last = lastOf(model);
  const params = Object.entries(last.params)
    .filter(([, value]) => value === null || typeof value !== 'object')
    .map(([name, value]) => `${name} ${show(value)}`);
  const within = last === model ? '' : `${model.constructor.name} that ends in `;
  return `${within}${last.constructor.name}${params.length > 0 ? `: ${params.join(', ')}` : ''}.`;
}

function namedColumns(model: Estimator, X: MatrixLike, featureNames: readonly string[] | undefined) {
  return columnsOf(
    X,
    model.schema.columns.map(({ name }, j) => featureNames?.[j] ?? name),
  );
}

async function draw(plots: readonly Plot[], { signal }: Settings): Promise<string> {
  const pictures: string[] = [];
  for (const plot of plots) {
    throwIfAborted(signal);
    pictures.push(await plot.toSVG());
  }
  return figures(pictures);
}

async function classifierParts(
  model: Estimator,
  X: MatrixLike,
  y: ArrayLike<unknown>,
  classes: readonly Label[],
  settings: Settings,
): Promise<string[]> {
  const { theme, targetNames } = settings;
  codesOfLabels(y, classes, 'y');
  const truth = Array.from(y) as Label[];
  const asked = model as Estimator & Reported;
  const predicted = Array.from(await asked.predict(X)) as Label[];
  const proba = model.outputs.includes('proba') ? await asked.predictProba?.(X) : undefined;
  const present = new Set(truth);
  const both = classes.length === 2 && present.size === 2;
  const isPositive = truth.map((label) => label === classes[1]);
  const second = () => proba!.columns([1]).data;
  const auc = () =>
    classes.length === 2
      ? rocAucScore(isPositive, second())
      : rocAucScore(truth, proba!, { multiClass: 'ovr', labels: classes });
  const values: [string, number][] = [
    ['Accuracy', accuracyScore(truth, predicted)],
    ['Balanced accuracy', balancedAccuracy(truth, predicted)],
    ['F1, mean of classes', f1Score(truth, predicted, { average: 'macro' })],
    ...(proba && present.size === classes.length ? ([['ROC AUC', auc()]] as [string, number][]) : []),
    ...(proba && both
      ? ([['Average precision', averagePrecision(isPositive, second())]] as [string, number][])
      : []),
    ...(proba ? ([['Log loss', logLoss(truth, proba, { labels: classes })]] as [string, number][]) : []),
    ...(proba && both ? ([['Brier score', brierScore(isPositive, second())]] as [string, number][]) : []),
  ];
  const nameOf = (label: Label) => targetNames?.[classes.indexOf(label)] ?? String(label);
  const each = precisionRecallFscoreSupport(truth, predicted, { labels: classes, average: null });
  const lines = classes.map((label, c) => [
    nameOf(label),
    ...[each.precision[c], each.recall[c], each.fscore[c]].map((value) => value.toFixed(3)),
    String(each.support[c]),
  ]);
  const names = classes.map(nameOf);
  const curves = { theme, targetNames: names, classes };
  const plots = [
    ...(classes.length <= MOST_CLASSES
      ? [confusionMatrix(truth, predicted, { theme, labels: classes, targetNames: names })]
      : []),
    ...(proba && classes.length <= MOST_CURVES && present.size === classes.length
      ? [
          rocCurve(truth, proba, curves),
          precisionRecallCurve(truth, proba, curves),
          calibrationCurve(truth, proba, curves),
        ]
      : []),
  ];
  return [
    heading(2, 'Scores'),
    scores(values),
    tableOf('Scores of each class', ['Class', 'Precision', 'Recall', 'F1', 'Rows'], lines),
    heading(2, 'What is right and what is not'),
    await draw(plots, settings),
  ];
}

async function regressorParts(
  model: Estimator,
  X: MatrixLike,
  y: ArrayLike<unknown>,
  settings: Settings,
): Promise<string[]> {
  const { theme } = settings;
  const predicted = Float64Array.from(
    (await (model as Estimator & Reported).predict(X)) as ArrayLike<number>,
  );
  const truth = encodeTargets(y, predicted.length);
  const values: [string, number][] = [
    ['R²', truth.length > 1 ? r2Score(truth, predicted) : Number.NaN],
    ['Root mean squared error', rootMeanSquaredError(truth, predicted)],
    ['Mean absolute error', meanAbsoluteError(truth, predicted)],
    ['Median absolute error', medianAbsoluteError(truth, predicted)],
    ['Explained variance', explainedVariance(truth, predicted)],
  ];
  const off = truth.map((value, i) => value - predicted[i]);
  return [
    heading(2, 'Scores'),
    scores(values.filter(([, value]) => Number.isFinite(value))),
    heading(2, 'What is right and what is not'),
    await draw(
      [
        residuals(truth, predicted, { kind: 'actualVsPredicted', theme, width: 400, height: 400 }),
        residuals(truth, predicted, { theme, width: 400 }),
        histograms({ 'True less predicted': off }, { theme, title: '', width: 400, height: 200, bins: 40 }),
      ],
      settings,
    ),
  ];
}

const SOURCES = {
  impurity: 'The share of the impurity that splits by each column took away in training.',
  coefficients: 'Absolute coefficients; they compare where the columns that the model reads have one scale.',
  permutation:
    'By how much the score on these rows falls when a column is shuffled, with one standard deviation.',
};

async function importanceParts(
  model: Estimator,
  X: MatrixLike,
  y: ArrayLike<unknown>,
  { importances, nRepeats, randomState, signal, featureNames, theme, ...settings }: Settings,
): Promise<string[]> {
  if (!importances) return [];
  const found = await featureImportances(model, X, y, { method: importances, nRepeats, randomState, signal });
  const own =
    found.featureNames.length === featureNames?.length && !isTable(X) ? featureNames : found.featureNames;
  const plot = importancesPlot({ ...found, featureNames: own }, { theme, title: '' });
  return [
    heading(2, 'What the model relies on'),
    paragraph(SOURCES[found.method]),
    await draw([plot], { ...settings, nRepeats, theme, signal }),
  ];
}

/** What the class of each row is called; undefined where there are no classes. */
function labelsOf(y: ArrayLike<unknown>, target: Target, { targetNames }: Settings): string[] | undefined {
  if (target.kind !== 'class') return undefined;
  return Array.from(y, (label) => targetNames?.[target.classes.indexOf(label as Label)] ?? String(label));
}

async function dataParts(
  names: readonly string[],
  columns: readonly Column[],
  labels: readonly string[] | undefined,
  settings: Settings,
): Promise<string[]> {
  const { theme, maxColumns } = settings;
  const table = Object.fromEntries(names.map((name, j) => [name, columns[j]]));
  const cell = (value: unknown) =>
    value === undefined || Number.isNaN(value)
      ? ''
      : typeof value === 'number'
        ? figure(value)
        : String(value);
  const lines = describe(table).map(
    ({ column, count, missing, distinct, mean, std, min, max, top, ...rest }) => [
      ...[column, cell(count), cell(missing), cell(distinct), cell(mean), cell(std), cell(min)],
      ...[cell(rest['50%']), cell(max), cell(top)],
    ],
  );
  const head = [
    'Column',
    'Values',
    'Missing',
    'Distinct',
    'Mean',
    'Deviation',
    'Least',
    'Median',
    'Most',
    'Commonest',
  ];
  const by = labels && new Set(labels).size <= 8 ? labels : undefined;
  const plots: Plot[] = [];
  const shown = names.slice(0, maxColumns);
  if (shown.length > 0) plots.push(histograms(table, { columns: shown, by, theme, title: '' }));
  const numeric = names.filter((_, j) => isNumeric(columns[j]));
  if (numeric.length >= 2 && numeric.length <= MOST_CORRELATED)
    plots.push(correlationHeatmap(table, { theme }));
  return [
    heading(2, 'The data'),
    tableOf('What the columns hold', head, lines),
    ...(names.length > shown.length && shown.length > 0
      ? [paragraph(`Histograms of the first ${shown.length} columns.`)]
      : []),
    await draw(plots, settings),
  ];
}

/** Whether correlations are drawn of the column: numbers and booleans. */
function isNumeric(column: Column): boolean {
  if (ArrayBuffer.isView(column)) return true;
  return !Array.from(column).some((value) => typeof value === 'string');
}

function figure(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 4 }).replace('-', '−');
}
