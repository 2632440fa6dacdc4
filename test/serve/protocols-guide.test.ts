/** What docs/guide/serving-protocols.md shows is what happens. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BorealServer, serve } from '../../lib/serve/index.js';
import { readGuide, testShellLines, withPort } from '../support/shell-lines.js';
import { v2Models } from './v2/models.js';

const { BOREAL_TRITON_PYTHON: python } = process.env;

let server: BorealServer;
beforeAll(async () => {
  const { price, verdict, matrix } = await v2Models();
  const models = { houses: price, verdicts: verdict, flowers: matrix };
  server = await serve(models, { port: 0, handleSignals: false });
});
afterAll(() => server.close());

testShellLines('serving-protocols.md', 7, () => server.port);

const triton =
  python === undefined ? ' (skipped: BOREAL_TRITON_PYTHON names no Python with tritonclient)' : '';
const title = `the script of Triton's client says what it says${triton}`;
it.skipIf(python === undefined)(title, { timeout: 60_000 }, async () => {
  const scripts = [...readGuide('serving-protocols.md').matchAll(/```python\n(.*?)```/gs)];
  expect(scripts).toHaveLength(1);
  const { stdout } = await promisify(execFile)(python!, ['-c', withPort(scripts[0][1], server.port)]);
  expect(stdout.replaceAll('\n', '')).toBe('[[0] [1]]');
});
