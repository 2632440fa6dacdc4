/** The confusion matrix. */
import { compareLabels, type Label } from '../core/labels.js';
import { confusionMatrix as count } from '../metrics/classification.js';
import type { Labels } from '../metrics/input.js';
import { checkPlotOptions, coloursOf, framed, type Plot, type PlotOptions } from './spec.js';

/** Options of {@link confusionMatrix}. */
export interface ConfusionMatrixPlotOptions extends PlotOptions {
  /** The classes to show, in order. Default: all, sorted. */
  readonly labels?: Labels;
  /** What they are called in the plot. Default: the labels themselves. */
  readonly targetNames?: readonly string[];
  /** Shares of a row ('true'), of a column ('pred') or of all rows. Default null: counts, coloured by the share of a row. */
  readonly normalize?: 'true' | 'pred' | 'all' | null;
  /** One weight >= 0 per row. */
  readonly sampleWeight?: ArrayLike<number>;
}

/** Of a scale from 0 to 1, where text has to change its colour to stay readable. */
const STRONG = 0.62;

/**
 * How many rows of each class (down) were predicted as each class (across).
 *
 * @param yTrue - true labels
 * @param yPred - predicted labels
 * @throws {ERR_SHAPE | ERR_LABELS | ERR_PARAMETER} see the metric `confusionMatrix`
 * @example
 * ```ts
 * import { plot } from 'boreal';
 * const matrix = plot.confusionMatrix(['cat', 'dog', 'cat'], ['cat', 'cat', 'cat']);
 * matrix.data.values[0]; // { actual: 'cat', predicted: 'cat', value: 2, share: 1, text: '2' }
 * ```
 */
export function confusionMatrix(
  yTrue: Labels,
  yPred: Labels,
  options: ConfusionMatrixPlotOptions = {},
): Plot {
  checkPlotOptions('confusionMatrix', options, ['labels', 'targetNames', 'normalize', 'sampleWeight']);
  const { normalize = null, sampleWeight, targetNames } = options;
  const labels: Label[] = options.labels
    ? Array.from(options.labels)
    : [...new Set([...Array.from(yTrue), ...Array.from(yPred)])].sort(compareLabels);
  const cells = count(yTrue, yPred, { labels, normalize, sampleWeight });
  const names = labels.map((label, k) => targetNames?.[k] ?? String(label));
  const values = cells.flatMap((row, i) => {
    const total = row.reduce((sum, cell) => sum + cell, 0);
    return row.map((value, j) => ({
      actual: names[i],
      predicted: names[j],
      value,
      share: normalize === null ? (total > 0 ? value / total : 0) : value,
      text: normalize === null ? String(Number(value.toFixed(2))) : value.toFixed(2),
    }));
  });
  const most = normalize === 'all' ? values.reduce((top, { share }) => Math.max(top, share), 0) : 1;
  const colours = coloursOf(options);
  const side = Math.max(180, Math.min(640, names.length * (names.length > 12 ? 30 : 64)));
  const axis = { labelAngle: 0, ticks: false, domain: false, labelPadding: 8 };
  const longest = names.reduce((most, name) => Math.max(most, name.length), 0);
  const slant = longest * 7 > side / names.length;
  const right = cells.reduce((sum, row, i) => sum + row[i], 0);
  const all = cells.flat().reduce((sum, cell) => sum + cell, 0);
  const title = 'Confusion matrix';
  const description =
    normalize === null
      ? `${options.title || title}: ${right} of ${all} rows predicted right`
      : options.title || title;
  return framed(
    options,
    { title, description, width: options.width ?? side, height: options.height ?? side },
    {
      data: { values },
      encoding: {
        x: {
          ...{ field: 'predicted', type: 'nominal', scale: { domain: names }, title: 'Predicted' },
          axis: { ...axis, ...(slant && { labelAngle: -40 }) },
        },
        y: { field: 'actual', type: 'nominal', scale: { domain: names }, title: 'Actual', axis },
      },
      layer: [
        {
          mark: { type: 'rect', stroke: colours.background, strokeWidth: 1.5 },
          encoding: {
            color: {
              field: 'share',
              type: 'quantitative',
              scale: { domain: [0, most] },
              legend: null,
            },
          },
        },
        {
          mark: { type: 'text', fontSize: names.length > 12 ? 10 : 13 },
          encoding: {
            text: { field: 'text', type: 'nominal' },
            color: {
              condition: {
                test: `datum.share > ${STRONG} * ${most}`,
                value: colours.overStrong,
              },
              value: colours.overPale,
            },
          },
        },
      ],
    },
  );
}
