/**
 * Specifications to pictures, with vega, vega-lite and sharp, which are loaded when they are first needed. Without a canvas
 * vega takes each letter for 0.8 em wide, which leaves wide gaps; while it lays a plot out (all in one go, so that nobody
 * else sees it) it measures with the table below.
 */
import { createHash } from 'node:crypto';
import { EnvironmentError, NativeError } from '../errors.js';
import { escapeHtml } from './html.js';
import type { VegaLiteSpec } from './spec.js';

/** The little of vega that is used here; its own types would be needed by all who compile against boreal. */
interface Vega {
  readonly parse: (spec: unknown) => unknown;
  readonly View: new (runtime: unknown, options: object) => View;
  readonly textMetrics: { width: (item: TextItem, text: unknown) => number };
}
interface View {
  run(): View;
  toSVG(): Promise<string>;
  finalize(): View;
}
interface TextItem {
  readonly limit?: number;
  readonly fontSize?: number;
  readonly fontWeight?: number | string;
}

/** @throws {ERR_DEPENDENCY} when it is not installed */
async function loadVega(): Promise<{
  vega: Vega;
  compile: (spec: unknown, options: object) => { spec: unknown };
}> {
  try {
    // One by one: a bundler leaves out what it lacks only where a try holds the import itself.
    const vega = await import('vega');
    const lite = await import('vega-lite');
    return { vega: vega as unknown as Vega, compile: lite.compile as never };
  } catch (cause) {
    const message = "Drawing a plot needs the packages 'vega' and 'vega-lite': npm install vega vega-lite";
    throw new EnvironmentError('ERR_DEPENDENCY', message, { cause });
  }
}

/** @throws {ERR_DEPENDENCY} when a package is not installed */
export async function drawSVG(spec: VegaLiteSpec): Promise<string> {
  const { vega, compile } = await loadVega();
  // Their warnings are for whoever writes specifications, not for whoever runs this.
  const errors: unknown[] = [];
  const quiet = () => logger;
  const logger = {
    level: () => 0,
    warn: quiet,
    info: quiet,
    debug: quiet,
    error: (...all: unknown[]) => {
      errors.push(...all);
      return logger;
    },
  };
  const runtime = vega.parse(compile(withSafeTitles(spec), { logger }).spec);
  const view = new vega.View(runtime, { renderer: 'none', logger });
  const { textMetrics } = vega;
  const kept = textMetrics.width;
  textMetrics.width = widthOf;
  try {
    view.run();
  } finally {
    textMetrics.width = kept;
  }
  const svg = await view.toSVG();
  view.finalize();
  if (errors.length > 0) {
    const [cause] = errors;
    throw new NativeError('ERR_INTERNAL', `The plot cannot be drawn: ${(cause as Error)?.message ?? cause}`, {
      cause,
    });
  }
  const label = escapeHtml(String(spec.description));
  // A picture is one thing with one name: what its parts would say to a screen reader is left out, half of the file.
  const plain = svg.replace(/ (?:aria-\w+|role)="[^"]*"/g, '');
  return withOwnIds(plain).replace(/^<svg /, `<svg role="img" aria-label="${label}" `);
}

/**
 * Titles that are called like a member of every object, such as 'constructor', end in a space of no width: vega takes
 * the title for a key of a plain object.
 */
function withSafeTitles(value: unknown, key = ''): unknown {
  if (typeof value === 'string')
    return /^(?:title|text|subtitle)$/.test(key) && value in {} ? `${value}\u200b` : value;
  if (typeof value !== 'object' || value === null || key === 'data' || key === 'config') return value;
  if (Array.isArray(value)) return value.map((each) => withSafeTitles(each, key));
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withSafeTitles(each, name)]));
}

/**
 * Names gradients and clips by what is drawn: vega counts them through the process, so that pictures would differ from one
 * drawing to the next, and those of two processes could not stand on one page.
 */
function withOwnIds(svg: string): string {
  const ids = [...new Set(Array.from(svg.matchAll(/ id="((?:gradient_|clip)\d+)"/g), ([, id]) => id))];
  const plain = svg.replace(/(?<=id="|url\(#)(?:gradient_|clip)\d+/g, '');
  const hash = createHash('sha256').update(plain).digest('hex').slice(0, 10);
  return svg.replace(/(?<=id="|url\(#)(?:gradient_|clip)\d+/g, (id) => `p${hash}-${ids.indexOf(id)}`);
}

/** @throws {ERR_DEPENDENCY} when sharp is not installed */
export async function drawPNG(svg: string, scale: number): Promise<Buffer> {
  let sharp: typeof import('sharp').default;
  try {
    sharp = (await import('sharp')).default;
  } catch (cause) {
    const message = "A plot as PNG needs the package 'sharp': npm install sharp";
    throw new EnvironmentError('ERR_DEPENDENCY', message, { cause });
  }
  return sharp(Buffer.from(svg), { density: 72 * scale })
    .png()
    .toBuffer();
}

/** Widths of letters in em, of a face such as Arial. */
const WIDTHS: ReadonlyArray<readonly [RegExp, number]> = [
  [/[ijl|'’.,:;!ıI ]/u, 0.28],
  [/[ftr()[\]{}/\\"*`-]/u, 0.35],
  [/[mMwW%@—…]/u, 0.88],
  [/[\p{Lu}&]/u, 0.69],
  [/[\u1100-\u115f\u2e80-\uffdc\u{1f000}-\u{1ffff}]/u, 1],
];
const known = new Map<string, number>();

function letterWidth(letter: string): number {
  let width = known.get(letter);
  if (width === undefined) {
    width = WIDTHS.find(([letters]) => letters.test(letter))?.[1] ?? 0.56;
    if (known.size < 5000) known.set(letter, width);
  }
  return width;
}

function widthOf(item: TextItem, text: unknown): number {
  const { fontSize = 11, fontWeight = 400, limit = 0 } = item;
  let width = 0;
  for (const letter of String(text ?? '')) width += letterWidth(letter);
  width *= fontSize * (Number(fontWeight) >= 600 || fontWeight === 'bold' ? 1.07 : 1);
  return limit > 0 ? Math.min(limit, width) : width;
}
