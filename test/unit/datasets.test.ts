import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Dataset,
  loadBreastCancer,
  loadCaliforniaHousing,
  loadDiabetes,
  loadDigits,
  loadIris,
  loadWine,
  makeBlobs,
  makeCircles,
  makeClassification,
  makeMoons,
  makeRegression,
  missing,
  readCsv,
} from '../../lib/datasets/index.js';
import { readGolden } from '../golden/read.js';
import { expectClose, iterative } from '../support/tolerance.js';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const float64Hash = (values: ArrayLike<number>) => sha256(new Uint8Array(Float64Array.from(values).buffer));

describe('bundled data sets', () => {
  const golden = readGolden<{
    sets: Record<string, Record<'sha256' | 'target', string> & Record<'rows' | 'cols', number> & Names>;
    scaledDiabetes: string;
  }>('datasets');
  interface Names {
    featureNames: string[];
    targetNames: string[];
  }
  const loaders: [string, () => Dataset][] = [
    ['iris', loadIris],
    ['wine', loadWine],
    ['breastCancer', loadBreastCancer],
    ['digits', loadDigits],
    ['diabetes', () => loadDiabetes({ scaled: false })],
  ];

  test.each(loaders)('%s is what scikit-learn loads, bit for bit', (name, load) => {
    const { data, target, featureNames, targetNames } = load();
    const { rows, cols } = data;
    const found = {
      rows,
      cols,
      sha256: float64Hash(data.data),
      target: float64Hash(target),
      featureNames,
      targetNames,
    };
    expect(found).toEqual(golden.sets[name]);
  });

  test('diabetes is scaled by default as scikit-learn does it, bit for bit', () => {
    expect(float64Hash(loadDiabetes().data.data)).toBe(golden.scaledDiabetes);
  });

  test('California housing has numbers, missing values and a category', () => {
    const { table, featureNames, targetName } = loadCaliforniaHousing();
    expect(table.median_house_value).toHaveLength(20_640);
    expect(table.median_house_value.slice(0, 2)).toEqual(Float64Array.of(452_600, 358_500));
    expect(missing(table).filter((column) => column.missing > 0)).toEqual([
      { column: 'total_bedrooms', missing: 207, percent: (100 * 207) / 20_640 },
    ]);
    expect(new Set(table.ocean_proximity)).toEqual(
      new Set(['<1H OCEAN', 'INLAND', 'ISLAND', 'NEAR BAY', 'NEAR OCEAN']),
    );
    expect(featureNames).toHaveLength(9);
    expect(featureNames).not.toContain(targetName);
  });

  test('every file stands in data/README.md with its hash', () => {
    const folder = new URL('../../data/', import.meta.url);
    const readme = readFileSync(new URL('README.md', folder), 'utf8');
    const files = readdirSync(folder).filter((file) => file.endsWith('.gz'));
    expect(files).toHaveLength(6);
    for (const file of files) expect(readme).toContain(sha256(readFileSync(new URL(file, folder))));
  });
});

describe('readCsv', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'boreal-csv-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('infers the type of each column', async () => {
    const text =
      'n,b,t,id,x,none\r\n1,true,a,007,-1.5e3,\r\n,FALSE,NA,12a,inf,null\r\n.5,,"b, ""c""\nd",1,+2,NaN\r\n';
    expect(await readCsv(text)).toEqual({
      n: Float64Array.of(1, Number.NaN, 0.5),
      b: [true, false, null],
      t: ['a', null, 'b, "c"\nd'],
      id: ['007', '12a', '1'],
      x: Float64Array.of(-1500, Infinity, 2),
      none: new Float64Array(3).fill(Number.NaN),
    });
  });

  test('reads paths, file URLs and http URLs, with a byte order mark', async () => {
    const path = join(folder, 'a.csv');
    writeFileSync(path, '\ufeffname\tsize\nfjære\t2\n');
    const expected = { name: ['fjære'], size: Float64Array.of(2) };
    expect(await readCsv(path, { delimiter: '\t' })).toEqual(expected);
    expect(await readCsv(pathToFileURL(path), { delimiter: '\t' })).toEqual(expected);
    const tabs = join(folder, 'a.tsv');
    writeFileSync(tabs, readFileSync(path));
    expect(await readCsv(tabs)).toEqual(expected);

    const server = createServer((request, response) => {
      response.statusCode = request.url === '/a.tsv' ? 200 : 404;
      response.end(readFileSync(path));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      expect(await readCsv(new URL(`http://127.0.0.1:${port}/a.tsv`))).toEqual(expected);
      const wrong = readCsv(new URL(`http://127.0.0.1:${port}/b.tsv`));
      await expect(wrong).rejects.toMatchObject({ code: 'ERR_DATA_FILE' });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test('obeys its options', async () => {
    expect(await readCsv('1;a\n2;-\n', { header: false, delimiter: ';', missing: ['-'] })).toEqual({
      x0: Float64Array.of(1, 2),
      x1: ['a', null],
    });
    expect(await readCsv('1,2\n', { header: ['p', 'q'], types: { q: 'text' } })).toEqual({
      p: Float64Array.of(1),
      q: ['2'],
    });
    expect(await readCsv("# note\nname,size\n'a,b',1\n\n", { quote: "'", comment: '#' })).toEqual({
      name: ['a,b'],
      size: Float64Array.of(1),
    });
    expect(await readCsv('a,\n"x,y\n', { quote: null })).toEqual({ a: ['"x'], x1: ['y'] });
  });

  test('a column may be called __proto__', async () => {
    expect(Object.keys(await readCsv('__proto__,b\n1,2\n'))).toEqual(['__proto__', 'b']);
  });

  test.each([
    ['ERR_DATA_FILE', /Line 3: 1 fields/, 'a,b\n1,2\n3\n', {}],
    ['ERR_DATA_FILE', /Line 2: 3 fields/, 'a,b\n1,2,3\n', {}],
    ['ERR_DATA_FILE', /line/i, 'a,b\n"1,2\n3,4\n', {}],
    ['ERR_DATA_FILE', /Line 3: column 'a' holds "x"/, 'a,b\n1,2\nx,4\n', { types: { a: 'number' } }],
    ['ERR_DATA_FILE', /Line 2: column 'a' holds "1"/, 'a,b\n1,2\n', { types: { a: 'boolean' } }],
    ['ERR_DATA_FILE', /twice/, 'a,a\n1,2\n', {}],
    ['ERR_UNKNOWN_COLUMN', /'c'/, 'a,b\n1,2\n', { types: { c: 'text' } }],
    ['ERR_EMPTY', /no rows/, 'a,b\n', {}],
    ['ERR_DATA_FILE', /no-such-file/, 'no-such-file.csv', {}],
    ['ERR_DATA_FILE', /Cannot read/, '', {}],
  ] as const)('%s: %s, case %#', async (code, message, text, options) => {
    const promise = readCsv(text, options);
    await expect(promise).rejects.toMatchObject({ code });
    await expect(promise).rejects.toThrow(message);
  });
});

describe('synthetic data', () => {
  const moments = (values: Float64Array) => {
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return { mean, std: Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length) };
  };

  test.each([
    ['makeClassification', makeClassification],
    ['makeRegression', makeRegression],
    ['makeBlobs', makeBlobs],
    ['makeMoons', makeMoons],
    ['makeCircles', makeCircles],
  ] as const)('%s repeats itself for a seed and differs for another', (_, make) => {
    const options = { nSamples: 50, noise: 0.1, randomState: 5 };
    const { noise, ...withoutNoise } = options;
    const settings = make === makeClassification || make === makeBlobs ? withoutNoise : options;
    const sample = make(settings as never);
    expect(sample).toEqual(make(settings as never));
    expect(sample.X.data).not.toEqual(make({ ...settings, randomState: 6 } as never).X.data);
    expect(make().X.rows).toBe(100);
  });

  test('makeClassification: clusters on vertices, redundant and repeated columns, shares of classes', () => {
    const { X, y } = makeClassification({
      nSamples: 4000,
      nFeatures: 8,
      nInformative: 3,
      nRedundant: 1,
      nRepeated: 2,
      nClasses: 3,
      nClustersPerClass: 1,
      weights: [0.5, 0.25],
      flipY: 0,
      classSep: 20,
      shuffle: false,
      randomState: 0,
    });
    expect([0, 1, 2].map((k) => y.filter((c) => c === k).length)).toEqual([2000, 1000, 1000]);
    for (const k of [0, 1, 2]) {
      for (const j of [0, 1, 2]) {
        const column = Float64Array.from(
          X.data.filter((_, at) => at % 8 === j && y[Math.floor(at / 8)] === k),
        );
        // Cluster spread is at most sqrt(3), so the mean of 1000 lies within 0.4 of the vertex.
        expect(Math.abs(Math.abs(moments(column).mean) - 20)).toBeLessThan(0.4);
      }
    }
    const columns = Array.from({ length: 8 }, (_, j) => X.data.filter((_, at) => at % 8 === j));
    for (const repeated of columns.slice(4, 6)) {
      expect(columns.slice(0, 4)).toContainEqual(repeated);
    }
    expectClose(moments(columns[7]), { mean: 0, std: 1 }, iterative(0.08));
  });

  test('makeClassification: labels flip, features shift and scale', () => {
    const plain = { nSamples: 2000, nFeatures: 4, randomState: 1, shuffle: false } as const;
    const flipped = makeClassification({ ...plain, flipY: 0.5 }).y;
    const straight = makeClassification({ ...plain, flipY: 0 }).y;
    const changed = flipped.filter((label, i) => label !== straight[i]).length;
    expect(Math.abs(changed / 2000 - 0.25)).toBeLessThan(0.06);
    const moved = makeClassification({ ...plain, shift: 3, scale: 2 }).X;
    const { X } = makeClassification(plain);
    expect(moved.data).toEqual(X.data.map((v) => (v + 3) * 2));
  });

  test('makeRegression: y is X times coef plus bias', () => {
    const { X, y, coef } = makeRegression({
      nSamples: 30,
      nFeatures: 6,
      nInformative: 3,
      bias: 7,
      randomState: 2,
    });
    expect(coef.filter((c) => c !== 0)).toHaveLength(3);
    y.forEach((value, i) => {
      expectClose(
        value,
        X.row(i).reduce((sum, x, j) => sum + x * coef[j], 7),
        iterative(1e-12),
      );
    });
    const noisy = makeRegression({ nSamples: 5000, nFeatures: 1, nInformative: 0, noise: 4, randomState: 2 });
    expect(Math.abs(moments(noisy.y).std - 4)).toBeLessThan(0.3);
  });

  test('makeBlobs: points lie around their centers', () => {
    const { X, y, centers } = makeBlobs({
      nSamples: [1000, 500],
      centers: [
        [0, 100],
        [50, -50],
      ],
      clusterStd: [1, 3],
      randomState: 4,
    });
    expect(centers.rows).toBe(2);
    for (const [k, size, std] of [
      [0, 1000, 1],
      [1, 500, 3],
    ]) {
      const second = X.data.filter((_, at) => at % 2 === 1 && y[Math.floor(at / 2)] === k);
      expect(second).toHaveLength(size);
      expect(Math.abs(moments(second).mean - centers.row(k)[1])).toBeLessThan(0.6);
      expect(Math.abs(moments(second).std - std)).toBeLessThan(0.4);
    }
    const sizes = makeBlobs({ nSamples: 11, centers: 3, randomState: 0 }).y;
    expect([0, 1, 2].map((k) => sizes.filter((c) => c === k).length)).toEqual([4, 4, 3]);
  });

  test('makeMoons and makeCircles: points lie on their curves', () => {
    const moons = makeMoons({ nSamples: 101, randomState: 0 });
    for (let i = 0; i < moons.X.rows; i++) {
      const [x, y] = moons.X.row(i);
      const radius = moons.y[i] === 0 ? Math.hypot(x, y) : Math.hypot(1 - x, 0.5 - y);
      expectClose(radius, 1, iterative(1e-12));
    }
    const circles = makeCircles({ nSamples: [10, 20], factor: 0.5, randomState: 0 });
    for (let i = 0; i < circles.X.rows; i++) {
      expectClose(Math.hypot(...circles.X.row(i)), circles.y[i] === 0 ? 1 : 0.5, iterative(1e-12));
    }
    expect(circles.y.filter((label) => label === 1)).toHaveLength(20);
  });

  test.each([
    ['ERR_PARAMETER', () => makeClassification({ nFeatures: 3 })],
    ['ERR_PARAMETER', () => makeClassification({ nClasses: 9 })],
    ['ERR_PARAMETER', () => makeClassification({ weights: [0.1, 0.2, 0.3] })],
    ['ERR_PARAMETER', () => makeClassification({ weights: [0.9, 0.9] })],
    ['ERR_PARAMETER', () => makeClassification({ nSamples: 0 })],
    ['ERR_PARAMETER', () => makeClassification({ samples: 10 } as never)],
    ['ERR_PARAMETER', () => makeRegression({ noise: -1 })],
    ['ERR_PARAMETER', () => makeMoons({ nSamples: [1, 2, 3] as never })],
    ['ERR_PARAMETER', () => makeCircles({ factor: 1 })],
    ['ERR_SHAPE', () => makeBlobs({ nSamples: [1, 2], centers: 3 })],
    ['ERR_SHAPE', () => makeBlobs({ centers: [[1, 2], [3]] })],
  ] as const)('%s, case %#', (code, run) => {
    expect(run).toThrow(expect.objectContaining({ code }));
  });
});
