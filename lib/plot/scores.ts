/** Scores against the size of the training set, a parameter, or the epoch. */
import { Matrix, type NumericMatrixLike } from '../core/matrix.js';
import { show } from '../core/params.js';
import { ValidationError } from '../errors.js';
import { checkPlotOptions, dashed, framed, type Plot, type PlotOptions } from './spec.js';

/** Scores of training and held-out rows, [points, folds]: what `learningCurve` and `validationCurve` return. */
export interface CurveResult {
  readonly trainScores: NumericMatrixLike;
  readonly testScores: NumericMatrixLike;
}

interface Line {
  readonly name: string;
  readonly scores: Matrix;
}

function linesOf(owner: string, { trainScores, testScores }: CurveResult, points: number): Line[] {
  const lines = [
    { name: 'Training', scores: Matrix.from(trainScores) },
    { name: 'Cross-validation', scores: Matrix.from(testScores) },
  ];
  for (const { scores } of lines) {
    if (scores.rows === points && scores.cols > 0) continue;
    const message = `plot.${owner}: scores have ${scores.rows} rows, but there are ${points} points.`;
    throw new ValidationError('ERR_SHAPE', message);
  }
  return lines;
}

/** Means of the folds, with a band of one standard deviation to each side. */
function bandPlot(
  options: PlotOptions,
  frame: { title: string; yTitle: string },
  x: { values: readonly (number | string)[]; title: string; log?: boolean },
  lines: readonly Line[],
): Plot {
  const names = lines.map(({ name }) => name);
  const values = lines.flatMap(({ name, scores }) =>
    x.values.map((at, k) => {
      const row = Array.from(scores.row(k));
      const mean = row.reduce((sum, score) => sum + score, 0) / row.length;
      const deviation = Math.sqrt(row.reduce((sum, score) => sum + (score - mean) ** 2, 0) / row.length);
      return { x: at, mean, low: mean - deviation, high: mean + deviation, series: name };
    }),
  );
  const isNumber = x.values.every((value) => typeof value === 'number');
  const at = isNumber
    ? {
        type: 'quantitative',
        scale: x.log ? { type: 'log', nice: false } : { zero: false, nice: false },
        ...(x.values.length <= 12 && { axis: { values: x.values, format: '.6~g', labelOverlap: true } }),
      }
    : { type: 'ordinal', scale: { domain: x.values }, axis: { labelAngle: 0 } };
  const scale = { domain: names };
  const legend = { title: null, orient: 'bottom', symbolType: 'stroke' };
  return framed(
    options,
    { title: frame.title, width: options.width ?? 480, height: options.height ?? 300 },
    {
      data: { values },
      encoding: {
        x: { field: 'x', title: x.title, ...at },
        color: { field: 'series', type: 'nominal', scale, legend },
      },
      layer: [
        {
          mark: { type: 'area', opacity: 0.16 },
          encoding: {
            y: { field: 'low', type: 'quantitative', scale: { zero: false }, title: frame.yTitle },
            y2: { field: 'high' },
          },
        },
        {
          mark: { type: 'line', point: { size: 42 } },
          encoding: {
            y: { field: 'mean', type: 'quantitative', scale: { zero: false }, title: frame.yTitle },
            strokeDash: dashed(names, legend),
          },
        },
      ],
    },
  );
}

/** Options of {@link learningCurve}. */
export interface LearningCurvePlotOptions extends PlotOptions {
  /** What the scores are. Default 'Score'. */
  readonly scoreName?: string;
}

/**
 * Scores against the number of training rows: the mean over the folds, with a band of one standard deviation. Where the lines
 * have met, more rows won't help; where they are far apart, they may.
 *
 * @param result - what `learningCurve` returns: `trainSizes`, and scores [sizes, folds]
 * @throws {ERR_SHAPE} when scores and sizes do not fit each other
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { plot } from 'boreal';
 * const result = { trainSizes: [50, 100], trainScores: [[1, 1], [0.99, 1]], testScores: [[0.8, 0.7], [0.9, 0.9]] };
 * plot.learningCurve(result, { scoreName: 'Accuracy' }).title; // { text: 'Learning curve' }
 * ```
 */
export function learningCurve(
  result: CurveResult & { readonly trainSizes: ArrayLike<number> },
  options: LearningCurvePlotOptions = {},
): Plot {
  checkPlotOptions('learningCurve', options, ['scoreName']);
  const sizes = Array.from(result.trainSizes);
  return bandPlot(
    options,
    { title: 'Learning curve', yTitle: options.scoreName ?? 'Score' },
    { values: sizes, title: 'Training rows' },
    linesOf('learningCurve', result, sizes.length),
  );
}

/** Options of {@link validationCurve}. */
export interface ValidationCurvePlotOptions extends LearningCurvePlotOptions {
  /** What the parameter is called. Default 'Value of the parameter'. */
  readonly paramName?: string;
  /** A logarithmic axis. Default: when all values are above 0 and the largest is a hundred times the smallest. */
  readonly logScale?: boolean;
}

/**
 * Scores against the values of one parameter: the mean over the folds, with a band of one standard deviation.
 *
 * @param result - what `validationCurve` returns: scores [values, folds]
 * @param paramRange - the values, numbers or words
 * @throws {ERR_SHAPE} when scores and values do not fit each other
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { plot } from 'boreal';
 * const result = { trainScores: [[0.7], [0.9], [1]], testScores: [[0.7], [0.85], [0.8]] };
 * const curve = plot.validationCurve(result, [0.01, 0.1, 1], { paramName: 'C' });
 * curve.encoding.x.scale.type; // 'log'
 * ```
 */
export function validationCurve(
  result: CurveResult,
  paramRange: ArrayLike<number | string | boolean | null>,
  options: ValidationCurvePlotOptions = {},
): Plot {
  checkPlotOptions('validationCurve', options, ['scoreName', 'paramName', 'logScale']);
  const given = Array.from(paramRange);
  const values = given.map((value) =>
    typeof value === 'number' && Number.isFinite(value) ? value : String(value),
  );
  const numbers = values.filter((value) => typeof value === 'number');
  const positive = numbers.length === values.length && numbers.every((value) => value > 0);
  const log = options.logScale ?? (positive && Math.max(...numbers) >= 100 * Math.min(...numbers));
  if (log && !positive)
    throw new ValidationError(
      'ERR_PARAMETER',
      'plot.validationCurve: a logarithmic axis needs values above 0.',
    );
  return bandPlot(
    options,
    { title: 'Validation curve', yTitle: options.scoreName ?? 'Score' },
    {
      values: numbers.length === values.length ? values : values.map(String),
      title: options.paramName ?? 'Value of the parameter',
      log,
    },
    linesOf('validationCurve', result, values.length),
  );
}

/** What a training tells of each epoch: lists of numbers by name, or such within `history`, as Keras has them. */
export type HistoryLike = Readonly<Record<string, unknown>>;

/** Options of {@link trainingHistory}. */
export interface TrainingHistoryPlotOptions extends PlotOptions {
  /** The metrics to show; each is drawn with its `val` twin. Default: all that have one number per epoch. */
  readonly metrics?: readonly string[];
  /** What an epoch is called. Default 'Epoch'. */
  readonly xTitle?: string;
}

/** 'valAccuracy', 'val_accuracy' and 'validationScore' belong to 'accuracy' and 'trainScore'. */
function seriesOf(name: string): { metric: string; held: boolean } {
  const match = /^(?:val_|val(?=[A-Z])|validation_?)(.+)$/.exec(name);
  const held = match !== null;
  const own = held
    ? match[1]
    : name.replace(/^train_?(?=[A-Z_]|.)/, (all) => (all.length === name.length ? all : ''));
  return { metric: own.charAt(0).toLowerCase() + own.slice(1), held };
}

/**
 * Loss and metrics of a training, epoch by epoch: each metric in a panel of its own, with that of the validation rows.
 *
 * @param history - what `fit` of a network returns, or any object of lists: `loss`, `valLoss`, `accuracy`, `valAccuracy`, …;
 *   of a boosted model `{ trainScore, validationScore }`
 * @throws {ERR_EMPTY} when there is no list of numbers, or no such metric
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { plot } from 'boreal';
 * const history = { loss: [0.9, 0.5, 0.3], valLoss: [0.95, 0.6, 0.5], accuracy: [0.6, 0.8, 0.9] };
 * plot.trainingHistory(history).description; // 'Training history: loss, accuracy over 3 epochs'
 * ```
 */
export function trainingHistory(history: HistoryLike, options: TrainingHistoryPlotOptions = {}): Plot {
  checkPlotOptions('trainingHistory', options, ['metrics', 'xTitle']);
  const inner = history.history;
  const lists = (
    typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? inner : history
  ) as HistoryLike;
  const isList = (value: unknown): value is ArrayLike<number> =>
    (Array.isArray(value) || ArrayBuffer.isView(value)) &&
    (value as ArrayLike<unknown>).length > 0 &&
    typeof (value as ArrayLike<unknown>)[0] === 'number';
  const own = { ...lists, ...(isList(history.trainScore) && { trainScore: history.trainScore }) };
  const lines = Object.entries(own)
    .filter((entry): entry is [string, ArrayLike<number>] => isList(entry[1]) && entry[0] !== 'epoch')
    .map(([name, values]) => ({ ...seriesOf(name), values }));
  const metrics = [...new Set(lines.map(({ metric }) => metric))].filter(
    (metric) => options.metrics === undefined || options.metrics.includes(metric),
  );
  if (metrics.length === 0) {
    const message = `plot.trainingHistory: there is no list of numbers${options.metrics ? ` called ${options.metrics.map(show).join(', ')}` : ''}.`;
    throw new ValidationError('ERR_EMPTY', message);
  }
  const names = ['Training', 'Validation'];
  const legend = { title: null, orient: 'bottom', symbolType: 'stroke' };
  const shown = names.filter((_, k) => lines.some(({ held }) => held === (k === 1)));
  const panels = metrics.map((metric) => {
    const values = lines
      .filter((line) => line.metric === metric)
      .flatMap(({ held, values }) =>
        Array.from(values, (value, k) => ({ epoch: k + 1, value, series: names[held ? 1 : 0] })),
      )
      .filter(({ value }) => Number.isFinite(value));
    return {
      data: { values },
      width: options.width ?? 340,
      height: options.height ?? 240,
      mark: { type: 'line', ...(values.length <= 60 && { point: { size: 30 } }) },
      encoding: {
        x: {
          ...{ field: 'epoch', type: 'quantitative', title: options.xTitle ?? 'Epoch' },
          axis: { tickMinStep: 1, format: 'd' },
          scale: { zero: false, nice: false },
        },
        y: { field: 'value', type: 'quantitative', title: metric, scale: { zero: false } },
        color: { field: 'series', type: 'nominal', scale: { domain: shown }, legend },
        strokeDash: dashed(shown, legend),
      },
    };
  });
  const epochs = Math.max(...lines.map(({ values }) => values.length));
  const title = 'Training history';
  const description = `${options.title || title}: ${metrics.join(', ')} over ${epochs} epochs`;
  const frame = { title, description };
  if (panels.length === 1) {
    const { width, height, ...panel } = panels[0];
    return framed(options, { ...frame, width, height }, panel);
  }
  return framed({ ...options, width: undefined, height: undefined }, frame, {
    columns: 2,
    concat: panels,
    spacing: 28,
  });
}
