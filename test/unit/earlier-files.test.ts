/** Model files of earlier releases, which lack what models learn now. */
import { expect, test } from 'vitest';
import { MaxAbsScaler, MinMaxScaler, TargetEncoder } from '../../lib/index.js';

const X = [
  [1, -4],
  [2, 8],
];

test.each([() => new MinMaxScaler(), () => new MaxAbsScaler()])(
  'a scaler that did not count rows: %s',
  async (make) => {
    const model = await make().fit(X);
    const { fitted } = model.snapshot();
    const { seen, ...state } = fitted!.state;
    const restored = make();
    restored.restore({ ...fitted!, state: state as never });
    expect(seen).toBe(2);
    expect(restored.transformSync(X)).toEqual(model.transformSync(X));
    const unknown = expect.objectContaining({ code: 'ERR_NOT_SUPPORTED' });
    expect(() => restored.nSamplesSeen).toThrow(unknown);
    await restored.partialFit([[3, 9]]);
    expect(() => restored.nSamplesSeen).toThrow(unknown);
    expect((await restored.fit(X)).nSamplesSeen).toBe(2);
  },
);

test('a TargetEncoder without the listed categories that training lacks', async () => {
  const table = { city: ['Ulm', 'Oslo', 'Ulm', 'Oslo'] };
  const make = () => new TargetEncoder({ categories: [['Ulm', 'Aden', 'Oslo']], smooth: 0 });
  const model = await make().fit(table, [1.5, 2, 3.5, 4]);
  const { fitted } = model.snapshot();
  const { values, encodings, offsets: _, ...rest } = fitted!.state;
  const kept = [...values.keys()].filter((k) => values[k] !== 0);
  const state = {
    ...rest,
    offsets: Int32Array.of(0, 2),
    values: Float64Array.from(kept, (k) => values[k]),
    encodings: Float64Array.from(kept, (k) => encodings[k]),
  };
  const restored = make();
  restored.restore({ ...fitted!, state });
  expect(fitted!.schema.columns[0].categories?.[0]).toBe('Aden');
  expect(restored.encodings).toEqual(model.encodings);
  const cities = { city: ['Ulm', 'Aden', 'Oslo'] };
  expect(restored.transformSync(cities)).toEqual(model.transformSync(cities));
});
