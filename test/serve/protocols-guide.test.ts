/** What docs/guide/serving-protocols.md shows is what happens: its shell lines run, by the real curl. */
import { execFile, execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BorealServer, serve } from '../../lib/serve/index.js';
import { v2Models } from './v2/models.js';

const run = promisify(execFile);
const guide = await readFile('docs/guide/serving-protocols.md', 'utf8');
const examples = [...guide.matchAll(/```sh\n(.*?)```\n\n```json\n(.*?)```/gs)].map(([, command, shown]) => ({
  command,
  shown,
}));
const scripts = [...guide.matchAll(/```python\n(.*?)```/gs)].map(([, script]) => script);
const { BOREAL_TRITON_PYTHON: python } = process.env;

let server: BorealServer;
beforeAll(async () => {
  const { price, verdict, matrix } = await v2Models();
  const models = { houses: price, verdicts: verdict, flowers: matrix };
  server = await serve(models, { port: 0, handleSignals: false });
});
afterAll(() => server.close());

const here = (text: string) => text.replaceAll('127.0.0.1:3000', `127.0.0.1:${server.port}`);

/** Members and text; numbers are what a model made of its data says. */
function outline(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(outline);
  if (typeof value === 'number') return 'number';
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, outline(member)]));
}

const curl = hasCurl() ? '' : ' (skipped: there is no curl)';
describe.skipIf(curl !== '')(`shell lines${curl}`, () => {
  it('are there', () => expect(examples).toHaveLength(7));

  it.each(examples)('$command', async ({ command, shown }) => {
    const strict = command.replaceAll('curl ', 'curl --silent --show-error --fail-with-body ');
    const { stdout } = await run('sh', ['-c', here(strict)]);
    expect(outline(JSON.parse(stdout))).toEqual(outline(JSON.parse(shown)));
  });
});

const triton =
  python === undefined ? ' (skipped: BOREAL_TRITON_PYTHON names no Python with tritonclient)' : '';
const title = `the script of Triton's client says what it says${triton}`;
it.skipIf(python === undefined)(title, { timeout: 60_000 }, async () => {
  expect(scripts).toHaveLength(1);
  const { stdout } = await run(python!, ['-c', here(scripts[0])]);
  expect(stdout.replaceAll('\n', '')).toBe('[[0] [1]]');
});

function hasCurl(): boolean {
  try {
    execFileSync('curl', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
