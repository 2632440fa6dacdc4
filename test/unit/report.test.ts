/** Reports: what they say, that they are one file without scripts, and how they look to a browser and to axe. */

import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import {
  accuracyScore,
  ColumnTransformer,
  GaussianNB,
  loadDiabetes,
  loadIris,
  makePipeline,
  OneHotEncoder,
  plot,
  RandomForestClassifier,
  RandomForestRegressor,
  Ridge,
  report,
  rootMeanSquaredError,
  SimpleImputer,
  StandardScaler,
} from '../../lib/index.js';
import { chromiumPath, launch } from '../../scripts/chromium.mjs';

const { data, target, featureNames, targetNames } = loadIris();
const diabetes = loadDiabetes();
const EVIL = `<img src=x onerror="alert(1)">'&`;
const table = {
  [EVIL]: Array.from({ length: 80 }, (_, i) => (i % 11 === 3 ? null : (i * 7) % 10)),
  town: Array.from({ length: 80 }, (_, i) => [EVIL, 'Rome', 'Oslo'][i % 3]),
  constructor: Array.from({ length: 80 }, (_, i) => i % 5 < 2),
};
const verdict = Array.from({ length: 80 }, (_, i) => ((i * 7) % 10 > 4 || i % 3 === 1 ? EVIL : 'no'));
const prepare = new ColumnTransformer([
  ['numbers', new SimpleImputer(), [EVIL, 'constructor']],
  ['town', new OneHotEncoder(), ['town']],
]);
const evil = await makePipeline(prepare, new RandomForestClassifier({ nEstimators: 5, randomState: 0 })).fit(
  table,
  verdict,
);
const bayes = await new GaussianNB().fit(data, target);
const ridge = await makePipeline(new StandardScaler(), new Ridge()).fit(diabetes.data, diabetes.target);
const irises = await report(bayes, data, target, { featureNames, targetNames, title: 'Irises' });

/** The text between tags. */
const textOf = (html: string) => html.replace(/<svg[\s\S]*?<\/svg>/g, ' ').replace(/<[^>]*>/g, ' ');

describe('a report', () => {
  test('of a classifier has its scores, curves, importances and data', async () => {
    const accuracy = accuracyScore(target, (await bayes.predict(data)) as number[]);
    const text = textOf(irises);
    expect(text).toContain(`Accuracy  ${Number(accuracy.toPrecision(4))}`);
    for (const words of [
      'Irises',
      'GaussianNB',
      '150 rows',
      'versicolor',
      'petal width (cm)',
      'ROC AUC',
      'Log loss',
    ])
      expect(text).toContain(words);
    const pictures = [...irises.matchAll(/<svg role="img" aria-label="([^"]*)"/g)].map(([, label]) => label);
    expect(pictures.map((label) => label.split(/[.:]/)[0])).toEqual([
      ...['Confusion matrix', 'ROC curve', 'Precision and recall', 'Calibration', 'Feature importances'],
      ...[
        'Histograms of sepal length (cm), sepal width (cm), petal length (cm), petal width (cm)',
        'Correlations',
      ],
    ]);
    expect(text).toContain('when a column is shuffled');
  });

  test('of a regressor has residuals and the numbers that its pipeline reads', async () => {
    const html = await report(ridge, diabetes.data, diabetes.target, { theme: 'dark' });
    const error = rootMeanSquaredError(diabetes.target, (await ridge.predict(diabetes.data)) as Float64Array);
    expect(textOf(html)).toContain(`Root mean squared error  ${Number(error.toPrecision(4))}`);
    expect(textOf(html)).toContain('Pipeline that ends in Ridge: alpha 1');
    expect(textOf(html)).toContain('Absolute coefficients');
    expect(html).toContain('color-scheme: dark');
  });

  test('is the same each time, and leaves out what it is told to', async () => {
    expect(await report(bayes, data, target, { featureNames, targetNames, title: 'Irises' })).toBe(irises);
    const short = await report(bayes, data, target, { importances: null, maxColumns: 0 });
    expect(short).not.toContain('What the model relies on');
    expect(short).not.toContain('Histograms');
  });

  test('of few rows, of one class among them, of a model without probabilities', async () => {
    const one = await report(bayes, data.slice(0, 3), target.slice(0, 3));
    expect(textOf(one)).not.toContain('ROC AUC');
    const single = await report(ridge, diabetes.data.slice(0, 1), diabetes.target.slice(0, 1));
    expect(textOf(single)).toContain('Mean absolute error');
    expect(single).not.toMatch(/NaN|undefined/);
    const numbers = await new RandomForestRegressor({ nEstimators: 2, randomState: 0 }).fit(
      [[1], [2], [3]],
      [1, 2, 3],
    );
    expect(await report(numbers, [[1], [2]], [1, 2])).toContain('R²');
  });

  test('escapes names, and has no scripts and nothing from elsewhere', async () => {
    for (const html of [await report(evil, table, verdict, { title: EVIL }), irises]) {
      const tags = html
        .match(/<[^>]*>/g)!
        .join('')
        .replace(/"[^"]*"/g, '""');
      expect(tags).not.toMatch(/<(?:script|img|link|iframe|object|use|image)| on\w+=| style=|(?:src|href)=/i);
      expect(html).not.toMatch(/@import|url\((?!#)/);
      expect(html).toMatch(/content="default-src 'none'; style-src 'sha256-/);
    }
  });

  test('refuses what it cannot use', async () => {
    const code = (...given: Parameters<typeof report>) =>
      report(...given).then(
        () => 'none',
        (error) => error.code,
      );
    expect(await code(new GaussianNB(), data, target)).toBe('ERR_NOT_FITTED');
    expect(await code(await new StandardScaler().fit(data), data, target)).toBe('ERR_NOT_SUPPORTED');
    expect(await code(bayes, data, target.slice(1))).toBe('ERR_SHAPE');
    expect(
      await code(
        bayes,
        data,
        Array.from(target, () => 7),
      ),
    ).toBe('ERR_LABELS');
    for (const options of [
      { theme: 'pink' },
      { colour: 1 },
      { nRepeats: 0 },
      { importances: 'some' },
      { title: 7 },
    ])
      expect(await code(bayes, data, target, options as never)).toBe('ERR_PARAMETER');
    expect(await code(bayes, data, target, { signal: AbortSignal.abort() })).toBe('ERR_ABORTED');
  });
});

describe.skipIf(chromiumPath === undefined)('in Chromium (skipped where there is none on the PATH)', () => {
  let browser: Browser;
  let server: Server;
  let url: string;
  let pages: Map<string, string>;
  beforeAll(async () => {
    pages = new Map([
      ['/classifier', irises],
      ['/regressor', await report(ridge, diabetes.data, diabetes.target, { theme: 'dark' })],
      ['/evil', await report(evil, table, verdict, { title: EVIL })],
      ['/plot', await plot.confusionMatrix(target, target, { targetNames, theme: 'dark' }).toHTML()],
    ]);
    server = createServer((request, response) => {
      // What a server that is strict sends: the style of the page is allowed by its own policy, and by its hash here too.
      const html = pages.get(request.url!);
      const hash = /style-src ('sha256-[^']+')/.exec(html ?? '')?.[1];
      response.writeHead(html === undefined ? 404 : 200, {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': `default-src 'none'; style-src ${hash}`,
      });
      response.end(html);
    }).listen(0);
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await launch();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  it.each(['classifier', 'regressor', 'evil', 'plot'])(
    '/%s is whole under a strict policy, and axe finds nothing',
    async (name) => {
      const page = await browser.newPage();
      const said: string[] = [];
      page.on('console', (message) => said.push(message.text()));
      page.on('pageerror', (error) => said.push(String(error)));
      page.on('request', (request) => said.push(request.url()));
      page.on('dialog', (dialog) => said.push(dialog.message()));
      await page.goto(`${url}/${name}`);
      expect(said).toEqual([`${url}/${name}`]);
      expect(await page.evaluate('getComputedStyle(document.body).margin')).toBe('0px');
      await page.evaluate(
        await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'),
      );
      const { violations } = (await page.evaluate('axe.run()')) as {
        violations: { id: string; nodes: unknown[] }[];
      };
      expect(violations.map(({ id, nodes }) => [id, nodes.length])).toEqual([]);
      await page.close();
    },
  );
});
