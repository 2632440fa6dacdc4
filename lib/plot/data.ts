/** A look at data and at what models made of it: histograms, correlations, silhouettes, residuals. */
import { encodeTargets, type Label } from '../core/labels.js';
import { Matrix, type MatrixLike, type NumericMatrixLike } from '../core/matrix.js';
import { show } from '../core/params.js';
import { type Cell, type Column, isMissing, isTable, tableToColumns } from '../core/table.js';
import { type CorrelationOptions, correlation } from '../datasets/explore.js';
import { ValidationError } from '../errors.js';
import { toNumbers } from '../metrics/input.js';
import { checkPlotOptions, coloursOf, evenly, framed, type Plot, type PlotOptions } from './spec.js';

/** Columns of a table or a matrix by name. */
export function columnsOf(
  X: MatrixLike,
  featureNames?: readonly string[],
): { names: string[]; columns: Column[]; rows: number } {
  if (isTable(X)) return tableToColumns(X);
  const { data, rows, cols } = Matrix.from(X as NumericMatrixLike);
  const columns = Array.from({ length: cols }, (_, j) =>
    Float64Array.from({ length: rows }, (_, i) => data[i * cols + j]),
  );
  return { names: columns.map((_, j) => featureNames?.[j] ?? `x${j}`), columns, rows };
}

/** Options of {@link histograms}. */
export interface HistogramsOptions extends PlotOptions {
  /** Which columns, by name, in order. Default: all. */
  readonly columns?: readonly string[];
  /** Names of the columns of a matrix. Default: x0, x1, … */
  readonly featureNames?: readonly string[];
  /** About how many bars a column of numbers gets, from 2 to 200. Default 20. */
  readonly bins?: number;
  /** One label per row: bars are stacked by them. At most 8 labels. */
  readonly by?: ArrayLike<Label>;
  /** Panels in a row, >= 1. Default: 3, or fewer for fewer columns. */
  readonly perRow?: number;
}

/** Categories of a text column beyond the commonest are one bar. */
const MOST_CATEGORIES = 20;

/** Thousands as 2.5k, smaller numbers as they are. */
const SHORT = "abs(datum.value) >= 1000 ? format(datum.value, '~s') : format(datum.value, '.6~g')";

/** As 250k, and 0 without the letter that all others have. */
const PREFIXED = { format: '~s', labelExpr: "datum.value === 0 ? '0' : datum.label" };

interface Bin {
  readonly low: number;
  readonly high: number;
  readonly count: number;
  readonly by?: string;
}

/** A step of 1, 2 or 5 times a power of ten that cuts a span into about so many bins. */
function niceStep(span: number, bins: number): number {
  const raw = span / bins;
  const power = 10 ** Math.floor(Math.log10(raw));
  return power * ([1, 2, 5].find((factor) => factor * power >= raw * 0.999) ?? 10);
}

function binNumbers(column: Column, bins: number, groups: readonly string[] | undefined): Bin[] {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < column.length; i++) {
    const value = Number(column[i]);
    if (isMissing(column[i]) || !Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [];
  if (high - low === Infinity)
    throw new ValidationError(
      'ERR_INPUT_INFINITE',
      'plot.histograms: the range of a column overflows; scale it.',
    );
  // Axes have no ticks for less than this.
  const differ = high - low > 1e-290;
  const step = differ ? niceStep(high - low, bins) : 1;
  const start = differ ? Math.floor(low / step + 1e-9) * step : low - 0.5;
  const n = differ ? Math.max(1, Math.ceil((high - start) / step - 1e-9)) : 1;
  const counts = new Map<string | undefined, Float64Array>();
  for (let i = 0; i < column.length; i++) {
    const value = Number(column[i]);
    if (isMissing(column[i]) || !Number.isFinite(value)) continue;
    const group = groups?.[i];
    let own = counts.get(group);
    if (own === undefined) {
      own = new Float64Array(n);
      counts.set(group, own);
    }
    own[Math.min(n - 1, Math.floor((value - start) / step))]++;
  }
  return [...counts].flatMap(([by, own]) =>
    Array.from(own, (count, k) => ({
      low: Number((start + k * step).toPrecision(12)),
      high: Number((start + (k + 1) * step).toPrecision(12)),
      count,
      ...(by !== undefined && { by }),
    })).filter(({ count }) => count > 0),
  );
}

function countCategories(
  column: Column,
  groups: readonly string[] | undefined,
): { values: object[]; names: string[] } {
  const totals = new Map<string, number>();
  const nameOf = (cell: Cell) => (isMissing(cell) ? 'missing' : String(cell));
  for (let i = 0; i < column.length; i++)
    totals.set(nameOf(column[i]), (totals.get(nameOf(column[i])) ?? 0) + 1);
  const sorted = [...totals].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  const names = sorted.slice(0, sorted.length > MOST_CATEGORIES ? MOST_CATEGORIES - 1 : MOST_CATEGORIES);
  const known = new Set(names);
  const other = `${sorted.length - names.length} others`;
  if (known.size < sorted.length) names.push(other);
  const counts = new Map<string, { name: string; count: number; by?: string }>();
  for (let i = 0; i < column.length; i++) {
    const own = nameOf(column[i]);
    const name = known.has(own) ? own : other;
    const by = groups?.[i];
    const key = JSON.stringify([name, by]);
    const found = counts.get(key);
    if (found) found.count++;
    else counts.set(key, { name, count: 1, ...(by !== undefined && { by }) });
  }
  return { values: [...counts.values()], names };
}

/**
 * How the values of each column spread: bars of numbers, and of text how often each value stands there.
 *
 * @param X - a table or a matrix
 * @throws {ERR_UNKNOWN_COLUMN} for a column that is not there
 * @throws {ERR_SHAPE} when `by` has another length
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { plot } from 'boreal';
 * const panels = plot.histograms({ rooms: [1, 2, 2, 3], town: ['Oslo', 'Rome', 'Oslo', null] });
 * panels.concat.length; // 2
 * ```
 */
export function histograms(X: MatrixLike, options: HistogramsOptions = {}): Plot {
  checkPlotOptions('histograms', options, ['columns', 'featureNames', 'bins', 'by', 'perRow']);
  const { bins = 20, by } = options;
  const all = columnsOf(X, options.featureNames);
  const wanted = options.columns ?? all.names;
  const { perRow = Math.min(3, wanted.length) } = options;
  const whole = (name: string, value: number, low: number, high: number) => {
    if (Number.isInteger(value) && value >= low && value <= high) return;
    const message = `plot.histograms: '${name}' must be a whole number from ${low} to ${high}; got ${show(value)}.`;
    throw new ValidationError('ERR_PARAMETER', message);
  };
  whole('bins', bins, 2, 200);
  whole('perRow', perRow, 1, 100);
  if (by !== undefined && by.length !== all.rows)
    throw new ValidationError('ERR_SHAPE', `X has ${all.rows} rows, but 'by' ${by.length} labels.`);
  const groups = by && Array.from(by, String);
  const labels = groups && [...new Set(groups)].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  if (labels !== undefined && labels.length > 8)
    throw new ValidationError(
      'ERR_LABELS',
      `plot.histograms: 'by' has ${labels.length} labels; at most 8 are told apart.`,
    );
  const color = labels && {
    color: {
      ...{ field: 'by', type: 'nominal', scale: { domain: labels } },
      legend: { title: null, orient: 'bottom' },
    },
  };
  const panels = wanted.map((name) => {
    const j = all.names.indexOf(name);
    if (j < 0) throw new ValidationError('ERR_UNKNOWN_COLUMN', `X has no column ${show(name)}.`);
    const column = all.columns[j];
    const size = { width: options.width ?? 210, height: options.height ?? 130 };
    const y = { field: 'count', type: 'quantitative', title: null, axis: { tickCount: 4, ...PREFIXED } };
    if (isText(column)) {
      const { values, names } = countCategories(column, groups);
      return {
        ...{ title: { text: name, fontSize: 12.5 }, data: { values }, mark: { type: 'bar' } },
        ...size,
        encoding: {
          y: {
            field: 'name',
            type: 'nominal',
            scale: { domain: names },
            title: null,
            axis: { ticks: false, labelLimit: 130 },
          },
          x: { ...y },
          ...color,
        },
      };
    }
    return {
      title: { text: name, fontSize: 12.5 },
      data: { values: binNumbers(column, bins, groups) },
      mark: { type: 'bar', binSpacing: 1 },
      ...size,
      encoding: {
        x: {
          ...{ field: 'low', type: 'quantitative', bin: { binned: true }, title: null },
          axis: { tickCount: 5, labelOverlap: true, labelSeparation: 6, labelExpr: SHORT },
        },
        x2: { field: 'high' },
        y,
        ...color,
      },
    };
  });
  const frame = { title: 'Histograms', description: `Histograms of ${wanted.slice(0, 10).join(', ')}` };
  return framed({ ...options, width: undefined, height: undefined }, frame, {
    columns: perRow,
    concat: panels,
    spacing: 24,
  });
}

function isText(column: Column): boolean {
  if (ArrayBuffer.isView(column)) return false;
  for (let i = 0; i < column.length; i++) if (!isMissing(column[i])) return typeof column[i] !== 'number';
  return true;
}

/** Options of {@link correlationHeatmap}. */
export interface CorrelationHeatmapOptions extends PlotOptions, CorrelationOptions {
  /** Names of the columns of a matrix. Default: x0, x1, … */
  readonly featureNames?: readonly string[];
}

/**
 * The correlation of each pair of columns of numbers, from -1 to 1. Rows where a value is missing are left out, pair by pair.
 *
 * @param X - a table, whose text is left out, or a matrix
 * @param options - `method`: 'pearson' (default), 'spearman' or 'kendall'
 * @throws {ERR_EMPTY} when there is no column of numbers
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { plot } from 'boreal';
 * const heat = plot.correlationHeatmap({ rooms: [1, 2, 3], price: [10, 20, 30], town: ['a', 'b', 'c'] });
 * heat.data.values.length; // 4
 * ```
 */
export function correlationHeatmap(X: MatrixLike, options: CorrelationHeatmapOptions = {}): Plot {
  checkPlotOptions('correlationHeatmap', options, ['method', 'featureNames']);
  const { method = 'pearson' } = options;
  const { names: all, columns } = columnsOf(X, options.featureNames);
  const table = Object.fromEntries(all.map((name, j) => [name, columns[j]]));
  const matrix = correlation(table, { method });
  const names = Object.keys(matrix);
  const values = names.flatMap((row) =>
    names.map((column) => {
      const value = matrix[row][column];
      const isNumber = Number.isFinite(value);
      return {
        row,
        column,
        value: isNumber ? value : null,
        text: isNumber ? value.toFixed(2).replace('-', '−') : '',
      };
    }),
  );
  const colours = coloursOf(options);
  const cell = names.length > 16 ? 22 : names.length > 10 ? 36 : 48;
  const side = Math.max(160, cell * names.length);
  const title = 'Correlations';
  const subtitle = method === 'pearson' ? undefined : method === 'spearman' ? "Spearman's" : "Kendall's";
  const axis = { ticks: false, domain: false, labelPadding: 6 };
  return framed(
    options,
    { title, subtitle, width: options.width ?? side, height: options.height ?? side },
    {
      data: { values },
      encoding: {
        x: {
          field: 'column',
          type: 'nominal',
          scale: { domain: names },
          title: null,
          axis: { ...axis, labelAngle: -40 },
        },
        y: { field: 'row', type: 'nominal', scale: { domain: names }, title: null, axis },
      },
      layer: [
        {
          mark: { type: 'rect', stroke: colours.background },
          encoding: {
            color: {
              ...{ field: 'value', type: 'quantitative', title: null },
              scale: { domain: [-1, 0, 1], range: colours.diverging },
              legend: { gradientLength: Math.min(side, 200) },
            },
          },
        },
        ...(names.length <= 16
          ? [
              {
                mark: { type: 'text', fontSize: names.length > 10 ? 10 : 12 },
                encoding: {
                  text: { field: 'text', type: 'nominal' },
                  color: {
                    condition: { test: 'abs(datum.value) > 0.62', value: colours.overStrong },
                    value: colours.overPale,
                  },
                },
              },
            ]
          : []),
      ],
    },
  );
}

/**
 * How well each row lies in its cluster: its silhouette (Rousseeuw, 1987), sorted within its cluster, with the mean as a dashed
 * rule. Rows below 0 are nearer to another cluster.
 *
 * @param samples - the silhouette of each row, in [-1, 1]
 * @param labels - the cluster of each row
 * @throws {ERR_SHAPE | ERR_EMPTY} when lengths differ or there are no rows
 * @throws {ERR_DTYPE | ERR_INPUT_NAN | ERR_INPUT_INFINITE} for samples that are not finite numbers: rows of X have their `silhouetteSamples`
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { plot } from 'boreal';
 * plot.silhouette([0.8, 0.6, 0.7, 0.5], [0, 0, 1, 1]).description; // 'Silhouettes of 2 clusters, mean 0.65'
 * ```
 */
export function silhouette(
  samples: ArrayLike<number>,
  labels: ArrayLike<Label>,
  options: PlotOptions = {},
): Plot {
  checkPlotOptions('silhouette', options);
  const all = toNumbers(samples, 'plot.silhouette: what silhouetteSamples(X, labels) gives,');
  if (all.length !== labels.length)
    throw new ValidationError(
      'ERR_SHAPE',
      `There are ${all.length} silhouettes, but ${labels.length} labels.`,
    );
  if (all.length === 0) throw new ValidationError('ERR_EMPTY', 'There are no silhouettes.');
  const clusters = [...new Set(Array.from(labels))].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  const gap = Math.max(1, Math.round(all.length * 0.015));
  let y = 0;
  const middles: { y: number; name: string }[] = [];
  const values = clusters.flatMap((cluster) => {
    const own = Array.from(all)
      .filter((_, i) => labels[i] === cluster)
      .sort((a, b) => b - a);
    const from = y;
    y += own.length + gap;
    middles.push({ y: from + own.length / 2, name: `${cluster} (${own.length})` });
    const step = Math.max(1, Math.floor(own.length / 1000));
    return own
      .filter((_, k) => k % step === 0)
      .map((value, k) => ({
        value,
        zero: 0,
        low: from + k * step,
        high: from + Math.min(own.length, (k + 1) * step),
        name: String(cluster),
      }));
  });
  const scale = { domain: [y, 0], nice: false };
  return framed(
    options,
    {
      title: 'Silhouettes',
      subtitle: `mean ${mean.toFixed(3)}`,
      description: `Silhouettes of ${clusters.length} clusters, mean ${Number(mean.toFixed(3))}`,
      width: options.width ?? 440,
      height: options.height ?? Math.max(240, 46 * clusters.length),
    },
    {
      layer: [
        {
          data: { values },
          mark: { type: 'rect' },
          encoding: {
            x: { field: 'zero', type: 'quantitative', title: 'Silhouette' },
            x2: { field: 'value' },
            y: { field: 'low', type: 'quantitative', scale, axis: null },
            y2: { field: 'high' },
            color: { field: 'name', type: 'nominal', scale: { domain: clusters.map(String) }, legend: null },
          },
        },
        {
          data: { values: middles },
          mark: { type: 'text', align: 'right', dx: -8 },
          encoding: {
            y: { field: 'y', type: 'quantitative', scale },
            x: { value: 0 },
            text: { field: 'name', type: 'nominal' },
          },
        },
        {
          data: { values: [{ mean }] },
          mark: { type: 'rule', strokeDash: [5, 4], strokeWidth: 1.5, color: coloursOf(options).text },
          encoding: { x: { field: 'mean', type: 'quantitative' } },
        },
      ],
    },
  );
}

/** Options of {@link residuals}. */
export interface ResidualsOptions extends PlotOptions {
  /** Residuals against predictions (default), or true values against predictions. */
  readonly kind?: 'residualsVsPredicted' | 'actualVsPredicted';
}

/** A plot of more points than this draws evenly chosen rows. */
const MOST_POINTS = 2500;

/**
 * What a regressor gets wrong: true value less prediction, against the prediction; or true values against predictions. On the
 * dashed line predictions are right.
 *
 * @param yTrue - true values
 * @param yPred - predictions
 * @throws {ERR_SHAPE | ERR_EMPTY | ERR_DTYPE} when lengths differ, there are no rows or a value is no number
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { plot } from 'boreal';
 * plot.residuals([1, 2, 3], [1.5, 2, 2]).title; // { text: 'Residuals' }
 * ```
 */
export function residuals(
  yTrue: ArrayLike<number>,
  yPred: ArrayLike<number>,
  options: ResidualsOptions = {},
): Plot {
  checkPlotOptions('residuals', options, ['kind']);
  const { kind = 'residualsVsPredicted' } = options;
  if (kind !== 'residualsVsPredicted' && kind !== 'actualVsPredicted')
    throw new ValidationError(
      'ERR_PARAMETER',
      `plot.residuals: 'kind' must be 'residualsVsPredicted' or 'actualVsPredicted'; got ${show(kind)}.`,
    );
  if (yPred.length === 0) throw new ValidationError('ERR_EMPTY', 'There are no predictions.');
  const truth = encodeTargets(yTrue, yPred.length);
  const predictions = toNumbers(yPred, 'yPred');
  const actual = kind === 'actualVsPredicted';
  const values = evenly(truth.length, MOST_POINTS).map((i) => ({
    predicted: predictions[i],
    y: actual ? truth[i] : truth[i] - predictions[i],
  }));
  const low = Math.min(...values.map(({ predicted }) => predicted));
  const high = Math.max(...values.map(({ predicted }) => predicted));
  const line = [low, high].map((at) => ({ predicted: at, y: actual ? at : 0 }));
  return framed(
    options,
    {
      title: actual ? 'True and predicted values' : 'Residuals',
      width: options.width ?? 460,
      height: options.height ?? (actual ? 460 : 300),
    },
    {
      encoding: {
        x: {
          field: 'predicted',
          type: 'quantitative',
          title: 'Predicted',
          scale: { zero: false },
          axis: PREFIXED,
        },
        y: {
          ...{ field: 'y', type: 'quantitative', title: actual ? 'True' : 'True less predicted' },
          ...{ scale: { zero: false }, axis: PREFIXED },
        },
      },
      layer: [
        {
          data: { values },
          mark: {
            type: 'point',
            size: values.length > 1000 ? 12 : 26,
            opacity: values.length > 1000 ? 0.45 : 0.7,
          },
        },
        {
          data: { values: line },
          mark: { type: 'line', strokeDash: [5, 4], strokeWidth: 1.75, color: coloursOf(options).text },
        },
      ],
    },
  );
}
