/** The curl lines of docs/guide/serving.md and the examples do what the guide says. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { serve } from '../../lib/serve/index.js';
import { priceModel } from './support.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A curl line as a fetch; only the flags that the guide uses. */
async function curl(command: string, url: string): Promise<Response> {
  const [, path] = /^curl http:\/\/127\.0\.0\.1:3000(\/\S*)/.exec(command)!;
  const body = / -d '([^']*)'/s.exec(command)?.[1];
  if (body === undefined) return fetch(url + path);
  const [, name, value] = / -H '([^:]+): ([^']+)'/.exec(command)!;
  return fetch(url + path, { method: 'POST', headers: { [name]: value }, body });
}

/** The names of the members at every level. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shape);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shape(member)]));
}

it('answers every curl line of the guide as the guide shows', async () => {
  const guide = await readFile(`${root}docs/guide/serving.md`, 'utf8');
  const server = await serve(await priceModel(), { port: 0, handleSignals: false });
  const blocks = [...guide.matchAll(/```sh\n(.*?)```(?:\n\n```json\n(.*?)```)?/gs)];
  expect(blocks).toHaveLength(6);
  for (const [, command, shown] of blocks) {
    const response = await curl(command.replaceAll('\\\n', ''), server.url);
    const body = await response.json();
    expect(response.status).toBe(shown?.includes('"error"') ? 400 : 200);
    if (shown !== undefined) expect(shape(body)).toEqual(shape(JSON.parse(shown)));
    if (shown?.includes('"error"')) expect(body).toEqual(JSON.parse(shown));
  }
  await server.close();
});

it.concurrent.each(
  ['fastify', 'node-http', 'express', 'koa', 'hono', 'fetch'].map((host) => `embed-${host}`),
)('runs examples/%s.mjs', async (name) => {
  const { stdout } = await promisify(execFile)(process.execPath, [`${root}examples/${name}.mjs`]);
  expect(stdout).toMatch(/prediction: 0.*probabilities.*my own page/s);
});
