/** The console in a real Chromium, against real servers of real models. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loadIris, RandomForestClassifier } from '../../lib/index.js';
import { type BorealServer, ModelRegistry, type ServeOptions, serve } from '../../lib/serve/index.js';
import { chromiumPath, launch } from '../../scripts/chromium.mjs';
import { open } from './console-browser.js';
import { houseAt, post, priceModel, verdictModel } from './support.js';

const KEY = 'sesame-sesame-sesame';
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const { data, target, featureNames, targetNames } = loadIris();
const flower = (i: number) => Object.fromEntries(featureNames.map((name, j) => [name, data.data[i * 4 + j]]));

function irisModel(nEstimators = 20) {
  const columns = featureNames.map((name, j) => [
    name,
    Float64Array.from(target, (_, i) => data.data[i * 4 + j]),
  ]);
  const labels = Array.from(target, (label) => targetNames[label]);
  return new RandomForestClassifier({ nEstimators, randomState: 1 }).fit(Object.fromEntries(columns), labels);
}

const [houses, verdicts, iris] = await Promise.all([priceModel(), verdictModel(), irisModel()]);

describe('the files', () => {
  let url: string;
  let server: BorealServer;
  beforeAll(async () => {
    server = await serve(houses, { port: 0, handleSignals: false });
    url = server.url;
  });
  afterAll(() => server.close());

  it('are small, and carry a policy that allows nothing inline and nothing from elsewhere', async () => {
    let total = 0;
    for (const file of ['console', 'docs', 'console/app.js', 'console/app.css', 'console/icon.svg']) {
      const response = await fetch(`${url}/${file}`);
      expect(response.status).toBe(200);
      const policy = response.headers.get('content-security-policy')!;
      expect(policy).toMatch("default-src 'none'");
      expect(policy).not.toMatch('unsafe');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      total += (await response.arrayBuffer()).byteLength;
    }
    expect(total).toBeLessThan(150 * 1024);
  });

  it('are sent again only when they have changed, and compressed to those who take that', async () => {
    const first = await fetch(`${url}/console/app.js`, { headers: { 'accept-encoding': 'gzip' } });
    expect(first.headers.get('content-encoding')).toBe('gzip');
    for (const etag of [first.headers.get('etag')!, `W/${first.headers.get('etag')}`]) {
      const again = await fetch(`${url}/console/app.js`, { headers: { 'if-none-match': etag } });
      expect([again.status, await again.text()]).toEqual([304, '']);
    }
  });

  it.each(['nothing.js', '..%2f..%2fpackage.json', '__proto__', 'toString', 'app.js.map'])(
    'are no others: %s',
    async (name) => {
      const response = await fetch(`${url}/console/${name}`);
      expect([response.status, (await response.json()) as object]).toMatchObject([
        404,
        { code: 'ERR_ROUTE' },
      ]);
    },
  );

  it('are not there when they are not wanted', async () => {
    const without = await serve(houses, { port: 0, handleSignals: false, console: false });
    for (const path of ['/console', '/docs', '/console/feed']) {
      expect((await fetch(without.url + path)).status).toBe(404);
    }
    await without.close();
  });

  it('need no key, but the data does', async () => {
    const locked = await serve(houses, { port: 0, handleSignals: false, apiKeys: [KEY] });
    expect((await fetch(`${locked.url}/console`)).status).toBe(200);
    expect((await fetch(`${locked.url}/console/feed`)).status).toBe(401);
    expect((await fetch(`${locked.url}/console/models/Pipeline/1`)).status).toBe(401);
    await locked.close();
  });
});

describe('the feed', () => {
  it('counts predictions second by second, and tells each second once', async () => {
    const server = await serve(houses, { port: 0, handleSignals: false });
    const read = async (since: unknown) => {
      const response = await fetch(`${server.url}/console/feed?since=${since}`);
      return (await response.json()) as { id: number; seconds: Record<string, number>[] };
    };
    for (let i = 0; i < 5; i++) await post(`${server.url}/predict`, houseAt(i));
    await post(`${server.url}/predict`, {});
    let seconds: Record<string, number>[] = [];
    const sum = (key: string) => seconds.reduce((total, second) => total + second[key], 0);
    while (sum('requests') < 6) {
      seconds = seconds.concat((await read(seconds.at(-1)?.at ?? 0)).seconds);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect([sum('requests'), sum('refused'), sum('failed')]).toEqual([6, 1, 0]);
    const busy = seconds.find(({ requests }) => requests > 0)!;
    expect(busy.p50).toBeGreaterThan(0);
    expect(busy.p95).toBeGreaterThanOrEqual(busy.p50);
    expect(busy.p99).toBeGreaterThanOrEqual(busy.p95);
    expect(new Set(seconds.map(({ at }) => at)).size).toBe(seconds.length);
    expect(await read('soon')).toMatchObject({ code: 'ERR_REQUEST', field: 'since' });
    await server.close();
  });
});

describe.skipIf(chromiumPath === undefined)('in Chromium (skipped where there is none on the PATH)', () => {
  let browser: Browser;
  let server: BorealServer;
  let folder: string;
  beforeAll(async () => {
    browser = await launch();
    folder = await mkdtemp(join(tmpdir(), 'boreal-console-'));
  });
  afterEach(async () => {
    // A page left open goes on asking its server.
    await Promise.all(browser.contexts().map((context) => context.close()));
    await server?.close();
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const start = async (model: Parameters<typeof serve>[0], options: ServeOptions = {}) => {
    server = await serve(model, { port: 0, handleSignals: false, ...options });
    return server.url;
  };
  const goTo = (page: Page, name: string) => page.getByRole('tab', { name, exact: true }).click();
  const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor();
  /** What axe finds wrong. */
  const accessibility = async (page: Page) => {
    // The policy of the page forbids a script tag; what the debugger runs is not under it.
    if (await page.evaluate("typeof axe === 'undefined'")) await page.evaluate(axe);
    const { violations } = (await page.evaluate("axe.run({ resultTypes: ['violations'] })")) as {
      violations: { id: string; nodes: { html: string }[] }[];
    };
    return violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]);
  };

  it('shows models and versions; promotes and rolls back once it has an admin key', async () => {
    const registry = new ModelRegistry({ dir: join(folder, 'registry') });
    await registry.register(iris, { name: 'iris', version: '1' });
    await registry.promote('iris', '1');
    for (const version of ['2', '3']) await registry.register(iris, { name: 'iris', version });
    const url = await start(registry, {
      apiKeys: [{ name: 'admin', key: KEY, admin: true }],
    });
    const { page, offences } = await open(browser, `${url}/console`, { allowed: /401/ });
    await page.getByText('An API key is needed').waitFor();
    expect(await accessibility(page)).toEqual([]);
    await page.getByRole('button', { name: 'Enter a key' }).click();
    await page.getByLabel('Key', { exact: true }).fill('wrong-wrong-wrong');
    await page.getByRole('button', { name: 'Use key' }).click();
    await page.getByText('The API key or token is not valid.').waitFor();
    await page.getByRole('button', { name: 'Enter a key' }).click();
    await page.getByLabel('Key', { exact: true }).fill(KEY);
    await page.keyboard.press('Enter');
    await heading(page, 'iris');
    expect(await page.evaluate('Object.values(sessionStorage)')).toEqual([KEY]);
    expect(await page.evaluate('Object.keys(localStorage)')).toEqual([]);
    const first = page.getByRole('listitem').filter({ hasText: 'Version 1' });
    await first.getByText('production').waitFor();
    await page.getByRole('button', { name: 'Promote version 3 of iris' }).click();
    await page.getByText('iris: version 3 is in production.').waitFor();
    await page.getByRole('listitem').filter({ hasText: 'Version 3' }).getByText('production').waitFor();
    await page.getByRole('button', { name: 'Roll back' }).click();
    await page.getByText('iris: back to version 1.').waitFor();
    await first.getByText('production').waitFor();
    await page.getByRole('button', { name: 'Roll back' }).click();
    await page.getByText("has no version before '1'").waitFor();
    expect(await accessibility(page)).toEqual([]);
    expect(offences.filter((text) => !/409/.test(text))).toEqual([]);
  });

  it('makes a form from the columns and draws the probabilities', async () => {
    const url = await start(iris);
    const { page, offences } = await open(browser, `${url}/console#try`);
    await page.getByRole('spinbutton').first().waitFor();
    expect(await page.getByRole('spinbutton').count()).toBe(4);
    await page.getByRole('spinbutton').nth(2).fill('1.4');
    await page.getByRole('spinbutton').nth(3).fill('0.2');
    await page.getByRole('button', { name: 'Predict' }).click();
    await page.locator('.bars li').first().waitFor();
    const row = await page.getByRole('region', { name: 'The same with curl' }).textContent();
    const { body } = await post(`${url}/predict`, /-d '(.*)'/.exec(row ?? '')![1]);
    expect(await page.locator('.big').textContent()).toBe(String(body.prediction));
    expect(await page.locator('.bars li').count()).toBe(3);
    expect(await page.locator('.bars li.best').textContent()).toMatch(String(body.prediction));
    expect(await accessibility(page)).toEqual([]);
    expect(offences).toEqual([]);
  });

  it('has selects, checkboxes and missing values; draws an interval; says what the model refuses', async () => {
    const url = await start({ houses, verdict: verdicts });
    const { page, offences } = await open(browser, `${url}/console#try`, { allowed: /400/ });
    await page.getByLabel('town').selectOption('Turku');
    await page.getByLabel('garden', { exact: true }).check();
    await page.getByRole('checkbox', { name: 'missing' }).check();
    await page.getByRole('button', { name: 'Predict' }).click();
    await page.locator('.range .mark').waitFor();
    expect(await page.locator('.range').textContent()).toMatch(/90.0 % of the trees say/);
    expect(await page.getByRole('region', { name: 'The same with curl' }).textContent()).toMatch(
      /"age":null,"garden":true,"town":"Turku"/,
    );
    await page.getByRole('spinbutton').first().fill('1e999');
    await page.getByLabel('Model').selectOption({ label: 'verdict, version 1 (production)' });
    await page.getByText('Press Predict to ask the model.').waitFor();
    await page.getByRole('button', { name: 'Predict' }).click();
    await page.locator('.bars li').first().waitFor();
    await page.getByRole('spinbutton').first().fill('1e300');
    await page.getByText('Outside the training range').waitFor();
    expect(await accessibility(page)).toEqual([]);
    expect(offences).toEqual([]);
  });

  it('draws what happens, and goes on after the server was started again', async () => {
    const url = await start(houses);
    const { page, offences } = await open(browser, `${url}/console#live`, { allowed: /net::ERR_|400/ });
    await page.getByText('No predictions in the last five minutes').waitFor();
    for (let i = 0; i < 60; i++) await post(`${url}/predict`, houseAt(i));
    await post(`${url}/predict`, {});
    const total = page.locator('.tile').filter({ hasText: 'Requests in 5 minutes' });
    await total.getByText('61', { exact: true }).waitFor();
    expect(await page.locator('canvas').count()).toBe(6);
    expect(await accessibility(page)).toEqual([]);
    const { port } = server;
    await server.close();
    await page.getByText('The server does not answer.').waitFor();
    expect(await accessibility(page)).toEqual([]);
    await start(houses, { port });
    await page.getByText('No predictions in the last five minutes').waitFor();
    await post(`${url}/predict`, houseAt(1));
    await total.getByText('1', { exact: true }).waitFor();
    await page.getByText('The server does not answer.').waitFor({ state: 'detached' });
    expect(offences).toEqual([]);
  });

  it('shows the API at /docs, below a prefix too, and tries it', async () => {
    const url = await start(houses, { prefix: '/ml' });
    const { page, offences } = await open(browser, `${url}/ml/docs`);
    await heading(page, 'Predictions');
    const predict = page.locator('details').filter({ has: page.getByText('/predict', { exact: true }) });
    await predict.locator('summary').click();
    await predict.getByRole('button', { name: 'Send' }).click();
    const answer = predict.getByRole('region', { name: /^Status 200/ });
    expect(JSON.parse((await answer.textContent()) ?? '')).toHaveProperty('interval.lower');
    expect(await predict.getByRole('region', { name: 'The same with curl' }).textContent()).toMatch(
      `curl -X POST '${url}/ml/predict'`,
    );
    expect(await accessibility(page)).toEqual([]);
    expect(offences).toEqual([]);
  });

  it('works by keyboard alone', async () => {
    const url = await start(iris);
    const { page, offences } = await open(browser, `${url}/console`);
    await heading(page, 'Models');
    const focused = () => page.evaluate<string>('document.activeElement.textContent');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to content');
    expect(
      await page.evaluate<number>('document.activeElement.getBoundingClientRect().left'),
    ).toBeGreaterThan(0);
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Overview');
    const outline = () => page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle');
    expect(await outline()).toBe('solid');
    await page.keyboard.press('ArrowRight');
    expect(await focused()).toBe('Try');
    await page.getByRole('spinbutton').first().waitFor();
    await page.keyboard.press('End');
    expect(await focused()).toBe('API');
    await page.keyboard.press('ArrowRight');
    expect(await focused()).toBe('Overview');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    await page.getByRole('spinbutton').first().waitFor();
    // One stop for all tabs: the tools come next, then the form.
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('API key');
    for (let i = 0; i < 30 && (await focused()) !== 'Predict'; i++) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('.bars li').first().waitFor();
    expect(offences).toEqual([]);
  });

  it('is dark where the system is, and on demand', async () => {
    const url = await start(iris);
    const { page, offences } = await open(browser, `${url}/console#try`, { colorScheme: 'dark' });
    const background = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    await page.getByRole('spinbutton').first().waitFor();
    await expect.poll(background).toBe('rgb(15, 21, 19)');
    await page.getByRole('button', { name: 'Predict' }).click();
    await page.locator('.bars li').first().waitFor();
    expect(await accessibility(page)).toEqual([]);
    await page.getByRole('button', { name: 'Dark' }).click();
    await expect.poll(background).toBe('rgb(246, 247, 246)');
    await page.reload();
    await page.getByRole('spinbutton').first().waitFor();
    await expect.poll(background).toBe('rgb(246, 247, 246)');
    expect(offences).toEqual([]);
  });

  it('says how to send outcomes where there are none', async () => {
    const { page, offences } = await open(browser, `${await start(iris)}/console#ab`);
    await page.getByText('No feedback yet').waitFor();
    await page.getByRole('region', { name: 'An outcome' }).waitFor();
    expect(await accessibility(page)).toEqual([]);
    expect(offences).toEqual([]);
  });

  it('says how far it is from a comparison with the training', async () => {
    const { page, offences } = await open(browser, `${await start(houses)}/console#drift`);
    await page.getByText('Too few predictions yet').waitFor();
    expect(await accessibility(page)).toEqual([]);
    expect(offences).toEqual([]);
  });

  describe('of a server with models, versions, traffic, outcomes and drift', () => {
    let busy: BorealServer;
    beforeAll(async () => {
      const registry = new ModelRegistry({ dir: join(folder, 'busy') });
      await registry.register(houses, { name: 'houses', version: '1' });
      for (const version of ['1', '2']) await registry.register(iris, { name: 'iris', version });
      const traffic = { iris: { variants: { 1: 1, 2: 1 } } };
      busy = await serve(registry, { port: 0, handleSignals: false, traffic });
      await post(`${busy.url}/models/houses/predict_batch`, {
        rows: Array.from({ length: 200 }, (_, i) => ({ ...houseAt(i % 120), rooms: 7 })),
      });
      for (let i = 0; i < 300; i++) {
        const { headers } = await post(`${busy.url}/models/iris/predict`, flower(i % 150));
        const reward = headers.get('x-boreal-variant') === '1' ? i % 3 === 0 : i % 5 !== 0;
        await post(`${busy.url}/feedback`, { id: headers.get('x-boreal-prediction-id'), reward });
      }
    });
    afterAll(() => busy?.close());

    it('compares variants by their outcomes', async () => {
      const { page, offences } = await open(browser, `${busy.url}/console#ab`);
      const winner = page.getByRole('row').filter({ hasText: 'winner' });
      expect(await winner.textContent()).toMatch(/^2/);
      expect(await winner.locator('.interval').textContent()).toMatch(/% to \d/);
      expect(await page.locator('.verdict.good').textContent()).toMatch('unlikely to be chance');
      expect(offences).toEqual([]);
    });

    it('draws what a model is asked over what it was trained on, the worst first', async () => {
      const { page, offences } = await open(browser, `${busy.url}/console#drift`);
      const report = page.getByRole('region', { name: 'houses, version 1', exact: true });
      const first = report.locator('.card').first();
      await first.getByText('drifted').waitFor();
      expect(await first.getByRole('heading').textContent()).toBe('rooms');
      expect(await report.locator('svg').count()).toBe(4);
      expect(offences).toEqual([]);
    });

    // Colours depend on the theme, and what fits on the width: not both on both.
    it.each([
      ['light', 1200],
      ['dark', 360],
    ] as const)(
      'has no view that axe objects to or that is too wide: %s, %i pixels',
      async (theme, width) => {
        const { page, offences } = await open(browser, `${busy.url}/console`, {
          width,
          height: 740,
          colorScheme: theme,
        });
        for (const [name, shown] of VIEWS) {
          await goTo(page, name);
          await page.locator(shown).first().waitFor();
          expect([name, await accessibility(page)]).toEqual([name, []]);
          const scrolled = await page.evaluate<number>('document.documentElement.scrollWidth');
          expect([name, scrolled]).toEqual([name, width]);
        }
        expect(offences).toEqual([]);
      },
    );
  });
});

/** The views, and what is there once their data is. */
const VIEWS = [
  ['Overview', '.versions li'],
  ['Try', '.fields'],
  ['Live', 'canvas'],
  ['Drift', '.histogram'],
  ['A/B', '.interval'],
  ['API', '.operation'],
] as const;
