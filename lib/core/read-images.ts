/** Pictures as rows, as an {@link ImageInput} describes them. sharp decodes, on threads of its own, and is loaded when first needed. */
import { EnvironmentError, ValidationError } from '../errors.js';
import { channelsOf, checkImageInput, type ImageInput } from './image-input.js';
import { Matrix } from './matrix.js';
import { show } from './params.js';

/** More than this is not decoded. */
export const MAX_PIXELS = 50_000_000;
const MAX_SECONDS = 10;
/** Pictures that are decoded at a time: each may take MAX_PIXELS of memory. */
export const AT_A_TIME = 4;

/** Why a picture became no row. */
export class PictureFault extends Error {
  constructor(
    readonly what: string,
    readonly isTooLarge: boolean,
    cause: unknown,
  ) {
    super(what, { cause });
  }
}

/**
 * Reads pictures into a matrix with one row for each: turned upright, cut, resized and normalised as `input` says. The same happens to
 * pictures that a server gets for a model with {@link withImageInput}. Needs the package `sharp`.
 *
 * @param pictures - the bytes of files: PNG, JPEG, WebP or whatever else sharp reads, of at most 50 million pixels
 * @param input - what a row looks like
 * @returns float32 [pictures, height * width * channels]
 * @throws {ERR_PARAMETER} for a malformed description, or bytes that are no Uint8Array
 * @throws {ERR_IMAGE} for a picture that cannot be decoded, is too large, or smaller than the crop; `row` says which
 * @throws {ERR_DEPENDENCY} when sharp is not installed
 * @example
 * ```ts
 * import { readImages } from 'boreal';
 * const pixel = '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><rect width="4" height="4" fill="#f00"/></svg>';
 * const x = await readImages([Buffer.from(pixel)], { width: 1, height: 1, colour: 'rgb', scale: 1 / 255 });
 * x.toArray(); // [[1, 0, 0]]
 * ```
 */
export async function readImages(pictures: readonly Uint8Array[], input: ImageInput): Promise<Matrix> {
  const checked = checkImageInput(input);
  if (!Array.isArray(pictures) || pictures.length === 0 || !pictures.every((p) => p instanceof Uint8Array)) {
    const message = `readImages: pictures must be a list of Uint8Arrays; got ${show(pictures)}.`;
    throw new ValidationError('ERR_PARAMETER', message);
  }
  const width = checked.width * checked.height * channelsOf(checked);
  const data = new Float32Array(pictures.length * width);
  for (let from = 0; from < pictures.length; from += AT_A_TIME) {
    const some = pictures.slice(from, from + AT_A_TIME);
    await Promise.all(
      some.map(async (bytes, i) => {
        data.set(await readPicture(bytes, checked).catch(named(from + i)), (from + i) * width);
      }),
    );
  }
  return new Matrix(data, pictures.length, width);
}

const named = (row: number) => (error: unknown) => {
  if (!(error instanceof PictureFault)) throw error;
  const refused = new ValidationError('ERR_IMAGE', `Picture ${row} ${error.what}.`, { cause: error });
  refused.row = row;
  throw refused;
};

async function loadSharp() {
  try {
    return (await import('sharp')).default;
  } catch (cause) {
    const message = "Pictures need the package 'sharp': npm install sharp";
    throw new EnvironmentError('ERR_DEPENDENCY', message, { cause });
  }
}

/**
 * One picture as the numbers of a row.
 *
 * @throws {PictureFault}
 * @throws {ERR_DEPENDENCY} when sharp is not installed
 */
export async function readPicture(bytes: Uint8Array, input: ImageInput): Promise<number[]> {
  const sharp = await loadSharp();
  const { crop, width, height, fit = 'cover', kernel = 'lanczos3', background: grey = 0, resize } = input;
  const background = { r: grey, g: grey, b: grey };
  try {
    const picture = sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'error' })
      .autoOrient()
      .timeout({ seconds: MAX_SECONDS });
    if (crop !== undefined) picture.extract(crop);
    if (resize === undefined) {
      picture.resize(width, height, { fit, kernel, background });
    } else {
      const [left, top] = [Math.round((resize - width) / 2), Math.round((resize - height) / 2)];
      picture.resize(resize, resize, { fit, kernel, background }).extract({ left, top, width, height });
    }
    picture.flatten({ background }).toColourspace(input.colour === 'grey' ? 'b-w' : 'srgb');
    return normalise(await picture.raw({ depth: 'uchar' }).toBuffer(), input);
  } catch (error) {
    const { message } = error as Error;
    if (/pixel limit/i.test(message))
      throw new PictureFault(`has more than ${MAX_PIXELS} pixels`, true, error);
    if (/extract area/i.test(message))
      throw new PictureFault('is smaller than the part that the model looks at', false, error);
    throw new PictureFault('cannot be decoded', false, error);
  }
}

/** Bytes of pixels, channels side by side, as the numbers of a row. */
function normalise(pixels: Uint8Array, input: ImageInput): number[] {
  const { layout = 'nhwc', scale = 1, mean = 0, std = 1 } = input;
  const channels = channelsOf(input);
  const count = input.width * input.height;
  if (pixels.length !== count * channels) throw new Error('The decoder returned another size.');
  const row = new Array<number>(pixels.length);
  for (let c = 0; c < channels; c++) {
    const m = typeof mean === 'number' ? mean : mean[c];
    const s = typeof std === 'number' ? std : std[c];
    for (let i = 0; i < count; i++) {
      row[layout === 'nhwc' ? i * channels + c : c * count + i] = (pixels[i * channels + c] * scale - m) / s;
    }
  }
  return row;
}
