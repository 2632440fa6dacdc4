/**
 * The 10,000 test digits of MNIST (LeCun, Cortes & Burges), in IDX files: 8,000 to train on and 2,000 to test on. They lie in
 * BOREAL_DATA, by default in shared/data beside the repository.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const folder = process.env.BOREAL_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));
const file = (name) => `${folder}/mnist-t10k-${name}-ubyte.gz`;
const TRAIN = 8000;
const PIXELS = 784;

/** Where the digits lie, or null. */
export const mnistFolder = existsSync(file('images-idx3')) ? folder : null;

/** Pixels from 0 to 1, [rows, 784], and labels. */
export function loadMnist() {
  const images = gunzipSync(readFileSync(file('images-idx3'))).subarray(16);
  const labels = gunzipSync(readFileSync(file('labels-idx1'))).subarray(8);
  const pixels = Float32Array.from(images, (value) => value / 255);
  const part = (from, to) => ({
    x: { data: pixels.slice(from * PIXELS, to * PIXELS), rows: to - from, cols: PIXELS },
    y: Float64Array.from(labels.subarray(from, to)),
  });
  return { train: part(0, TRAIN), test: part(TRAIN, labels.length) };
}
