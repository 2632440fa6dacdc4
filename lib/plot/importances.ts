/** What a model relies on: importances of features, and Shapley values (Lundberg and Lee, 2017) as the package shap draws them. */
import { Estimator } from '../core/estimator.js';
import { importancesOf } from '../core/importances.js';
import type { Matrix } from '../core/matrix.js';
import { show } from '../core/params.js';
import { ValidationError } from '../errors.js';
import { lastStep } from '../inspection/last-step.js';
import type { TreeShapValues } from '../inspection/tree-shap.js';
import { checkPlotOptions, coloursOf, evenly, framed, type Plot, type PlotOptions, unique } from './spec.js';

/** Options of plots of features. */
export interface FeaturePlotOptions extends PlotOptions {
  /** How many features to show, the largest, >= 1. */
  readonly maxDisplay?: number;
  /** What the features are called, in their order. Default: as the model or the importances have it. */
  readonly featureNames?: readonly string[];
}

/**
 * Importances by feature: what `featureImportances` and `permutationImportance` return, an object from names to numbers, numbers
 * alone, or a fitted model that has importances or coefficients of its own.
 */
export type ImportancesLike =
  | Estimator
  | ArrayLike<number>
  | {
      readonly importances: Float64Array;
      readonly featureNames: readonly string[];
      readonly importancesStd?: Float64Array;
    }
  | {
      readonly importancesMean: Float64Array;
      readonly importancesStd: Float64Array;
      readonly featureNames: readonly string[];
    }
  | Readonly<Record<string, number>>;

interface NamedValue {
  readonly name: string;
  readonly value: number;
  readonly std?: number;
}

function listOf(given: ImportancesLike, names: readonly string[] | undefined): NamedValue[] {
  if (given instanceof Estimator) {
    const last = lastStep(given) as Estimator;
    const importances = importancesOf(last, 'absolute');
    return listOf({ importances, featureNames: last.schema.columns.map(({ name }) => name) }, names);
  }
  if (Array.isArray(given) || ArrayBuffer.isView(given)) {
    const importances = Float64Array.from(given as ArrayLike<number>);
    return listOf({ importances, featureNames: Array.from(importances, (_, j) => `x${j}`) }, names);
  }
  const { featureNames } = given as { featureNames?: unknown };
  if (!Array.isArray(featureNames)) {
    return Object.entries(given as Record<string, number>).map(([name, value], j) => {
      if (typeof value === 'number') return { name: names?.[j] ?? name, value };
      throw new ValidationError(
        'ERR_DTYPE',
        `plot.featureImportances: '${name}' is ${show(value)}, not a number.`,
      );
    });
  }
  const { importances, importancesMean, importancesStd } = given as unknown as Record<string, Float64Array>;
  // Of permutations, `importances` is a matrix with each repeat.
  const values = importancesMean ?? importances;
  return unique(featureNames.map((name, j) => names?.[j] ?? String(name))).map((name, j) => ({
    ...{ name, value: values[j], std: importancesStd?.[j] },
  }));
}

function checkMax(owner: string, maxDisplay: number): void {
  if (Number.isInteger(maxDisplay) && maxDisplay >= 1) return;
  throw new ValidationError(
    'ERR_PARAMETER',
    `plot.${owner}: 'maxDisplay' must be a whole number >= 1; got ${show(maxDisplay)}.`,
  );
}

/**
 * Bars of the features that count most, the largest on top, with one standard deviation where it is known.
 *
 * @param importances - see {@link ImportancesLike}
 * @param options - `maxDisplay` (default 20), `featureNames`
 * @throws {ERR_NOT_SUPPORTED} for a model that has neither importances nor coefficients: shuffle them first
 * @throws {ERR_EMPTY | ERR_DTYPE} when there are none, or what is there is no number
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { plot } from 'boreal';
 * const bars = plot.featureImportances({ rooms: 0.2, town: 0.7, age: 0.1 }, { maxDisplay: 2 });
 * bars.description; // 'Feature importances: town 0.7, rooms 0.2'
 * ```
 */
export function featureImportances(importances: ImportancesLike, options: FeaturePlotOptions = {}): Plot {
  return importanceBars(importances, options, 'Importance');
}

function importanceBars(importances: ImportancesLike, options: FeaturePlotOptions, xTitle: string): Plot {
  checkPlotOptions('featureImportances', options, ['maxDisplay', 'featureNames']);
  const { maxDisplay = 20 } = options;
  checkMax('featureImportances', maxDisplay);
  const values = listOf(importances, options.featureNames)
    .sort((a, b) => b.value - a.value)
    .slice(0, maxDisplay)
    .map(({ name, value, std }) => ({
      name,
      value,
      ...(std !== undefined && { low: value - std, high: value + std }),
    }));
  if (values.length === 0)
    throw new ValidationError('ERR_EMPTY', 'plot.featureImportances: there are no features.');
  const title = 'Feature importances';
  const description = `${options.title || title}: ${values
    .slice(0, 5)
    .map(({ name, value }) => `${name} ${Number(value.toPrecision(3))}`)
    .join(', ')}`;
  const spread = {
    mark: { type: 'rule', strokeWidth: 1.5, color: coloursOf(options).text },
    encoding: {
      x: { field: 'low', type: 'quantitative', title: xTitle },
      x2: { field: 'high' },
    },
  };
  return framed(
    options,
    { title, description, width: options.width ?? 420, height: options.height ?? 24 * values.length },
    {
      data: { values },
      encoding: { y: nameAxis(values.map(({ name }) => name)) },
      layer: [
        {
          mark: { type: 'bar', cornerRadiusEnd: 2 },
          encoding: { x: { field: 'value', type: 'quantitative', title: xTitle } },
        },
        ...('low' in values[0] ? [spread] : []),
      ],
    },
  );
}

const nameAxis = (domain: readonly string[]) => ({
  ...{ field: 'name', type: 'nominal', scale: { domain }, title: null },
  axis: { ticks: false, domain: false, labelPadding: 8, grid: false },
});

/** Options of {@link shapSummary}. */
export interface ShapSummaryOptions extends FeaturePlotOptions {
  /** 'beeswarm' (default): a point for each row and feature; 'bar': means of the sizes. */
  readonly kind?: 'beeswarm' | 'bar';
  /** Which output to explain, by position. Default: the last, which is the second of two classes. */
  readonly output?: number;
}

function namesOf(shap: TreeShapValues, { featureNames }: FeaturePlotOptions): string[] {
  return unique(shap.featureNames.map((name, j) => featureNames?.[j] ?? name));
}

/** A plot of more points than this draws evenly chosen rows. */
const MOST_POINTS = 8000;

function outputOf(
  owner: string,
  shap: TreeShapValues,
  output: number | undefined,
): { values: Matrix; index: number } {
  const index = output ?? shap.values.length - 1;
  const values = shap.values[index];
  if (values !== undefined) return { values, index };
  throw new ValidationError(
    'ERR_PARAMETER',
    `plot.${owner}: 'output' must be a whole number from 0 to ${shap.values.length - 1}; got ${show(output)}.`,
  );
}

/** Features by the mean size of their values, the largest first. */
function ranking(values: Matrix): { feature: number; size: number }[] {
  const sizes = Array.from({ length: values.cols }, (_, feature) => ({ feature, size: 0 }));
  for (let k = 0; k < values.data.length; k++)
    sizes[k % values.cols].size += Math.abs(values.data[k]) / values.rows;
  return sizes.sort((a, b) => b.size - a.size);
}

/**
 * How features move predictions: for each row and feature a point at its Shapley value, coloured by the feature's value
 * ('beeswarm'), or the mean size of the values ('bar'). Features that move most stand on top.
 *
 * @param shap - what `treeShap` returns
 * @param options - `kind`, `output`, `maxDisplay` (default 15)
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { loadDiabetes, plot, RandomForestRegressor, treeShap } from 'boreal';
 * const { data, target } = loadDiabetes();
 * const forest = await new RandomForestRegressor({ nEstimators: 10, randomState: 0 }).fit(data, target);
 * const summary = plot.shapSummary(await treeShap(forest, data.slice(0, 50)), { kind: 'bar' });
 * summary.title; // { text: 'Mean size of SHAP values' }
 * ```
 */
export function shapSummary(shap: TreeShapValues, options: ShapSummaryOptions = {}): Plot {
  checkPlotOptions('shapSummary', options, ['kind', 'output', 'maxDisplay', 'featureNames']);
  const { kind = 'beeswarm', maxDisplay = 15 } = options;
  checkMax('shapSummary', maxDisplay);
  if (kind !== 'beeswarm' && kind !== 'bar')
    throw new ValidationError(
      'ERR_PARAMETER',
      `plot.shapSummary: 'kind' must be 'beeswarm' or 'bar'; got ${show(kind)}.`,
    );
  const { values, index } = outputOf('shapSummary', shap, options.output);
  const top = ranking(values).slice(0, maxDisplay);
  const label = shap.classes[index];
  const subtitle = label === undefined ? undefined : `of class ${label}`;
  if (kind === 'bar') {
    const names = namesOf(shap, options);
    const bars = {
      importances: Float64Array.from(top, ({ size }) => size),
      featureNames: top.map(({ feature }) => names[feature]),
    };
    const titles = {
      title: 'Mean size of SHAP values',
      subtitle,
      ...without(options, ['kind', 'output', 'featureNames']),
    };
    return importanceBars(bars, { ...titles, maxDisplay }, 'Mean |SHAP value|');
  }
  return beeswarm(
    shap,
    values,
    top.map(({ feature }) => feature),
    subtitle,
    options,
  );
}

function beeswarm(
  shap: TreeShapValues,
  values: Matrix,
  features: readonly number[],
  subtitle: string | undefined,
  options: ShapSummaryOptions,
): Plot {
  const all = namesOf(shap, options);
  const names = features.map((feature) => all[feature]);
  const height = options.height ?? 34 * names.length;
  const rows = evenly(values.rows, Math.max(1, Math.floor(MOST_POINTS / names.length)));
  const slot = height / names.length;
  const points = features.flatMap((feature, place) => {
    const shown = rows.map((row) => ({
      value: values.data[row * values.cols + feature],
      of: shap.data.data[row * shap.data.cols + feature],
    }));
    const shares = ranksOf(shown.map((point) => point.of));
    const shifts = swarm(shown.map(({ value }) => value));
    return shown.map(({ value, of }, k) => ({
      ...{ name: names[place], value, of: Number.isNaN(of) ? null : of, share: shares[k] },
      y: (place + 0.5 + 0.42 * shifts[k]) * slot,
    }));
  });
  const colours = coloursOf(options);
  const title = 'SHAP values';
  const description = `${options.title || title}, features that move predictions most first: ${names.slice(0, 5).join(', ')}`;
  return framed(
    options,
    { title, subtitle, description, width: options.width ?? 480, height },
    {
      layer: [
        {
          data: { values: [{ zero: 0 }] },
          mark: 'rule',
          encoding: { x: { field: 'zero', type: 'quantitative' } },
        },
        {
          data: { values: names.map((name) => ({ name })) },
          mark: { type: 'rule', strokeDash: [1, 3], strokeWidth: 1 },
          encoding: { y: nameAxis(names) },
        },
        {
          data: { values: points },
          mark: { type: 'point', size: 16, opacity: 0.85 },
          encoding: {
            x: {
              field: 'value',
              type: 'quantitative',
              title: 'SHAP value (how far it moves the prediction)',
            },
            y: { field: 'y', type: 'quantitative', scale: { domain: [height, 0], nice: false }, axis: null },
            color: {
              ...{ field: 'share', type: 'quantitative', title: 'Value of the feature' },
              scale: {
                domain: [0, 1],
                range: [colours.categories[0], colours.middling, colours.categories[1]],
              },
              legend: {
                gradientLength: 120,
                values: [0, 1],
                labelExpr: "datum.value === 0 ? 'low' : 'high'",
              },
            },
          },
        },
      ],
      resolve: { scale: { y: 'independent' }, axis: { y: 'independent' } },
    },
  );
}

/** The place of each value among all, from 0 to 1; null where it is missing. Robust against a few huge values. */
function ranksOf(values: readonly number[]): (number | null)[] {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const distinct = [...new Set(sorted)];
  const place = new Map(
    distinct.map((value, k) => [value, distinct.length > 1 ? k / (distinct.length - 1) : 0.5]),
  );
  return values.map((value) => place.get(value) ?? null);
}

/** Shifts in [-1, 1] that keep points of about one value side by side, the crowd at its widest filling the slot. */
function swarm(values: readonly number[]): number[] {
  const low = Math.min(...values);
  const width = (Math.max(...values) - low) / 90 || 1;
  const bins = new Map<number, number[]>();
  values.forEach((value, k) => {
    const bin = Math.round((value - low) / width);
    const members = bins.get(bin);
    if (members) members.push(k);
    else bins.set(bin, [k]);
  });
  const crowd = Math.max(...Array.from(bins.values(), (members) => members.length));
  const shifts = new Array<number>(values.length).fill(0);
  for (const members of bins.values()) {
    members.forEach((k, place) => {
      const side = place % 2 === 0 ? 1 : -1;
      shifts[k] = (side * Math.ceil(place / 2)) / Math.max(6, crowd / 2);
    });
  }
  return shifts.map((shift) => Math.max(-1, Math.min(1, shift)));
}

/** Without some members, and without those that are undefined. */
function without<T extends object>(options: T, names: readonly string[]): Partial<T> {
  const entries = Object.entries(options).filter(
    ([name, value]) => !names.includes(name) && value !== undefined,
  );
  return Object.fromEntries(entries) as Partial<T>;
}

/** A number with so many digits that count, and commas between thousands. */
function figure(value: number, digits: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: digits }).replace('-', '−');
}

/** Options of {@link shapWaterfall}. */
export interface ShapWaterfallOptions extends FeaturePlotOptions {
  /** The row to explain. Default 0. */
  readonly row?: number;
  /** Which output to explain, by position. Default: the last. */
  readonly output?: number;
}

/**
 * How one prediction comes about: from the base value below, feature by feature, to the score of the row on top. Features
 * that move little are one bar.
 *
 * @param shap - what `treeShap` returns
 * @param options - `row`, `output`, `maxDisplay` (default 10, bars in all)
 * @throws {ERR_PARAMETER} for a bad option or a row that is not there
 * @example
 * ```ts
 * import { loadDiabetes, plot, RandomForestRegressor, treeShap } from 'boreal';
 * const { data, target } = loadDiabetes();
 * const forest = await new RandomForestRegressor({ nEstimators: 10, randomState: 0 }).fit(data, target);
 * const waterfall = plot.shapWaterfall(await treeShap(forest, data.slice(0, 5)), { row: 2, maxDisplay: 4 });
 * waterfall.data.values.length; // 4
 * ```
 */
export function shapWaterfall(shap: TreeShapValues, options: ShapWaterfallOptions = {}): Plot {
  checkPlotOptions('shapWaterfall', options, ['row', 'output', 'maxDisplay', 'featureNames']);
  const { row = 0, maxDisplay = 10 } = options;
  checkMax('shapWaterfall', maxDisplay);
  const { values, index } = outputOf('shapWaterfall', shap, options.output);
  if (!Number.isInteger(row) || row < 0 || row >= values.rows)
    throw new ValidationError(
      'ERR_PARAMETER',
      `plot.shapWaterfall: 'row' must be a whole number from 0 to ${values.rows - 1}; got ${show(row)}.`,
    );
  const own = values.row(row);
  const order = Array.from(own.keys()).sort((a, b) => Math.abs(own[b]) - Math.abs(own[a]));
  const single = order.length <= maxDisplay ? order : order.slice(0, maxDisplay - 1);
  const rest = order.slice(single.length);
  const base = shap.baseValue[index];
  const steps = [
    ...(rest.length > 0
      ? [{ name: `${rest.length} other features`, move: rest.reduce((sum, j) => sum + own[j], 0) }]
      : []),
    ...single.reverse().map((j) => {
      const of = shap.data.data[row * shap.data.cols + j];
      return { name: `${namesOf(shap, options)[j]} = ${figure(of, 4)}`, move: own[j] as number };
    }),
  ];
  let level = base;
  const bars = steps.map(({ name, move }) => {
    const from = level;
    level += move;
    const text = `${move >= 0 ? '+' : '−'}${figure(Math.abs(move), 3)}`;
    return { name, from, to: level, end: Math.max(from, level), text, sign: move >= 0 ? 'up' : 'down' };
  });
  bars.reverse();
  const colours = coloursOf(options);
  const edges = bars.flatMap(({ from, to }) => [from, to]);
  const span = Math.max(...edges) - Math.min(...edges) || 1;
  const domain = [Math.min(...edges) - 0.04 * span, Math.max(...edges) + 0.16 * span];
  const title = 'How the prediction comes about';
  const label = shap.classes[index];
  const subtitle = `from ${figure(base, 4)}, the base value, to ${figure(level, 4)}${label === undefined ? '' : `, of class ${label}`}`;
  const x = { type: 'quantitative', scale: { domain, nice: false, zero: false }, title: 'Score' };
  const y = nameAxis(bars.map(({ name }) => name));
  return framed(
    options,
    {
      title,
      subtitle,
      description: `${options.title || title}: ${subtitle}`,
      width: options.width ?? 460,
      height: options.height ?? 30 * bars.length,
    },
    {
      data: { values: bars },
      layer: [
        {
          mark: { type: 'rule', strokeDash: [3, 3], strokeWidth: 1.25 },
          encoding: { x: { datum: base, ...x } },
        },
        {
          mark: { type: 'bar', height: 20, cornerRadius: 2 },
          encoding: {
            ...{ x: { field: 'from', ...x }, y },
            x2: { field: 'to' },
            color: {
              ...{ field: 'sign', type: 'nominal', legend: null },
              scale: { domain: ['up', 'down'], range: [colours.categories[1], colours.categories[0]] },
            },
          },
        },
        {
          mark: { type: 'text', align: 'left', dx: 5 },
          encoding: { x: { field: 'end', ...x }, y, text: { field: 'text', type: 'nominal' } },
        },
      ],
    },
  );
}
