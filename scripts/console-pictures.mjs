/**
 * Pictures of the console for the documentation: npm run console:pictures, after a build, with Chromium on the PATH. What
 * they show is a real server at work, for the minute and more that its charts are wide; take them on
 * a machine that does nothing else.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import {
  ColumnTransformer,
  dropColumns,
  loadCaliforniaHousing,
  loadIris,
  makePipeline,
  OneHotEncoder,
  RandomForestClassifier,
  RandomForestRegressor,
  SimpleImputer,
} from '../dist/index.js';
import { ModelRegistry, serve } from '../dist/serve/index.js';
import { launch } from './chromium.mjs';
import { root } from './files.mjs';

const SECONDS = 75;
const WIDTH = 1180;
const MAX_HEIGHT = 860;

const iris = loadIris();
const flower = (i) => Array.from(iris.data.data.subarray(4 * i, 4 * i + 4));
const species = Array.from(iris.target, (label) => iris.targetNames[label]);
const flowers = Object.fromEntries(
  iris.featureNames.map((name, j) => [name, species.map((_, i) => flower(i)[j])]),
);
const { table } = loadCaliforniaHousing();
const houses = dropColumns(table, 'median_house_value');
const house = (i) => Object.fromEntries(Object.entries(houses).map(([name, values]) => [name, values[i]]));
/** What the live rows come from: the north, while the model was trained on all of the state. */
const north = Array.from(houses.latitude.keys()).filter((i) => houses.latitude[i] > 37);

/** A registry of two versions of a classifier, one of which is not good, and a regressor. */
async function makeModels(dir) {
  const registry = new ModelRegistry({ dir });
  const prepare = new ColumnTransformer([
    ['numbers', new SimpleImputer({ strategy: 'median' }), { kind: 'number' }],
    ['place', new OneHotEncoder({ handleUnknown: 'ignore' }), ['ocean_proximity']],
  ]);
  const forest = new RandomForestRegressor({ nEstimators: 30, minSamplesLeaf: 5, randomState: 0 });
  const housing = await makePipeline(prepare, forest).fit(houses, table.median_house_value);
  await registry.register(housing, { name: 'housing', version: '1' });
  for (const [version, maxDepth] of [
    ['1', 1],
    ['2', null],
  ]) {
    const classifier = new RandomForestClassifier({ nEstimators: 50, maxDepth, randomState: 0 });
    await registry.register(await classifier.fit(flowers, species), { name: 'iris', version });
  }
  await registry.promote('iris', '1');
  return registry;
}

async function post(url, body) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return { headers: response.headers, body: await response.json() };
}

/** Asks the server more and less, with a mistake now and then, and tells what became of the flowers. */
async function keepBusy(url, stopped) {
  for (let i = 0; !stopped(); i++) {
    const rate = 9 + 6 * Math.sin(i / 40) + (i % 7) / 2;
    const row = house(north[(i * 7919) % north.length]);
    const asked = Array.from({ length: Math.round(rate / 5) }, () => post(`${url}/predict`, row));
    if (i % 11 === 0) asked.push(post(`${url}/predict_batch`, [row, row, row, row, row, row]));
    if (i % 60 === 0) asked.push(post(`${url}/predict`, { ...row, total_rooms: 'many' }));
    const answer = await post(`${url}/models/iris/predict`, flower(i % 150));
    const id = answer.headers.get('x-boreal-prediction-id');
    asked.push(post(`${url}/feedback`, { id, label: species[i % 150] }));
    await Promise.all(asked);
    await sleep(100);
  }
}

/** Takes the page from its top to the end of what it shows, or as much of it as a reader wants to scroll past. */
async function shoot(page, name) {
  const height = await page.evaluate(() => {
    scrollTo(0, 0);
    return Math.ceil(document.querySelector('#panel').getBoundingClientRect().bottom) + 16;
  });
  await page.setViewportSize({ width: WIDTH, height: Math.min(height, MAX_HEIGHT) });
  await sleep(500);
  const to = join(root, 'docs/img', `console-${name}.png`);
  const { size } = await sharp(await page.screenshot())
    .png({ palette: true, quality: 90, effort: 10 })
    .toFile(to);
  console.log(`${to}: ${Math.round(size / 1024)} KB`);
}

await mkdir(join(root, 'docs/img'), { recursive: true });
const folder = await mkdtemp(join(tmpdir(), 'boreal-pictures-'));
const traffic = { iris: { variants: { 1: 1, 2: 1 } } };
const server = await serve(await makeModels(folder), { port: 0, traffic, feedback: {} });
const browser = await launch();
let stop = false;
const busy = keepBusy(server.url, () => stop);
try {
  await sleep(1000 * SECONDS);
  for (const colorScheme of ['light', 'dark']) {
    const context = await browser.newContext({ colorScheme });
    const page = await context.newPage();
    const open = async (view, shown) => {
      await page.setViewportSize({ width: WIDTH, height: 600 });
      await page.goto(`${server.url}/console#${view}`);
      await page.locator(shown).first().waitFor();
    };
    await open('live', 'canvas');
    await sleep(1000);
    await shoot(page, `live-${colorScheme}`);
    if (colorScheme === 'dark') continue;
    await open('drift', '.histogram');
    await shoot(page, 'drift');
    await open('ab', '.interval');
    await shoot(page, 'ab');
    await open('try', '.fields');
    await page.getByRole('button', { name: 'Predict' }).click();
    await page.locator('.big').waitFor();
    await shoot(page, 'try');
  }
} finally {
  stop = true;
  await busy;
  await browser.close();
  await server.close();
  await rm(folder, { recursive: true });
}
