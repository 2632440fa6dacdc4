/** Pictures as input: digits rendered by sharp are predicted as their pixels are, and what is no picture is refused. */
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { imageInputOf } from '../../lib/core/image-input.js';
import {
  type ImageInput,
  LinearRegression,
  LogisticRegression,
  load,
  loadDigits,
  withImageInput,
} from '../../lib/index.js';
import { type BorealServer, serve } from '../../lib/serve/index.js';

const { data: X, target: y } = loadDigits();
const pixels = (i: number) => Array.from({ length: 64 }, (_, j) => X.data[i * X.cols + j]);
/** Digit i as a picture; the data has values of 0 to 16. */
const drawn = (i: number) =>
  sharp(
    Uint8Array.from(pixels(i), (value) => value * 15),
    { raw: { width: 8, height: 8, channels: 1 } },
  );

let server: BorealServer;
let url: string;
beforeAll(async () => {
  const digits = withImageInput(await new LogisticRegression({ maxIter: 30 }).fit(X, y), {
    width: 8,
    height: 8,
    colour: 'grey',
    scale: 1 / 15,
  });
  // Through a file: nothing else tells the server how pictures become rows.
  const models = {
    digits: await load(digits.toBytes()),
    plain: await new LinearRegression().fit([[1], [2]], [1, 2]),
  };
  server = await serve(models, { port: 0, handleSignals: false, bodyLimit: 1_000_000 });
  ({ url } = server);
});
afterAll(() => server.close());

async function send(path: string, body: Uint8Array | FormData | string, type?: string) {
  const headers = type === undefined ? undefined : { 'content-type': type };
  const response = await fetch(url + path, { method: 'POST', body: body as never, headers });
  return { status: response.status, body: JSON.parse(await response.text()) };
}
function form(files: ReadonlyArray<readonly [string, Uint8Array]>): FormData {
  const data = new FormData();
  for (const [field, bytes] of files) data.append(field, new Blob([bytes as never]), 'picture.png');
  return data;
}
const asJson = async (i: number) =>
  (await send('/predict', JSON.stringify(pixels(i)), 'application/json')).body;

/** A chunk of a PNG. */
function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

it('predicts a picture as its pixels, as a body and as a form', async () => {
  for (const i of [0, 1, 2, 500, 1796]) {
    const png = await drawn(i).png().toBuffer();
    const expected = await asJson(i);
    for (const reply of [
      await send('/predict', png, 'image/png'),
      await send('/predict', form([['image', png]])),
    ]) {
      expect(reply.status).toBe(200);
      expect(reply.body.prediction).toBe(expected.prediction);
      for (const [label, share] of Object.entries(expected.probabilities))
        expect(reply.body.probabilities[label]).toBeCloseTo(share as number, 5);
    }
  }
  const webp = await drawn(3).webp({ lossless: true }).toBuffer();
  expect((await send('/predict', webp, 'image/webp')).body.prediction).toBe((await asJson(3)).prediction);
});

it('takes several files as a batch, in their order', async () => {
  const some = [5, 9, 7, 1, 3, 8];
  const files = await Promise.all(some.map(async (i) => ['file', await drawn(i).png().toBuffer()] as const));
  const expected = await Promise.all(some.map(async (i) => (await asJson(i)).prediction));
  for (const path of ['/predict', '/predict_batch', '/models/digits/predict'])
    expect((await send(path, form(files))).body.predictions).toEqual(expected);
  expect((await send('/predict_batch', form(files.slice(0, 1)))).body.predictions).toEqual(
    expected.slice(0, 1),
  );
});

it('shows in /model_info what it takes', async () => {
  const info = await (await fetch(`${url}/model_info`)).json();
  expect(info).toMatchObject({ image: { width: 8, height: 8, colour: 'grey', scale: 1 / 15 } });
});

it('refuses what is no picture, with the file that is at fault', async () => {
  const png = await drawn(0).png().toBuffer();
  const noisy = await sharp({
    create: {
      width: 64,
      height: 64,
      channels: 3,
      background: 'red',
      noise: { type: 'gaussian', mean: 99, sigma: 50 },
    },
  })
    .png()
    .toBuffer();
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>');
  const gif = await drawn(0).gif().toBuffer();
  // Dimensions that its few bytes only claim to have.
  const header = Buffer.from(png.subarray(16, 29));
  header.writeUInt32BE(100_000, 0);
  header.writeUInt32BE(100_000, 4);
  const huge = Buffer.concat([png.subarray(0, 8), chunk('IHDR', header), png.subarray(33)]);
  const apng = Buffer.concat([png.subarray(0, 33), chunk('acTL', Buffer.alloc(8, 1)), png.subarray(33)]);
  const wild = Buffer.concat([png.subarray(0, 33), Buffer.from([255, 255, 255, 255]), Buffer.from('tEXt')]);
  const frames = Buffer.concat([await drawn(1).raw().toBuffer(), await drawn(2).raw().toBuffer()]);
  const moving = await sharp(frames, { raw: { width: 8, height: 16, channels: 1, pageHeight: 8 } })
    .webp({ loop: 0, delay: [100, 100] })
    .toBuffer();
  const cut = noisy.subarray(0, noisy.length / 2);
  const refusals: ReadonlyArray<readonly [Awaited<ReturnType<typeof send>>, number, string]> = [
    [await send('/predict', svg, 'image/png'), 415, 'ERR_MEDIA_TYPE'],
    [await send('/predict', svg, 'image/svg+xml'), 415, 'ERR_MEDIA_TYPE'],
    [await send('/predict', gif, 'image/png'), 415, 'ERR_MEDIA_TYPE'],
    [await send('/predict', new Uint8Array(0), 'image/png'), 415, 'ERR_MEDIA_TYPE'],
    [await send('/predict', cut, 'image/png'), 400, 'ERR_IMAGE'],
    [await send('/predict', png.subarray(0, 8), 'image/png'), 400, 'ERR_IMAGE'],
    [await send('/predict', huge, 'image/png'), 413, 'ERR_IMAGE'],
    [await send('/predict', moving, 'image/webp'), 400, 'ERR_IMAGE'],
    [await send('/predict', apng, 'image/png'), 400, 'ERR_IMAGE'],
    [await send('/predict', wild, 'image/png'), 400, 'ERR_IMAGE'],
    [await send('/predict', 'RIFFxxxxWEBP', 'image/webp'), 400, 'ERR_IMAGE'],
    [await send('/predict', new Uint8Array(1_000_001), 'image/png'), 413, 'ERR_BODY_TOO_LARGE'],
    [await send('/predict', form([['avatar', png]])), 400, 'ERR_REQUEST'],
    [await send('/predict', form([])), 400, 'ERR_REQUEST'],
    [await send('/predict', 'hello', 'multipart/form-data'), 400, 'ERR_REQUEST'],
    [await send('/predict', 'hello', 'multipart/form-data; boundary=x'), 400, 'ERR_REQUEST'],
    [
      await send(
        '/predict',
        '--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nab',
        'multipart/form-data; boundary=x',
      ),
      400,
      'ERR_REQUEST',
    ],
    [
      await send('/predict', form(Array.from({ length: 65 }, () => ['file', png] as const))),
      413,
      'ERR_TOO_MANY_ROWS',
    ],
    [await send('/models/plain/predict', png, 'image/png'), 415, 'ERR_MEDIA_TYPE'],
  ];
  for (const [i, [{ status, body }, wanted, code]] of refusals.entries())
    expect([i, status, body.code]).toEqual([i, wanted, code]);
  const second = await send(
    '/predict',
    form([
      ['image', png],
      ['image', cut],
    ]),
  );
  expect(second).toMatchObject({ status: 400, body: { code: 'ERR_IMAGE', row: 1 } });
  expect((await send('/predict', png, 'image/png')).status).toBe(200);
});

describe('the description', () => {
  /** A model that answers with one of its columns. */
  async function column(j: number, input: ImageInput) {
    const width = input.width * input.height * (input.colour === 'grey' ? 1 : 3);
    const rows = Array.from({ length: width + 1 }, (_, i) =>
      Array.from({ length: width }, (_, c) => (c === i ? 1 : 0)),
    );
    return withImageInput(
      await new LinearRegression().fit(
        rows,
        rows.map((row) => row[j]),
      ),
      input,
    );
  }
  const halves = () =>
    sharp(Uint8Array.from([255, 0, 0, 0, 0, 255]), { raw: { width: 2, height: 1, channels: 3 } });

  async function answer(model: LinearRegression, picture: Uint8Array): Promise<number> {
    await using own = await serve(model, { port: 0, handleSignals: false });
    const response = await fetch(`${own.url}/predict`, {
      method: 'POST',
      body: picture as never,
      headers: { 'content-type': 'image/png' },
    });
    return ((await response.json()) as { prediction: number }).prediction;
  }

  it('lays channels out, and normalises each', async () => {
    const png = await halves().png().toBuffer();
    const input = {
      width: 2,
      height: 1,
      colour: 'rgb',
      scale: 1 / 255,
      mean: [0.5, 0, 0],
      std: [0.5, 1, 0.25],
    } as const;
    // Red, then blue: pixel 1 is (0, 0, 255).
    expect(await answer(await column(5, input), png)).toBeCloseTo(4, 4);
    expect(await answer(await column(3, input), png)).toBeCloseTo(-1, 4);
    expect(await answer(await column(1, { ...input, layout: 'nchw' }), png)).toBeCloseTo(-1, 4);
    expect(await answer(await column(4, { ...input, layout: 'nchw' }), png)).toBeCloseTo(0, 4);
  });

  it('turns a picture as its EXIF says', async () => {
    const turned = await halves().withMetadata({ orientation: 3 }).png().toBuffer();
    const model = await column(0, { width: 2, height: 1, colour: 'rgb' });
    expect(await answer(model, turned)).toBeCloseTo(0, 2);
    expect(await answer(model, await halves().png().toBuffer())).toBeCloseTo(255, 2);
  });

  it('crops a picture when it is upright', async () => {
    const crop = { left: 1, top: 0, width: 1, height: 1 };
    const whole = (value: number) => Math.round(Math.abs(value));
    const input = { width: 1, height: 1, colour: 'rgb', crop } as const;
    const [red, blue] = [await column(0, input), await column(2, input)];
    const png = await halves().png().toBuffer();
    const turned = await halves().withMetadata({ orientation: 3 }).png().toBuffer();
    expect([await answer(red, png), await answer(blue, png)].map(whole)).toEqual([0, 255]);
    expect([await answer(red, turned), await answer(blue, turned)].map(whole)).toEqual([255, 0]);
    const quarter = await halves().withMetadata({ orientation: 6 }).png().toBuffer();
    // Upright it is one pixel wide.
    await using own = await serve(red, { port: 0, handleSignals: false });
    const headers = { 'content-type': 'image/png' };
    const response = await fetch(`${own.url}/predict`, { method: 'POST', body: quarter as never, headers });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'ERR_IMAGE' });
  });

  it('is the same after the model was saved', async () => {
    const crop = { left: 0, top: 0, width: 2, height: 1 };
    const input = { width: 2, height: 1, colour: 'rgb', crop, mean: [1, 2, 3], layout: 'nchw' } as const;
    const model = await column(0, input);
    expect(imageInputOf(await load(model.toBytes()))).toEqual(input);
  });

  it.each([
    { width: 4, height: 8, colour: 'grey' },
    { width: 8, height: 8, colour: 'red' },
    { width: 8, height: 8, colour: 'grey', std: 0 },
    { width: 8, height: 8, colour: 'grey', mean: [1, 2, 3] },
    { width: 8, height: 8, colour: 'grey', size: 3 },
    { width: '8', height: 8, colour: 'grey' },
    { width: 8, height: 8, colour: 'grey', background: 300 },
    { width: 8, height: 8, colour: 'grey', crop: null },
    { width: 8, height: 8, colour: 'grey', crop: { left: 0, top: 0, width: 8 } },
    { width: 8, height: 8, colour: 'grey', crop: { left: 0, top: 0, width: 8, height: 0 } },
    { width: 8, height: 8, colour: 'grey', crop: { left: -1, top: 0, width: 8, height: 8 } },
    { width: 8, height: 8, colour: 'grey', crop: { left: 0.5, top: 0, width: 8, height: 8 } },
    { width: 8, height: 8, colour: 'grey', crop: { left: 0, top: 0, width: 2 ** 30, height: 8 } },
    null,
  ])('is refused as %j', async (input) => {
    const model = await new LogisticRegression({ maxIter: 1 }).fit(X, y);
    expect(() => withImageInput(model, input as never)).toThrow(
      expect.objectContaining({ code: 'ERR_PARAMETER' }),
    );
  });
});

it('names the package that is missing', async () => {
  vi.doMock('sharp', () => {
    throw new Error("Cannot find package 'sharp'");
  });
  const png = await drawn(0).png().toBuffer();
  const reply = await send('/predict', png, 'image/png');
  vi.doUnmock('sharp');
  expect(reply).toMatchObject({
    status: 501,
    body: { code: 'ERR_DEPENDENCY', error: expect.stringContaining('npm install sharp') },
  });
  expect((await send('/predict', JSON.stringify(pixels(0)), 'application/json')).status).toBe(200);
});
