// The charts of docs/performance.md as Vega-Lite specifications, made from the rows of bench/results.
import { engineScale, stepScale } from './draw.mjs';

const threadsLabel = (threads) => `${threads} thread${threads > 1 ? 's' : ''}`;
const enginesOf = (rows) => [...new Set(rows.flatMap((row) => Object.keys(row.seconds)))];
/** Our line is the thick one. */
const emphasis = { field: 'width', type: 'quantitative', scale: null };
const legend = { symbolType: 'circle', columns: 6 };

/** One datum per row and engine, with the rate in the row's unit. */
function points(rows, more) {
  return rows.flatMap((row) =>
    Object.entries(row.seconds).map(([engine, seconds]) => ({
      engine,
      rate: row.amount === null ? null : row.amount / seconds,
      seconds,
      ours: engine === 'boreal',
      width: engine === 'boreal' ? 3.2 : 1.6,
      ...more(row),
    })),
  );
}

const color = (rows) => ({ field: 'engine', type: 'nominal', scale: engineScale(enginesOf(rows)), legend });

/** Rate against size, one panel per number of threads, the machine's limit as a dashed line. */
export function ratesBySize(title, rows, limits, dtype) {
  const values = points(rows, (row) => ({ size: row.n, panel: threadsLabel(row.threads) }));
  const panels = [...new Set(rows.map((row) => row.threads))];
  for (const threads of panels) {
    const peak = limits?.[threads]?.peaks[dtype].rate;
    if (peak) values.push({ limit: peak / 1e9, panel: threadsLabel(threads) });
  }
  return {
    title: { text: title, subtitle: `${rows[0].unit}; dashed: the peak measured on this machine` },
    data: { values },
    facet: { column: { field: 'panel', type: 'nominal' } },
    resolve: { scale: { y: 'independent' } },
    spec: {
      width: 370,
      height: 280,
      layer: [
        {
          transform: [{ filter: 'isValid(datum.limit)' }],
          mark: { type: 'rule', strokeDash: [5, 4], color: { ink: 'muted' } },
          encoding: { y: { field: 'limit', type: 'quantitative' } },
        },
        {
          transform: [{ filter: 'isValid(datum.engine)' }],
          mark: { type: 'line', point: true, interpolate: 'linear' },
          encoding: {
            x: {
              field: 'size',
              type: 'ordinal',
              title: 'm = n = k',
              axis: { labelAngle: 0, grid: false },
            },
            y: { field: 'rate', type: 'quantitative', title: null, axis: { tickCount: 6 } },
            color: color(rows),
            strokeWidth: emphasis,
          },
        },
      ],
    },
  };
}

/** Rate by shape as rows of dots, one panel per number of threads. */
export function ratesByShape(title, rows) {
  const label = (row) => `${row.m} x ${row.k} x ${row.n}`;
  return {
    title: { text: title, subtitle: `${rows[0].unit}; rows x k x columns, weights packed ahead` },
    data: { values: points(rows, (row) => ({ shape: label(row), panel: threadsLabel(row.threads) })) },
    facet: { column: { field: 'panel', type: 'nominal' } },
    resolve: { scale: { x: 'independent' } },
    spec: {
      width: 340,
      height: { step: 30 },
      mark: { type: 'point' },
      encoding: {
        y: {
          field: 'shape',
          type: 'nominal',
          title: null,
          sort: [...new Set(rows.map(label))],
          axis: { grid: true },
        },
        x: {
          field: 'rate',
          type: 'quantitative',
          title: null,
          scale: { zero: true },
          axis: { tickCount: 6 },
        },
        color: color(rows),
        size: { condition: { test: 'datum.ours', value: 130 }, value: 60 },
      },
    },
  };
}

/** Our speed as a multiple of the best peer's, per op (rows of the chart) and size (shades), on a log axis. */
export function ratios(title, rows, sizeOf) {
  const mine = rows.filter((row) => row.ratio !== null);
  const sizes = [...new Set(mine.map(sizeOf))];
  return {
    title: {
      text: title,
      subtitle: 'how many times as fast as the best peer; right of the line boreal is faster',
    },
    data: {
      values: mine.map((row) => ({
        op: row.op,
        size: sizeOf(row),
        ratio: row.ratio,
        panel: threadsLabel(row.threads),
      })),
    },
    facet: { column: { field: 'panel', type: 'nominal' } },
    spec: {
      width: 340,
      height: { step: 30 },
      layer: [
        {
          mark: { type: 'rule', color: { ink: 'muted' } },
          encoding: { x: { datum: 1, type: 'quantitative' } },
        },
        {
          mark: { type: 'point', size: 90 },
          encoding: {
            y: {
              field: 'op',
              type: 'nominal',
              title: null,
              sort: [...new Set(mine.map((row) => row.op))],
              axis: { grid: true },
            },
            x: {
              field: 'ratio',
              type: 'quantitative',
              title: null,
              scale: { type: 'log', base: 2 },
              axis: { format: '~r', labelExpr: "datum.label + 'x'", tickCount: 6 },
            },
            color: { field: 'size', type: 'ordinal', sort: sizes, scale: stepScale(sizes), legend },
          },
        },
      ],
    },
  };
}

/** Time of a call against size, a panel per op and element type; both axes grow by factors. */
export function timesBySize(title, rows) {
  const panel = (row) => `${row.op}, ${row.dtype === 'f32' ? 'float32' : 'float64'}`;
  const sizes = (row) => (row.op === 'matmul' ? row.rows : row.cols);
  const values = points(rows, (row) => ({ size: sizes(row), panel: panel(row) }));
  for (const value of values) value.micros = value.seconds * 1e6;
  return {
    title: { text: title, subtitle: 'microseconds a call; n x n for matmul, n values otherwise' },
    data: { values },
    facet: { field: 'panel', type: 'nominal', sort: [...new Set(rows.map(panel))] },
    columns: 2,
    resolve: { scale: { x: 'independent', y: 'independent' } },
    spec: {
      width: 360,
      height: 220,
      mark: { type: 'line', point: true },
      encoding: {
        x: { field: 'size', type: 'ordinal', title: 'n', axis: { labelAngle: 0, grid: false } },
        y: {
          field: 'micros',
          type: 'quantitative',
          title: null,
          scale: { type: 'log' },
          axis: { format: ',~g', values: [0.01, 0.1, 1, 10, 100, 1e3, 1e4, 1e5, 1e6] },
        },
        color: color(rows),
        strokeWidth: emphasis,
      },
    },
  };
}

/**
 * Seconds for a tree against rows, columns and threads, a panel each: every row that differs from `at` (rows, columns,
 * threads) in that alone. Both axes grow by factors.
 */
export function costs(title, rows, at) {
  const panels = { rows: 'rows', cols: 'columns', threads: 'threads' };
  const values = Object.entries(panels).flatMap(([axis, panel]) =>
    points(
      rows.filter((row) => Object.keys(panels).every((key) => key === axis || row[key] === at[key])),
      (row) => ({ size: row[axis], panel, millis: 0, trees: row.trees }),
    ),
  );
  for (const value of values) value.millis = (1e3 * value.seconds) / value.trees;
  return {
    title: {
      text: title,
      subtitle: `milliseconds a tree; but for the axis: ${at.rows} rows, ${at.cols} columns, ${threadsLabel(at.threads)}`,
    },
    data: { values },
    facet: { column: { field: 'panel', type: 'nominal', sort: Object.values(panels) } },
    resolve: { scale: { x: 'independent', y: 'independent' } },
    spec: {
      width: 230,
      height: 240,
      mark: { type: 'line', point: true },
      encoding: {
        x: {
          field: 'size',
          type: 'ordinal',
          title: null,
          axis: { labelAngle: 0, grid: false, labelExpr: "format(datum.value, '~s')" },
        },
        y: {
          field: 'millis',
          type: 'quantitative',
          title: null,
          scale: { type: 'log' },
          axis: { format: ',~g', tickCount: 5 },
        },
        color: color(rows),
        strokeWidth: emphasis,
      },
    },
  };
}
