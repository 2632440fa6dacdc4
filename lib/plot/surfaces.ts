/** How predictions depend on one feature or two: partial dependence, and the regions of a classifier. */
import { compareLabels, type Label } from '../core/labels.js';
import { Matrix, type MatrixLike } from '../core/matrix.js';
import { show } from '../core/params.js';
import type { Schema } from '../core/schema.js';
import { type Cell, isTable } from '../core/table.js';
import { ValidationError } from '../errors.js';
import type { PartialDependence } from '../inspection/partial-dependence.js';
import { columnsOf } from './data.js';
import { checkPlotOptions, coloursOf, dashed, evenly, framed, type Plot, type PlotOptions } from './spec.js';

/** Options of {@link partialDependence}. */
export interface PartialDependencePlotOptions extends PlotOptions {
  /** Which output to show, by position. Default: of one feature all of them, of two the last. */
  readonly output?: number;
  /** How many lines of single rows are drawn at most, where they are there. Default 60. */
  readonly maxLines?: number;
  /** Draws lines of single rows from 0 on, so that shapes can be compared. Default false. */
  readonly centered?: boolean;
}

/**
 * How predictions depend on a feature, on average over rows (a line, or bars of categories) and, where they were asked for,
 * of each row (thin lines); or on two features (a map).
 *
 * @param result - what `partialDependence` returns
 * @throws {ERR_PARAMETER} for a bad option
 * @example
 * ```ts
 * import { loadDiabetes, partialDependence, plot, Ridge } from 'boreal';
 * const { data, target, featureNames } = loadDiabetes();
 * const model = await new Ridge().fit(data, target);
 * const result = await partialDependence(model, data, 2, { gridResolution: 5, featureNames });
 * plot.partialDependence(result).title; // { text: 'Partial dependence on bmi' }
 * ```
 */
export function partialDependence(
  result: PartialDependence,
  options: PartialDependencePlotOptions = {},
): Plot {
  checkPlotOptions('partialDependence', options, ['output', 'maxLines', 'centered']);
  const { output } = options;
  const outputs = (result.average ?? result.individual)?.length ?? 0;
  if (output !== undefined && !(Number.isInteger(output) && output >= 0 && output < outputs))
    throw new ValidationError(
      'ERR_PARAMETER',
      `plot.partialDependence: 'output' must be a whole number from 0 to ${outputs - 1}; got ${show(output)}.`,
    );
  return result.gridValues.length === 2
    ? dependenceMap(result, options, output ?? outputs - 1)
    : dependenceLine(result, options);
}

/** Means over the rows, where only those of single rows are there. */
function averages({ average, individual }: PartialDependence): Matrix[] {
  if (average !== undefined) return average;
  return individual!.map(
    (each) =>
      new Matrix(
        Float64Array.from({ length: each.cols }, (_, k) => each.columns([k]).mean()),
        1,
        each.cols,
      ),
  );
}

function dependenceLine(result: PartialDependence, options: PartialDependencePlotOptions): Plot {
  const { maxLines = 60, centered = false, output } = options;
  const [grid] = result.gridValues;
  const [name] = result.featureNames;
  const lines = averages(result);
  const chosen = Array.from(lines.keys()).filter((k) => output === undefined || k === output);
  const nameOf = (k: number) => (result.classes.length > 0 ? String(result.classes[k]) : 'Prediction');
  const values = chosen.flatMap((k) => {
    const row = lines[k].data;
    return Array.from(grid, (x, at) => ({ x, y: row[at] - (centered ? row[0] : 0), series: nameOf(k) }));
  });
  const categorical = typeof grid[0] !== 'number';
  const names = chosen.map(nameOf);
  const legend =
    names.length > 1
      ? { title: null, orient: 'bottom', symbolType: categorical ? 'square' : 'stroke' }
      : null;
  const yTitle = `${result.classes.length > 0 ? 'Mean probability or score' : 'Mean prediction'}${centered ? ', from the first' : ''}`;
  const x = categorical
    ? {
        field: 'x',
        type: 'nominal',
        scale: { domain: Array.from(grid) },
        title: name,
        axis: { labelAngle: 0 },
      }
    : { field: 'x', type: 'quantitative', scale: { zero: false, nice: false }, title: name };
  const y = { field: 'y', type: 'quantitative', title: yTitle, scale: { zero: false } };
  const color = { field: 'series', type: 'nominal', scale: { domain: names }, legend };
  const single = result.individual?.[chosen[chosen.length - 1]];
  const spaghetti =
    single !== undefined && !categorical
      ? evenly(single.rows, maxLines).flatMap((row) => {
          const own = single.row(row);
          return Array.from(grid, (at, g) => ({ x: at, y: own[g] - (centered ? own[0] : 0), row }));
        })
      : [];
  const main = categorical
    ? {
        mark: { type: 'bar' },
        encoding: {
          x,
          y: { ...y, scale: {} },
          color,
          ...(names.length > 1 && {
            xOffset: { field: 'series', type: 'nominal', scale: { domain: names } },
          }),
        },
      }
    : {
        mark: { type: 'line', point: { size: grid.length > 40 ? 0 : 26 } },
        encoding: {
          ...{ x, y, color },
          ...(names.length > 1 && { strokeDash: dashed(names, legend) }),
        },
      };
  return framed(
    options,
    { title: `Partial dependence on ${name}`, width: options.width ?? 440, height: options.height ?? 300 },
    {
      layer: [
        ...(spaghetti.length > 0
          ? [
              {
                data: { values: spaghetti },
                mark: { type: 'line', strokeWidth: 0.8, opacity: 0.35, color: coloursOf(options).muted },
                encoding: { x, y, detail: { field: 'row', type: 'nominal' } },
              },
            ]
          : []),
        { data: { values }, ...main },
      ],
    },
  );
}

function dependenceMap(
  result: PartialDependence,
  options: PartialDependencePlotOptions,
  output: number,
): Plot {
  const [across, down] = result.gridValues;
  const [xName, yName] = result.featureNames;
  const { data } = averages(result)[output];
  const values = Array.from(across, (x, i) =>
    Array.from(down, (y, j) => ({ x, y, value: data[i * down.length + j] })),
  ).flat();
  const axisOf = (grid: ArrayLike<Cell>, title: string, angle: number) => ({
    ...{ type: 'ordinal', title, scale: { domain: Array.from(grid) } },
    axis: {
      ...{ labelAngle: angle, labelOverlap: true, ticks: false },
      ...(typeof grid[0] === 'number' && { labelExpr: "format(datum.value, '.5~g')" }),
    },
  });
  const label = result.classes.length > 0 ? result.classes[output] : undefined;
  return framed(
    options,
    {
      title: `Partial dependence on ${xName} and ${yName}`,
      ...(label !== undefined && { subtitle: `of class ${label}` }),
      width: options.width ?? 380,
      height: options.height ?? 340,
    },
    {
      data: { values },
      mark: { type: 'rect' },
      encoding: {
        x: { field: 'x', ...axisOf(across, xName, 0) },
        y: {
          field: 'y',
          ...axisOf(down, yName, 0),
          sort: 'descending',
          scale: { domain: Array.from(down), reverse: true },
        },
        color: {
          field: 'value',
          type: 'quantitative',
          title: label === undefined ? 'Mean prediction' : 'Mean score',
          scale: { zero: false },
        },
      },
    },
  );
}

/** A fitted classifier or regressor, as far as {@link decisionBoundary} asks it. */
export interface BoundaryModel {
  readonly schema: Schema;
  predict(X: MatrixLike): Promise<ArrayLike<unknown>>;
  predictProba?(X: MatrixLike): Promise<Matrix>;
}

/** Options of {@link decisionBoundary}. */
export interface DecisionBoundaryOptions extends PlotOptions {
  /** The two columns across and down, by position or name. Default: the first two. */
  readonly features?: readonly [number | string, number | string];
  /** Cells in a row and a column, from 10 to 400. Default 120. */
  readonly resolution?: number;
  /** Names of the columns of a matrix. Default: those of the model. */
  readonly featureNames?: readonly string[];
  /** What the classes are called, in their order. Default: the labels themselves. */
  readonly targetNames?: readonly string[];
}

/** A plot of more points than this draws evenly chosen rows. */
const MOST_POINTS = 2000;

/**
 * Where a classifier draws the line: its prediction over the plane of two features, paler where it is less sure, and the rows
 * that it should tell apart. Of more than two columns the others stay at their median or commonest value. Of a regressor
 * the plane shows its predictions.
 *
 * @param model - a fitted classifier or regressor, or a pipeline that ends in one
 * @param X - rows, as `predict` takes them
 * @param y - a label or a target for each row
 * @throws {ERR_NOT_FITTED} before `fit`
 * @throws {ERR_PARAMETER | ERR_SHAPE | ERR_DTYPE} for a bad option, lengths that differ, and a column that is not of numbers
 * @example
 * ```ts
 * import { LogisticRegression, makeMoons, plot } from 'boreal';
 * const { X, y } = makeMoons({ nSamples: 60, noise: 0.2, randomState: 0 });
 * const model = await new LogisticRegression().fit(X, y);
 * const regions = await plot.decisionBoundary(model, X, y, { resolution: 20 });
 * regions.layer[0].data.values.length; // 400
 * ```
 */
export async function decisionBoundary(
  model: BoundaryModel,
  X: MatrixLike,
  y: ArrayLike<unknown>,
  options: DecisionBoundaryOptions = {},
): Promise<Plot> {
  checkPlotOptions('decisionBoundary', options, ['features', 'resolution', 'featureNames', 'targetNames']);
  const { resolution = 120, features = [0, 1] } = options;
  const bad = (message: string) => new ValidationError('ERR_PARAMETER', `plot.decisionBoundary: ${message}`);
  if (!Number.isInteger(resolution) || resolution < 10 || resolution > 400)
    throw bad(`'resolution' must be a whole number from 10 to 400; got ${show(resolution)}.`);
  const { schema } = model;
  const own = isTable(X) ? columnsOf(X) : undefined;
  const encoded = schema.encode(X, 'float64');
  if (y.length !== encoded.rows)
    throw new ValidationError('ERR_SHAPE', `X has ${encoded.rows} rows, but y ${y.length} labels.`);
  const names = schema.columns.map(({ name }, j) => options.featureNames?.[j] ?? own?.names[j] ?? name);
  const positions = features.map((feature) => {
    const j =
      typeof feature === 'number' ? feature : Math.max(schema.indexOf(feature), names.indexOf(feature));
    if (!Number.isInteger(j) || j < 0 || j >= schema.columns.length)
      throw bad(`there is no column ${show(feature)}.`);
    if (schema.columns[j].kind === 'number') return j;
    throw new ValidationError('ERR_DTYPE', `plot.decisionBoundary: column '${names[j]}' is not of numbers.`);
  });
  if (positions.length !== 2 || positions[0] === positions[1])
    throw bad("'features' must be two columns that differ.");
  const [across, down] = positions;
  const spanOf = (j: number) => {
    // Not Math.min(...column): so many arguments would overflow the stack.
    let [low, high] = [Infinity, -Infinity];
    for (const value of encoded.columns([j]).data) {
      if (!Number.isFinite(value)) continue;
      [low, high] = [Math.min(low, value), Math.max(high, value)];
    }
    const margin = 0.06 * (high - low) || 1;
    return { from: low - margin, step: (high - low + 2 * margin) / resolution };
  };
  const [sx, sy] = [spanOf(across), spanOf(down)];
  const typical = schema.columns.map((column, j) =>
    typicalValue(Array.from(encoded.columns([j]).data), column.kind),
  );
  const grid = Matrix.zeros(resolution * resolution, encoded.cols);
  for (let k = 0; k < grid.rows; k++) {
    const row = grid.row(k);
    row.set(typical);
    row[across] = sx.from + (Math.floor(k / resolution) + 0.5) * sx.step;
    row[down] = sy.from + ((k % resolution) + 0.5) * sy.step;
  }
  const isClass = schema.target.kind === 'class';
  const classes: Label[] = schema.target.kind === 'class' ? [...schema.target.classes] : [];
  const nameOf = (label: unknown) => options.targetNames?.[classes.indexOf(label as Label)] ?? String(label);
  const predicted = await model.predict(grid);
  const proba =
    isClass && model.predictProba ? await model.predictProba(grid).catch(() => undefined) : undefined;
  const points = evenly(encoded.rows, MOST_POINTS).map((i) => {
    const row = encoded.row(i);
    return {
      x: row[across],
      y: row[down],
      ...(isClass ? { label: nameOf(y[i]) } : { value: y[i] as number }),
    };
  });
  const colours = coloursOf(options);
  const extra = isClass
    ? [...new Set(points.map((point) => ('label' in point ? point.label : '')))].sort(compareLabels)
    : [];
  const domain = [...new Set([...classes.map(nameOf), ...extra])];
  const range = domain.map((_, k) => colours.categories[k % colours.categories.length]);
  const fillOf = (name: string, sure: number) =>
    mixed(colours.background, range[domain.indexOf(name)], 0.06 + 0.36 * sure);
  const cells = Array.from(predicted, (value, k) => ({
    x: round(sx.from + Math.floor(k / resolution) * sx.step),
    // Beyond the next cell, which is drawn over it: else the background shines through between them.
    x2: round(sx.from + (Math.floor(k / resolution) + 1.4) * sx.step),
    y: round(sy.from + (k % resolution) * sy.step),
    y2: round(sy.from + ((k % resolution) + 1.4) * sy.step),
    ...(isClass
      ? { label: nameOf(value), fill: fillOf(nameOf(value), proba ? sureness(proba.row(k)) : 1) }
      : { value: round(value as number) }),
  }));
  const color = isClass
    ? {
        field: 'label',
        type: 'nominal',
        title: null,
        scale: { domain, range },
        legend: { orient: 'bottom' },
      }
    : { field: 'value', type: 'quantitative', title: 'Value', scale: { zero: false } };
  const scaleOf = ({ from, step }: { from: number; step: number }) => ({
    domain: [from, from + step * resolution],
    ...{ nice: false, zero: false },
  });
  const x = {
    field: 'x',
    type: 'quantitative',
    title: names[across],
    scale: scaleOf(sx),
    axis: { grid: false },
  };
  const yAxis = {
    field: 'y',
    type: 'quantitative',
    title: names[down],
    scale: scaleOf(sy),
    axis: { grid: false },
  };
  const shapes = [
    'circle',
    'square',
    'triangle-up',
    'diamond',
    'cross',
    'triangle-down',
    'triangle-left',
    'triangle-right',
  ];
  return framed(
    options,
    {
      title: isClass ? 'Decision boundary' : 'Predictions',
      width: options.width ?? 440,
      height: options.height ?? 400,
    },
    {
      layer: [
        {
          data: { values: cells },
          mark: { type: 'rect', clip: true },
          encoding: {
            ...{ x, x2: { field: 'x2' }, y: yAxis, y2: { field: 'y2' } },
            // Not the channel of the points, whose legend would fall into two.
            ...(isClass ? { fill: { field: 'fill', type: 'nominal', scale: null } } : { color }),
          },
        },
        {
          data: { values: points },
          mark: { type: 'point', size: 38, stroke: colours.background, strokeWidth: 0.8, clip: true },
          encoding: {
            ...{ x, y: yAxis, color },
            ...(isClass && {
              shape: {
                field: 'label',
                type: 'nominal',
                title: null,
                legend: { orient: 'bottom' },
                scale: { domain, range: domain.map((_, k) => shapes[k % shapes.length]) },
              },
            }),
          },
        },
      ],
    },
  );
}

/** One colour over another, as #rrggbb, with a share of the upper one. */
function mixed(below: string, above: string, share: number): string {
  const part = (colour: string, k: number) => Number.parseInt(colour.slice(1 + 2 * k, 3 + 2 * k), 16);
  const both = [0, 1, 2].map((k) => Math.round(part(below, k) * (1 - share) + part(above, k) * share));
  return `#${both.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

/** How much the likeliest class is ahead of guessing, from 0 to 1. */
function sureness(row: ArrayLike<number>): number {
  const most = Math.max(...Array.from(row));
  return (most - 1 / row.length) / (1 - 1 / row.length);
}

const round = (value: number) => Number(value.toPrecision(6));

function typicalValue(values: readonly number[], kind: string): number {
  const known = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  if (known.length === 0) return Number.NaN;
  if (kind === 'number') {
    const middle = known.length >> 1;
    return known.length % 2 === 1 ? known[middle] : (known[middle - 1] + known[middle]) / 2;
  }
  const counts = new Map<number, number>();
  for (const value of known) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0][0];
}
