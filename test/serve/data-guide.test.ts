/** What docs/guide/serving-data.md shows is what happens. */
import { afterAll, beforeAll } from 'vitest';
import { RandomForestRegressor } from '../../lib/index.js';
import { type BorealServer, serve } from '../../lib/serve/index.js';
import { testShellLines } from '../support/shell-lines.js';
import { houses, priceModel, prices } from './support.js';

let server: BorealServer;
beforeAll(async () => {
  const { rooms, age, garden } = houses;
  const flats = await new RandomForestRegressor({ nEstimators: 20, randomState: 1 }).fit(
    { rooms, age, garden },
    prices,
  );
  const models = { houses: await priceModel(), flats };
  server = await serve(models, { port: 0, handleSignals: false, ranges: 'warn' });
});
afterAll(() => server.close());

testShellLines('serving-data.md', 5, () => server.port);
