/**
 * How plots look, light and dark. Colours of categories are told apart with the common kinds of colour blindness (after Okabe
 * and Ito, Color universal design, 2008; yellow and sky blue darkened or lightened) and have a contrast of at least 3 to 1
 * against the background; text has at least 4.5 to 1. Lines differ in their dashes too.
 */

/** The looks that every plot has. */
export type Theme = 'light' | 'dark';

/** Colours of one look. */
export interface Colours {
  readonly background: string;
  readonly text: string;
  /** Axis labels and what else is less important. */
  readonly muted: string;
  readonly grid: string;
  readonly categories: readonly string[];
  /** From nothing to much. */
  readonly sequential: readonly [string, string];
  /** From negative over zero to positive. */
  readonly diverging: readonly [string, string, string];
  /** Between the first two of `categories`, where they are the ends of a scale. */
  readonly middling: string;
  /** Text over the first and over the second end of `sequential` and `diverging`. */
  readonly overPale: string;
  readonly overStrong: string;
}

export const COLOURS: Readonly<Record<Theme, Colours>> = {
  light: {
    background: '#ffffff',
    text: '#1b2330',
    muted: '#4a5568',
    grid: '#e3e7ee',
    categories: ['#0072b2', '#d55e00', '#00805d', '#b0467e', '#6f56c5', '#8a6a00', '#17829c', '#4d4d4d'],
    sequential: ['#eef5fb', '#08519c'],
    diverging: ['#b5452a', '#f7f7f7', '#1f5f99'],
    middling: '#c9b8c4',
    overPale: '#111722',
    overStrong: '#ffffff',
  },
  dark: {
    background: '#14181f',
    text: '#e8ebf1',
    muted: '#b3bccb',
    grid: '#2c3440',
    categories: ['#56b4e9', '#ff9e64', '#3fc79a', '#e69ac6', '#b9a2ff', '#e6c229', '#7fe0f0', '#c9ced6'],
    sequential: ['#1d2735', '#7cc0f2'],
    diverging: ['#e0795c', '#2b313b', '#6fb1e6'],
    middling: '#7d8597',
    overPale: '#f4f6fa',
    overStrong: '#0c1016',
  },
};

/** Fonts that systems have; the drawing measures text as of a face as wide as Arial. */
export const FONT =
  "system-ui, 'Segoe UI', 'Helvetica Neue', Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif";

/** Dashes of the lines of categories. One fewer than colours: so each of 56 lines looks different. */
export const DASHES = [
  [1, 0],
  [7, 3],
  [2, 2],
  [9, 3, 2, 3],
  [12, 4],
  [4, 2],
  [1, 3],
];

/** Names longer than about forty letters end in an ellipsis. */
const LABEL_LIMIT = 380;
/** In a legend, which says a score behind the name, from about eighty on. */
const LEGEND_LIMIT = 2 * LABEL_LIMIT;

/** The `config` of a Vega-Lite specification. */
export function configOf(theme: Theme): Record<string, unknown> {
  const colours = COLOURS[theme];
  const { text, muted, grid, categories } = colours;
  return {
    font: FONT,
    background: colours.background,
    padding: 14,
    view: { stroke: null },
    title: {
      anchor: 'start',
      color: text,
      fontSize: 15,
      fontWeight: 600,
      offset: 12,
      subtitleColor: muted,
      subtitleFontSize: 12,
      subtitlePadding: 5,
    },
    axis: {
      domainColor: muted,
      gridColor: grid,
      labelColor: muted,
      labelFlush: false,
      labelFontSize: 12,
      labelLimit: LABEL_LIMIT,
      // The title of an axis stands beyond its labels: 200 pixels at most by default, which longer ones reach.
      maxExtent: LABEL_LIMIT + 20,
      tickColor: muted,
      titleColor: text,
      titleFontSize: 12.5,
      titleFontWeight: 500,
      titlePadding: 8,
    },
    header: { labelColor: text, labelFontSize: 12.5, labelFontWeight: 500, title: null },
    legend: {
      labelColor: text,
      labelFontSize: 12,
      labelLimit: LEGEND_LIMIT,
      // Of the mark's own otherwise, which may be a pale band.
      symbolOpacity: 1,
      symbolStrokeWidth: 2.5,
      symbolSize: 140,
      titleColor: text,
      titleFontSize: 12.5,
      titleFontWeight: 500,
      titleLimit: LABEL_LIMIT,
    },
    range: {
      category: categories,
      heatmap: colours.sequential,
      ramp: colours.sequential,
      diverging: colours.diverging,
    },
    mark: { color: categories[0] },
    bar: { color: categories[0] },
    line: { strokeWidth: 2.25, color: categories[0] },
    point: { filled: true, size: 34, color: categories[0] },
    rule: { color: muted },
    text: { color: text, fontSize: 12 },
  };
}
