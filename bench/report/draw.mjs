// A Vega-Lite specification as two SVG pictures, one for light pages and one for dark ones.
import { parse, View } from 'vega';
import { compile } from 'vega-lite';

const FONT = 'system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif';

/** boreal stands out; a peer keeps its colour in all charts. */
const SERIES = {
  boreal: ['#1d4ed8', '#7cb3ff'],
  'boreal-f32': ['#7ea6e8', '#3f6fb5'],
  onednn: ['#d97706', '#fbbf24'],
  openblas: ['#047857', '#34d399'],
  numpy: ['#7c3aed', '#c4b5fd'],
  torch: ['#dc2626', '#fb7185'],
  'ml-matrix': ['#7c3aed', '#c4b5fd'],
  'scikit-learn': ['#d97706', '#fbbf24'],
  LightGBM: ['#047857', '#34d399'],
  XGBoost: ['#d97706', '#fbbf24'],
  tfjs: ['#d97706', '#fbbf24'],
  'tfjs-wasm': ['#047857', '#34d399'],
};
/** Steps from small to large, for sizes. */
const STEPS = [
  ['#9ec5f4', '#38618f'],
  ['#5c9be6', '#4f8ac9'],
  ['#2563c9', '#84b8f0'],
  ['#173a78', '#d3e6ff'],
];

const PAGES = {
  light: { background: '#ffffff', text: '#1f2328', muted: '#59636e', grid: '#e4e8ec' },
  dark: { background: '#0d1117', text: '#e6edf3', muted: '#9198a1', grid: '#262c36' },
};

/** Scale of the colour channel for the engines present, ours first. */
export function engineScale(engines) {
  const domain = Object.keys(SERIES).filter((engine) => engines.includes(engine));
  return { domain, range: domain.map((engine) => ({ series: engine })) };
}

/** Scale of the colour channel for ordered sizes. */
export function stepScale(sizes) {
  return { domain: sizes, range: sizes.map((_, i) => ({ shade: Math.min(i, STEPS.length - 1) })) };
}

/** The colours { series }, { shade } and { ink } of a specification, as this page shows them. */
function paint(node, dark) {
  if (Array.isArray(node)) return node.map((child) => paint(child, dark));
  if (node === null || typeof node !== 'object') return node;
  if (typeof node.series === 'string') return SERIES[node.series][dark ? 1 : 0];
  if (typeof node.shade === 'number') return STEPS[node.shade][dark ? 1 : 0];
  if (typeof node.ink === 'string') return PAGES[dark ? 'dark' : 'light'][node.ink];
  return Object.fromEntries(
    Object.entries(node).map(([key, child]) => [key, key === 'values' ? child : paint(child, dark)]),
  );
}

function config({ background, text, muted, grid }) {
  const quiet = { labelFont: FONT, titleFont: FONT, labelColor: muted, titleColor: muted };
  return {
    background,
    padding: 16,
    font: FONT,
    view: { stroke: null },
    title: {
      color: text,
      font: FONT,
      fontSize: 15,
      fontWeight: 600,
      anchor: 'start',
      offset: 12,
      subtitleColor: muted,
    },
    axis: {
      ...quiet,
      labelFontSize: 11,
      titleFontSize: 12,
      titleFontWeight: 'normal',
      gridColor: grid,
      domainColor: grid,
      tickColor: grid,
      labelPadding: 6,
      titlePadding: 10,
    },
    legend: {
      ...quiet,
      labelColor: text,
      labelFontSize: 12,
      orient: 'top',
      title: null,
      symbolSize: 90,
      offset: 12,
    },
    header: { ...quiet, labelColor: text, labelFontSize: 12, labelFontWeight: 600, title: null },
    line: { strokeWidth: 2 },
    point: { size: 45, filled: true, opacity: 1 },
  };
}

/** { light, dark }: SVG texts. */
export async function draw(spec) {
  const pictures = {};
  for (const [name, page] of Object.entries(PAGES)) {
    const full = { ...paint(spec, name === 'dark'), config: config(page) };
    const view = new View(parse(compile(full).spec), { renderer: 'none' });
    pictures[name] = await view.toSVG();
    view.finalize();
  }
  return pictures;
}
