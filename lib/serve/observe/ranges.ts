/** Counts numbers outside the training range, and logs each column once; with `ranges: 'warn'`. */
import type { PredictionEvent } from '../observer.js';
import type { Feature, ServiceContext } from '../service.js';
import type { Sample } from './prometheus.js';

/** Makes the observer and its metric. */
export function rangeWatch({ options, gauges, log }: ServiceContext): Feature | undefined {
  if (options.ranges !== 'warn') return undefined;
  const counts = new Map<string, { labels: Readonly<Record<string, string>>; value: number }>();
  const count = ({ model: { name, version, endpoint }, input, rows }: PredictionEvent) => {
    endpoint.eachOutOfRange(input, rows, (row, j) => {
      const { name: feature, range } = endpoint.info.columns[j];
      const key = JSON.stringify([name, version, feature]);
      const known = counts.get(key);
      if (known !== undefined) {
        known.value += 1;
        return true;
      }
      counts.set(key, { labels: { model: name, version, feature }, value: 1 });
      const value = input[row * endpoint.info.columns.length + j];
      log.warn(
        { model: name, version, feature, value, range },
        'A number is outside the range of the training data.',
      );
      return true;
    });
  };
  gauges.push({
    name: 'boreal_out_of_range_total',
    help: 'Numbers outside the range of the training data.',
    type: 'counter',
    read: (): Iterable<Sample> => counts.values(),
  });
  const forget = (name: string, version: string) => {
    for (const [key, { labels }] of counts)
      if (labels.model === name && labels.version === version) counts.delete(key);
  };
  return {
    observer: {
      prediction: count,
      model: ({ action, name, version }) => {
        if (action === 'unloaded') forget(name, version);
      },
    },
  };
}
