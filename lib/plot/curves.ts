/** Curves of scores that rank rows: ROC, precision and recall, calibration. */
import { compareLabels, type Label } from '../core/labels.js';
import { isMatrixShaped } from '../core/matrix.js';
import { show } from '../core/params.js';
import { ValidationError } from '../errors.js';
import { calibrationCurve as calibration } from '../metrics/calibration.js';
import { precisionRecallCurve as precisionRecall, rocCurve as roc } from '../metrics/curves.js';
import { columnOf, type Labels, type MatrixInput, toGrid } from '../metrics/input.js';
import { averagePrecision, rocAucScore } from '../metrics/ranking.js';
import { checkPlotOptions, coloursOf, dashed, framed, type Plot, type PlotOptions, unique } from './spec.js';

/**
 * Scores of one model: one per row, higher for the positive class; or what `predictProba` gives, [rows, classes].
 * Of several models: an object from their names to such.
 */
export type CurveScores =
  | ArrayLike<number>
  | MatrixInput
  | Readonly<Record<string, ArrayLike<number> | MatrixInput>>;

/** Options of the curves of scores. */
export interface CurvePlotOptions extends PlotOptions {
  /** The class that high scores speak for. Default: of two classes the larger; of more each in turn, one against the rest. */
  readonly posLabel?: Label;
  /** The classes that the columns of a matrix stand for. Default: the sorted labels of yTrue. */
  readonly classes?: readonly Label[];
  /** What classes are called in the plot, in their order. Default: the labels themselves. */
  readonly targetNames?: readonly string[];
  /** One weight >= 0 per row. */
  readonly sampleWeight?: ArrayLike<number>;
}

/** One line: which rows are positive, and how they were scored. */
interface Series {
  readonly name: string;
  readonly truth: boolean[];
  readonly scores: Float64Array;
}

const OWN = ['posLabel', 'classes', 'targetNames', 'sampleWeight'];
/** A line of more points than this is not told apart from one of as many. */
const MOST_POINTS = 1000;

function isNamed(scores: CurveScores): scores is Readonly<Record<string, ArrayLike<number>>> {
  return (
    typeof scores === 'object' &&
    scores !== null &&
    !Array.isArray(scores) &&
    !ArrayBuffer.isView(scores) &&
    !isMatrixShaped(scores)
  );
}

function seriesOf(yTrue: Labels, scores: CurveScores, options: CurvePlotOptions): Series[] {
  const classes = options.classes ?? [...new Set(Array.from(yTrue))].sort(compareLabels);
  const { posLabel } = options;
  if (classes.length < 2)
    throw new ValidationError('ERR_LABELS', `A curve needs two classes; yTrue has ${classes.length}.`);
  if (posLabel !== undefined && !classes.includes(posLabel))
    throw new ValidationError('ERR_PARAMETER', `posLabel ${show(posLabel)} is no class of yTrue.`);
  if (isNamed(scores)) {
    const names = Object.keys(scores);
    if (names.length === 0) throw new ValidationError('ERR_EMPTY', 'There are no scores.');
    return names.flatMap((name) => {
      const own = seriesOfOne(yTrue, scores[name], classes, options);
      return own.map((series) => ({ ...series, name: own.length > 1 ? `${name}: ${series.name}` : name }));
    });
  }
  return seriesOfOne(yTrue, scores as ArrayLike<number> | MatrixInput, classes, options);
}

function seriesOfOne(
  yTrue: Labels,
  scores: ArrayLike<number> | MatrixInput,
  classes: readonly Label[],
  { posLabel, targetNames }: CurvePlotOptions,
): Series[] {
  const grid = toGrid(scores, 'yScore');
  if (yTrue.length !== grid.rows) {
    const message = `yTrue has ${yTrue.length} labels, but yScore ${grid.rows} rows.`;
    throw new ValidationError('ERR_SHAPE', message);
  }
  const of = (label: Label, column: number): Series => ({
    name: targetNames?.[classes.indexOf(label)] ?? String(label),
    truth: Array.from(yTrue, (each) => each === label),
    scores: columnOf(grid, column),
  });
  if (grid.cols === 1 && classes.length > 2 && posLabel === undefined)
    throw new ValidationError(
      'ERR_SHAPE',
      'Of more than two classes, yScore has a column for each, or posLabel names one.',
    );
  if (grid.cols === 1) return [of(posLabel ?? classes[classes.length - 1], 0)];
  if (grid.cols !== classes.length)
    throw new ValidationError(
      'ERR_SHAPE',
      `yScore has ${grid.cols} columns, but there are ${classes.length} classes.`,
    );
  if (posLabel !== undefined) return [of(posLabel, classes.indexOf(posLabel))];
  if (grid.cols === 2) return [of(classes[1], 1)];
  return classes.map(of);
}

/** The indices of at most MOST_POINTS points, the ends among them. */
function thinned(length: number): number[] {
  const n = Math.min(length, MOST_POINTS);
  return Array.from({ length: n }, (_, k) => (n === 1 ? 0 : Math.round((k * (length - 1)) / (n - 1))));
}

function pointsOf(x: Float64Array, y: Float64Array, series: string): object[] {
  return thinned(x.length).map((k, order) => ({ x: x[k], y: y[k], series, order }));
}

const unit = { domain: [0, 1], nice: false };

/** A square plot of lines over [0, 1] squared. */
function unitPlot(
  options: PlotOptions,
  frame: {
    title: string;
    xTitle: string;
    yTitle: string;
    stepped?: boolean;
    points?: boolean;
  },
  values: object[],
  names: readonly string[],
  below: object[],
): Plot {
  const color = {
    field: 'series',
    type: 'nominal',
    scale: { domain: names },
    legend: { title: null, orient: 'bottom', direction: 'vertical', symbolType: 'stroke' },
  };
  const description = `${options.title || frame.title}. ${names.join('. ')}`;
  const line = {
    type: 'line',
    ...(frame.stepped && { interpolate: 'step-after' }),
    ...(frame.points && { point: { size: 42 } }),
  };
  return framed(
    options,
    { title: frame.title, description, width: options.width ?? 380, height: options.height ?? 380 },
    {
      layer: [
        ...below,
        {
          data: { values },
          mark: line,
          encoding: {
            x: { field: 'x', type: 'quantitative', scale: unit, title: frame.xTitle },
            y: { field: 'y', type: 'quantitative', scale: unit, title: frame.yTitle },
            order: { field: 'order', type: 'quantitative' },
            color,
            ...(names.length > 1 && { strokeDash: dashed(names, color.legend) }),
          },
        },
      ],
    },
  );
}

const diagonal = (colours: { muted: string }) => ({
  data: {
    values: [
      { x: 0, y: 0 },
      { x: 1, y: 1 },
    ],
  },
  mark: { type: 'line', strokeDash: [4, 4], strokeWidth: 1.25, color: colours.muted },
  encoding: { x: { field: 'x', type: 'quantitative' }, y: { field: 'y', type: 'quantitative' } },
});

/**
 * The receiver operating characteristic, with the area under it: of one model or several, of two classes or each of more
 * against the rest. The dashed diagonal is what guessing gives.
 *
 * @param yTrue - true labels
 * @param yScore - scores of one model or of several by name, see {@link CurveScores}
 * @throws {ERR_SHAPE | ERR_LABELS | ERR_EMPTY} when labels and scores do not fit each other
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { plot } from 'boreal';
 * const roc = plot.rocCurve([0, 0, 1, 1], { forest: [0.1, 0.4, 0.35, 0.8], guess: [0.5, 0.5, 0.5, 0.5] });
 * roc.description; // 'ROC curve. forest (AUC 0.750). guess (AUC 0.500)'
 * ```
 */
export function rocCurve(yTrue: Labels, yScore: CurveScores, options: CurvePlotOptions = {}): Plot {
  checkPlotOptions('rocCurve', options, OWN);
  const { sampleWeight } = options;
  const series = seriesOf(yTrue, yScore, options);
  const names = unique(
    series.map(
      ({ name, truth, scores }) => `${name} (AUC ${rocAucScore(truth, scores, { sampleWeight }).toFixed(3)})`,
    ),
  );
  const values = series.flatMap(({ truth, scores }, k) => {
    const { fpr, tpr } = roc(truth, scores, { posLabel: true, sampleWeight });
    return pointsOf(fpr, tpr, names[k]);
  });
  const frame = {
    title: 'ROC curve',
    xTitle: 'False positive rate',
    yTitle: 'True positive rate',
  };
  return unitPlot(options, frame, values, names, [diagonal(coloursOf(options))]);
}

/**
 * Precision against recall, with the average precision: of one model or several, of two classes or each of more against the
 * rest. Of a single line, the dashed rule is the share of positive rows, which is the precision of guessing.
 *
 * @param yTrue - true labels
 * @param yScore - scores of one model or of several by name, see {@link CurveScores}
 * @throws {ERR_SHAPE | ERR_LABELS | ERR_EMPTY} when labels and scores do not fit each other
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { plot } from 'boreal';
 * const curve = plot.precisionRecallCurve(['ham', 'ham', 'spam', 'spam'], [0.1, 0.4, 0.35, 0.8]);
 * curve.description; // 'Precision and recall. spam (AP 0.833)'
 * ```
 */
export function precisionRecallCurve(
  yTrue: Labels,
  yScore: CurveScores,
  options: CurvePlotOptions = {},
): Plot {
  checkPlotOptions('precisionRecallCurve', options, OWN);
  const { sampleWeight } = options;
  const series = seriesOf(yTrue, yScore, options);
  const names = unique(
    series.map(({ name, truth, scores }) => {
      const ap = averagePrecision(truth, scores, { posLabel: true, sampleWeight });
      return `${name} (AP ${ap.toFixed(3)})`;
    }),
  );
  const values = series.flatMap(({ truth, scores }, k) => {
    const { precision, recall } = precisionRecall(truth, scores, { posLabel: true, sampleWeight });
    return pointsOf(recall.reverse(), precision.reverse(), names[k]);
  });
  const [{ truth }] = series;
  const weight = (i: number) => sampleWeight?.[i] ?? 1;
  const total = truth.reduce((sum, _, i) => sum + weight(i), 0);
  const positive = truth.reduce((sum, is, i) => sum + (is ? weight(i) : 0), 0) / total;
  const chance = {
    data: { values: [{ y: positive }] },
    mark: { type: 'rule', strokeDash: [4, 4], strokeWidth: 1.25, color: coloursOf(options).muted },
    encoding: { y: { field: 'y', type: 'quantitative' } },
  };
  const alike = series.every((each) => each.truth.every((is, i) => is === truth[i]));
  const frame = {
    ...{ title: 'Precision and recall', xTitle: 'Recall', yTitle: 'Precision' },
    // The precision at a threshold holds until the recall of the next one (Davis and Goadrich, 2006).
    stepped: true,
  };
  return unitPlot(options, frame, values, names, alike ? [chance] : []);
}

/** Options of {@link calibrationCurve}. */
export interface CalibrationPlotOptions extends CurvePlotOptions {
  /** Number of bins, >= 1. Default 10. */
  readonly nBins?: number;
  /** Bins of equal width ('uniform', the default) or of as many rows each ('quantile'). */
  readonly strategy?: 'uniform' | 'quantile';
}

/**
 * How often what was given a probability came to pass: the share of positive rows against the mean probability, by bins of
 * the probability. On the dashed diagonal probabilities are what they say.
 *
 * @param yTrue - true labels
 * @param yProba - probabilities of one model or of several by name, see {@link CurveScores}
 * @throws {ERR_SHAPE | ERR_LABELS | ERR_EMPTY} when labels and probabilities do not fit each other
 * @throws {ERR_PARAMETER} for a bad option or a probability out of [0, 1]
 * @example
 * ```ts
 * import { plot } from 'boreal';
 * const curve = plot.calibrationCurve([0, 0, 1, 1], [0.1, 0.4, 0.6, 0.9], { nBins: 2 });
 * curve.title; // { text: 'Calibration' }
 * ```
 */
export function calibrationCurve(
  yTrue: Labels,
  yProba: CurveScores,
  options: CalibrationPlotOptions = {},
): Plot {
  checkPlotOptions('calibrationCurve', options, [...OWN, 'nBins', 'strategy']);
  const { nBins, strategy } = options;
  const series = seriesOf(yTrue, yProba, options);
  const names = unique(series.map(({ name }) => name));
  const values = series.flatMap(({ truth, scores }, k) => {
    const { probTrue, probPred } = calibration(truth, scores, {
      nBins,
      strategy,
      sampleWeight: options.sampleWeight,
    });
    return pointsOf(probPred, probTrue, names[k]);
  });
  const frame = {
    ...{ title: 'Calibration', xTitle: 'Mean predicted probability', yTitle: 'Share of positive rows' },
    points: true,
  };
  return unitPlot(options, frame, values, names, [diagonal(coloursOf(options))]);
}
