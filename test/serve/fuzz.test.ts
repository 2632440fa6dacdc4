/** Whatever JSON a client sends, it gets a prediction or an error that is its own fault, never a 500. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ModelEndpoint, RequestError } from '../../lib/serve/index.js';
import { house, priceModel } from './support.js';

it('answers any JSON', async () => {
  const endpoint = await ModelEndpoint.create(await priceModel());
  const field = fc.constantFrom(
    ...Object.keys(house),
    'pool',
    'constructor',
    'toString',
    'features',
    'length',
    '',
  );
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('Oslo', 'Rome', 4, true, null, Infinity, Number.MAX_VALUE),
  );
  const row = fc.oneof(fc.dictionary(field, value), fc.record({ ...fields(value) }), fc.array(value), value);
  const attempt = async (predict: () => unknown) => {
    try {
      await predict();
    } catch (error) {
      expect(error).toBeInstanceOf(RequestError);
      expect((error as RequestError).status).toBeLessThan(500);
    }
  };
  await fc.assert(
    fc.asyncProperty(row, fc.array(row, { maxLength: 4 }), async (one, many) => {
      await attempt(() => endpoint.predict(one));
      await attempt(() => endpoint.predictBatch(many));
      await attempt(() => endpoint.predictBatch(one));
    }),
    { numRuns: 500 },
  );
});

function fields(value: fc.Arbitrary<unknown>): Record<string, fc.Arbitrary<unknown>> {
  return Object.fromEntries(
    Object.entries(house).map(([name, good]) => [name, fc.oneof(fc.constant(good), value)]),
  );
}
