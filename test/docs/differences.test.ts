/** docs/sklearn-differences.md says of each of scikit-learn's estimators what there is of it, and only what is so. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as boreal from '../../lib/index.js';
import * as nn from '../../lib/nn/index.js';
import { readGolden } from '../golden/read.js';
import { root } from '../support/examples.ts';

const { modules, metrics } = readGolden<{ modules: Record<string, string[]>; metrics: string[] }>(
  'estimator-names',
);
const exported = new Set([...Object.keys(boreal), ...Object.keys(nn)]);
const page = readFileSync(join(root, 'docs/sklearn-differences.md'), 'utf8');

/** Of a table of the page: the names of a row, and what it says of them. */
const rowsOf = (section: string) =>
  page
    .split(`## ${section}\n`)[1]
    .split('\n## ')[0]
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => {
      const [, first, ...rest] = line.split('|');
      return { names: [...first.matchAll(/`(\w+)/g)].map(([, name]) => name), state: rest.join('|').trim() };
    });
const rows = rowsOf('By module');
const metricRows = rowsOf('Metrics');
const stateOf = (name: string) => rows.find(({ names }) => names.includes(name))?.state;

describe.each(Object.entries(modules))('%s', (_, names) => {
  test.each(names)('%s has a row that says whether it is here', (name) => {
    const state = stateOf(name);
    expect(state, 'its row').toBeDefined();
    const isElsewhere = /^(none yet|deprecated there|`plot\.)/.test(state as string);
    expect(exported.has(name), `it is exported, and its row says: ${state}`).toBe(!isElsewhere);
  });
});

test('no estimator has two rows', () => {
  const all = rows
    .flatMap(({ names }) => names)
    .filter((name) => Object.values(modules).flat().includes(name));
  expect(all.filter((name, k) => all.indexOf(name) !== k)).toEqual([]);
});

describe('metrics', () => {
  const camel = (name: string) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

  test.each(metrics)('%s has one row that says whether it is here', (name) => {
    const own = metricRows.filter(({ names }) => names.includes(name));
    expect(own.length, 'rows').toBe(1);
    const [{ state }] = own;
    const isElsewhere = /^(none yet|`plot\.)/.test(state);
    const ours = /^named `(\w+)`/.exec(state)?.[1] ?? camel(name);
    expect(exported.has(ours), `${ours} is exported, and its row says: ${state}`).toBe(!isElsewhere);
  });
});
