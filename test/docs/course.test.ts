/** The programs of examples/course run as a reader would run them, and find what they should. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../support/examples.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'boreal-course-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = async (name: string) => {
  const own = join(folder, name);
  const file = join(root, 'examples/course', `${name}.mjs`);
  const { stdout } = await promisify(execFile)(process.execPath, [file, own], { timeout: 240_000 });
  return {
    stdout,
    files: (await readdir(own).catch(() => [])).sort(),
    at: (file: string) => join(own, file),
  };
};
const number = (pattern: RegExp, text: string) => Number(pattern.exec(text)?.[1] ?? Number.NaN);
const isPicture = async (path: string) => {
  const { format, width } = await sharp(path).metadata();
  expect([path, format]).toEqual([path, 'png']);
  expect(width).toBeGreaterThan(300);
};

test('each is in the list of the folder, and the list has no other', async () => {
  const readme = await readFile(join(root, 'examples/course/README.md'), 'utf8');
  const named = [...readme.matchAll(/\]\(([\w-]+\.mjs)\)/g)].map((match) => match[1]);
  const files = await readdir(join(root, 'examples/course'));
  expect(named.sort()).toEqual(files.filter((file) => file.endsWith('.mjs')).sort());
});

test('iris-api trains, saves, serves and answers', { timeout: 240_000 }, async () => {
  const { stdout, files } = await run('iris-api');
  expect(number(/held out: ([\d.]+)/, stdout)).toBeGreaterThan(0.85);
  expect(stdout).toContain('One flower: setosa');
  expect(stdout).toContain("Two flowers: [ 'setosa', 'virginica' ]");
  expect(stdout).toContain('A mistake: 400 ERR_REQUEST');
  expect(files).toEqual(['iris.boreal']);
});

test('house-prices compares two models and writes a report', { timeout: 240_000 }, async () => {
  const { stdout, files, at } = await run('house-prices');
  expect(stdout).toContain('Prices go most with median_income (r = 0.69)');
  const [ridge, boosting] = [number(/ridge: R2 ([\d.]+)/, stdout), number(/boosting: R2 ([\d.]+)/, stdout)];
  expect(ridge).toBeGreaterThan(0.62);
  expect(boosting).toBeGreaterThan(0.82);
  expect(files).toEqual(['correlations.png', 'house-prices.html']);
  await isPicture(at('correlations.png'));
  expect(await readFile(at('house-prices.html'), 'utf8')).toContain('What the model relies on');
});

test('three-models compares classifiers and draws what they do', { timeout: 240_000 }, async () => {
  const { stdout, files, at } = await run('three-models');
  const aucs = [...stdout.matchAll(/\(AUC ([\d.]+)\)/g)].map((match) => Number(match[1]));
  expect(aucs.length).toBe(3);
  for (const auc of aucs) expect(auc).toBeGreaterThan(0.95);
  expect(stdout).toMatch(/benign +[\d.]+/);
  const names = ['calibration', 'confusion', 'importances', 'roc', 'shap', 'waterfall'];
  expect(files).toEqual(names.map((name) => `${name}.png`));
  for (const file of files) await isPicture(at(file));
});

test('search finds parameters that do well on rows held out', { timeout: 240_000 }, async () => {
  const { stdout, files, at } = await run('search');
  expect(number(/Grid: 8 candidates, best ([\d.]+)/, stdout)).toBeGreaterThan(0.95);
  expect(number(/Held out: grid ([\d.]+)/, stdout)).toBeGreaterThan(0.9);
  expect(files).toEqual(['validation.png', 'wine.boreal']);
  await isPicture(at('validation.png'));
});

test('drift tells the north from the south, and nothing from nothing', { timeout: 240_000 }, async () => {
  const { stdout } = await run('drift');
  expect(stdout).toMatch(/South: R2 0\.[6-9]\d, drift none/);
  expect(stdout).toMatch(/North: R2 -?\d\.\d\d, drift of .*latitude/);
  expect(number(/North: R2 (-?[\d.]+)/, stdout)).toBeLessThan(number(/South: R2 ([\d.]+)/, stdout));
});
