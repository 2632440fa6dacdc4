import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../lib/errors.ts';
import {
  docExamples,
  markdownExamples,
  root,
  runExample,
  runExamples,
  toModule,
} from '../support/examples.ts';

describe('docs/errors.md', () => {
  const page = readFileSync(join(root, 'docs/errors.md'), 'utf8');
  const documented = [...page.matchAll(/^\| `(ERR_\w+)` \|/gm)].map((match) => match[1]);

  it('lists each code once, and no other', () => {
    expect(documented.sort()).toEqual(Object.keys(ERROR_CODES).sort());
  });

  it('says when each is thrown, in the words of the source', () => {
    for (const words of Object.values(ERROR_CODES)) expect(page).toContain(words);
  });
});

describe('TSDoc examples', () => {
  const examples = docExamples();
  let failures: ReadonlyMap<string, string>;
  beforeAll(async () => {
    failures = await runExamples(examples);
  }, 240_000);

  it('are found', () => {
    expect(examples.length).toBeGreaterThan(20);
  });

  it.each(examples)('$name runs and gives what it says', ({ name }) => {
    expect(failures.get(name)).toBeUndefined();
  });

  it('mostly assert something', () => {
    const asserting = examples.filter((example) => toModule(example).assertions > 0);
    expect(asserting.length / examples.length).toBeGreaterThan(0.7);
  });
});

describe('README', () => {
  it('has one example, which trains, serves and answers the request shown below it', {
    timeout: 240_000,
  }, async () => {
    const [example, ...more] = markdownExamples('README.md');
    expect(more).toEqual([]);
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const body = /-d '(\{[\s\S]*?\})'/.exec(readme)?.[1];
    const epilogue = `
      const answer = await (await fetch(server.url + '/predict', {
        method: 'POST', headers: { 'content-type': 'application/json' }, body: ${JSON.stringify(body)} })).json();
      console.log('ANSWER', JSON.stringify(answer));
      await server.close();`;
    const freePort = { ...example, code: example.code.replace('port: 3000', 'port: 0') };
    const output = await runExample(freePort, epilogue);
    const r2 = Number(/R2 ([\d.]+)/.exec(output)?.[1]);
    expect(r2).toBeGreaterThan(0.8);
    const answer = JSON.parse(/ANSWER (.*)/.exec(output)?.[1] ?? '{}');
    expect(answer.prediction).toBeGreaterThan(200_000);
    expect(answer.interval.lower).toBeLessThanOrEqual(answer.interval.upper);
  });
});
