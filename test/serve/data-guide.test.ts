/** What docs/guide/serving-data.md shows is what happens: its shell lines run, by the real curl. */
import { execFile, execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RandomForestRegressor } from '../../lib/index.js';
import { type BorealServer, serve } from '../../lib/serve/index.js';
import { houses, priceModel, prices } from './support.js';

const guide = await readFile('docs/guide/serving-data.md', 'utf8');
const examples = [...guide.matchAll(/```sh\n(.*?)```\n\n```json\n(.*?)```/gs)].map(([, command, shown]) => ({
  command,
  shown,
}));

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

/** Members and text; numbers are what a model made of its data says. */
function outline(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(outline);
  if (typeof value === 'number') return 'number';
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, outline(member)]));
}

const curl = hasCurl() ? '' : ' (skipped: there is no curl)';
describe.skipIf(curl !== '')(`shell lines${curl}`, () => {
  it('are there', () => expect(examples).toHaveLength(5));

  it.each(examples)('$command', async ({ command, shown }) => {
    const here = command
      .replaceAll('127.0.0.1:3000', `127.0.0.1:${server.port}`)
      .replaceAll('curl ', 'curl --silent --show-error ');
    const { stdout } = await promisify(execFile)('sh', ['-c', here]);
    expect(outline(JSON.parse(stdout))).toEqual(outline(JSON.parse(shown)));
  });
});

function hasCurl(): boolean {
  try {
    execFileSync('curl', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
