/** A Vega-Lite specification that can draw itself. */
import { show } from '../core/params.js';
import { ValidationError } from '../errors.js';
import { drawPNG, drawSVG } from './draw.js';
import { escapeHtml, page } from './html.js';
import { COLOURS, type Colours, configOf, DASHES, type Theme } from './theme.js';

/** What every plot may be told. */
export interface PlotOptions {
  /** The heading. Default: what the plot is; '' for none. */
  readonly title?: string;
  /** A line below the heading. */
  readonly subtitle?: string;
  /** Of the drawing area in pixels; of a plot of several, of each. The default depends on the plot. */
  readonly width?: number;
  readonly height?: number;
  /** Default 'light'. */
  readonly theme?: Theme;
}

/** A specification of [Vega-Lite](https://vega.github.io/vega-lite/), version 6, as plain data. */
export interface VegaLiteSpec {
  readonly $schema: string;
  // biome-ignore lint/suspicious/noExplicitAny: see Plot
  readonly [name: string]: any;
}

/**
 * A plot: its own members are a specification of Vega-Lite, with the data within, so that it may be changed or given to any
 * tool that draws such; its methods draw it here, without a browser.
 *
 * @example
 * ```ts
 * import { plot } from 'boreal';
 * const matrix = plot.confusionMatrix(['cat', 'dog', 'cat'], ['cat', 'cat', 'cat'], { theme: 'dark' });
 * matrix.$schema; // 'https://vega.github.io/schema/vega-lite/v6.json'
 * const svg = await matrix.toSVG(); // needs: npm install vega vega-lite
 * svg.startsWith('<svg'); // true
 * ```
 */
export class Plot implements VegaLiteSpec {
  declare readonly $schema: string;
  // biome-ignore lint/suspicious/noExplicitAny: a specification is what Vega-Lite says it is; members are read and changed freely
  readonly [name: string]: any;

  /** @param spec - the specification; its `description` is what a screen reader says */
  constructor(spec: VegaLiteSpec) {
    Object.assign(this, spec);
  }

  /** The specification as plain data, for `JSON.stringify` and for tools that draw it. */
  toJSON(): VegaLiteSpec {
    return { ...this };
  }

  /**
   * The picture as SVG.
   *
   * @throws {ERR_DEPENDENCY} unless the packages vega and vega-lite are installed
   */
  toSVG(): Promise<string> {
    return drawSVG(this.toJSON());
  }

  /**
   * The picture as PNG.
   *
   * @param options - `scale`: pixels of the picture for one of the plot, in (0, 10]. Default 2
   * @throws {ERR_DEPENDENCY} unless the packages vega, vega-lite and sharp are installed
   * @throws {ERR_PARAMETER} for a bad scale
   */
  async toPNG({ scale = 2 }: { readonly scale?: number } = {}): Promise<Buffer> {
    if (!(typeof scale === 'number' && scale > 0 && scale <= 10))
      throw new ValidationError('ERR_PARAMETER', `scale must be a number > 0 and <= 10; got ${show(scale)}.`);
    return drawPNG(await this.toSVG(), scale);
  }

  /**
   * A page of its own with the picture as inline SVG, without scripts and without anything from elsewhere.
   *
   * @throws {ERR_DEPENDENCY} unless the packages vega and vega-lite are installed
   */
  async toHTML(): Promise<string> {
    const svg = await this.toSVG();
    const background = String(this.background);
    const theme: Theme = background === COLOURS.dark.background ? 'dark' : 'light';
    return page(
      String(this.description),
      theme,
      `<main><h1>${escapeHtml(String(this.description))}</h1><figure>${svg}</figure></main>`,
    );
  }
}

const RULES = {
  title: (value: unknown) => typeof value === 'string',
  subtitle: (value: unknown) => typeof value === 'string',
  width: isPixels,
  height: isPixels,
  theme: (value: unknown) => value === 'light' || value === 'dark',
};
const ALLOWED = {
  title: 'text',
  subtitle: 'text',
  width: 'a number of pixels from 10 to 10,000',
  height: 'a number of pixels from 10 to 10,000',
  theme: "'light' or 'dark'",
};

function isPixels(value: unknown): boolean {
  return typeof value === 'number' && value >= 10 && value <= 10_000;
}

/** Options that are common to all plots, checked. @throws {ERR_PARAMETER} naming the one that is wrong or unknown */
export function checkPlotOptions(owner: string, options: object, own: readonly string[] = []): void {
  for (const [name, value] of Object.entries(options)) {
    if (own.includes(name) || value === undefined) continue;
    if (!Object.hasOwn(RULES, name)) {
      const known = [...own, ...Object.keys(RULES)].join(', ');
      throw new ValidationError('ERR_PARAMETER', `plot.${owner} has no option '${name}'; it has ${known}.`);
    }
    const key = name as keyof typeof RULES;
    if (RULES[key](value)) continue;
    throw new ValidationError(
      'ERR_PARAMETER',
      `plot.${owner}: '${name}' must be ${ALLOWED[key]}; got ${show(value)}.`,
    );
  }
}

/** What a plot function has to say beside its marks. */
export interface Frame {
  /** The heading unless the caller gave one. */
  readonly title: string;
  readonly subtitle?: string;
  /** What is to be seen, for who cannot see it; the heading by default. */
  readonly description?: string;
  readonly width?: number;
  readonly height?: number;
}

/** The colours of the theme asked for. */
export function coloursOf({ theme = 'light' }: PlotOptions): Colours {
  return COLOURS[theme];
}

/** Puts marks into a frame. Sizes go to the top unless the parts are of several views, which have their own. */
export function framed(options: PlotOptions, frame: Frame, parts: Record<string, unknown>): Plot {
  const { theme = 'light', title = frame.title, subtitle = frame.subtitle } = options;
  const { width = options.width, height = options.height } = frame;
  const text = title === '' ? undefined : title;
  return new Plot({
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    description: frame.description ?? title,
    ...(text !== undefined && { title: subtitle === undefined ? { text } : { text, subtitle } }),
    ...(width !== undefined && { width }),
    ...(height !== undefined && { height }),
    background: COLOURS[theme].background,
    ...parts,
    config: configOf(theme),
  });
}

/** Positions of at most so many of the rows, at even distances. */
export function evenly(rows: number, most: number): number[] {
  const n = Math.min(rows, most);
  return Array.from({ length: n }, (_, k) => Math.floor((k * rows) / n));
}

/** Lines told apart by dashes, beside their colours. */
export function dashed(names: readonly string[], legend: object | null): object {
  const range = names.map((_, k) => DASHES[k % DASHES.length]);
  return { field: 'series', type: 'nominal', scale: { domain: names, range }, legend };
}

/** Names of marks, of which no two are alike: those of one name would become one. */
export function unique(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return times === 1 ? name : `${name} (${times})`;
  });
}
