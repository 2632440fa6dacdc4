/**
 * How pictures become the rows of a model: crop, size, colours, layout and normalisation. It belongs to the model, is stored in
 * its file, and is applied by whoever decodes the picture (see `boreal/serve`).
 */
import { ValidationError } from '../errors.js';
import type { Estimator } from './estimator.js';
import { show } from './params.js';

/** A rectangle in the pixels of a picture, which must hold all of it. */
export interface ImageCrop {
  /** >= 0. */
  readonly left: number;
  /** >= 0. */
  readonly top: number;
  /** >= 1. */
  readonly width: number;
  /** >= 1. */
  readonly height: number;
}

/** See the head of this file. A pixel p of 0 to 255 becomes (p * scale - mean) / std. */
export interface ImageInput {
  /** Pixels, >= 1. */
  readonly width: number;
  /** Pixels, >= 1. */
  readonly height: number;
  /** 'grey' has one channel, 'rgb' three. */
  readonly colour: 'grey' | 'rgb';
  /** 'nhwc' puts the channels of a pixel side by side, 'nchw' one channel after the other. Default 'nhwc'. */
  readonly layout?: 'nhwc' | 'nchw';
  /** The part of the picture, upright and before the resize, that is used. Default: all of it. */
  readonly crop?: ImageCrop;
  /**
   * Pixels, >= width and height: the picture is first made a square of this size, by `fit`, and its middle is used. 256 for 224 x 224
   * is what torchvision's models are trained with. Default: the whole picture becomes width x height.
   */
  readonly resize?: number;
  /** 'cover' cuts off what is too wide or high, 'contain' adds a border, 'fill' distorts. Default 'cover'. */
  readonly fit?: 'cover' | 'contain' | 'fill';
  /** How pixels are interpolated. Default 'lanczos3'. */
  readonly kernel?: 'nearest' | 'linear' | 'cubic' | 'mitchell' | 'lanczos2' | 'lanczos3';
  /** Grey value of borders and of what is transparent, 0 to 255. Default 0. */
  readonly background?: number;
  /** Default 1. */
  readonly scale?: number;
  /** One number, or one for each channel. Default 0. */
  readonly mean?: number | readonly number[];
  /** One number, or one for each channel; not 0. Default 1. */
  readonly std?: number | readonly number[];
}

const CHOICES = {
  colour: ['grey', 'rgb'],
  layout: ['nhwc', 'nchw'],
  fit: ['cover', 'contain', 'fill'],
  kernel: ['nearest', 'linear', 'cubic', 'mitchell', 'lanczos2', 'lanczos3'],
} as const;
const OTHERS = ['width', 'height', 'crop', 'resize', 'background', 'scale', 'mean', 'std'];
const CROP = ['left', 'top', 'width', 'height'] as const;
/** A picture has no side longer than this. */
const MAX_SIDE = 2 ** 24;

const inputs = new WeakMap<Estimator, ImageInput>();

/** Channels of a pixel. */
export function channelsOf({ colour }: ImageInput): 1 | 3 {
  return colour === 'grey' ? 1 : 3;
}

/**
 * Says how pictures become rows of a model. The model is saved with it, and a server then takes pictures for it.
 *
 * @param model - a fitted model of width * height * channels columns
 * @returns the model
 * @throws {ERR_NOT_FITTED} before `fit`
 * @throws {ERR_PARAMETER} when the description is malformed, or of another number of columns than the model has
 * @example
 * ```ts
 * import { loadDigits, LogisticRegression, withImageInput } from 'boreal';
 * const { data, target } = loadDigits();
 * const model = await new LogisticRegression({ maxIter: 20 }).fit(data, target);
 * withImageInput(model, { width: 8, height: 8, colour: 'grey', scale: 16 / 255 });
 * ```
 */
export function withImageInput<E extends Estimator>(model: E, input: ImageInput): E {
  const checked = checkImageInput(input);
  const columns = checked.width * checked.height * channelsOf(checked);
  if (columns !== model.nFeaturesIn)
    throw refuse(`makes ${columns} columns, and the model has ${model.nFeaturesIn}`);
  inputs.set(model, checked);
  return model;
}

/** How pictures become rows of a model; undefined when it has not been said. */
export function imageInputOf(model: Estimator): ImageInput | undefined {
  return inputs.get(model);
}

function refuse(why: string): ValidationError {
  return new ValidationError('ERR_PARAMETER', `The image input ${why}.`);
}

/**
 * A copy of a description.
 *
 * @throws {ERR_PARAMETER} when it is malformed
 */
export function checkImageInput(given: unknown): ImageInput {
  if (typeof given !== 'object' || given === null) throw refuse(`must be an object; got ${show(given)}`);
  const input = given as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(input)) {
    if (!Object.hasOwn(CHOICES, name) && !OTHERS.includes(name))
      throw refuse(`has an unknown member ${show(name)}`);
  }
  for (const [name, choices] of Object.entries(CHOICES)) {
    const value = input[name];
    if (value === undefined && name !== 'colour') continue;
    if (!(choices as readonly unknown[]).includes(value))
      throw refuse(`has the ${name} ${show(value)}; it may be ${choices.join(', ')}`);
  }
  const checked = structuredClone(input) as unknown as ImageInput;
  const { width, height, background = 0, scale = 1, mean = 0, std = 1 } = checked;
  const channels = channelsOf(checked);
  for (const [name, value] of Object.entries({ width, height })) {
    if (!(Number.isSafeInteger(value) && value >= 1)) throw refuse(`has the ${name} ${show(value)}`);
  }
  const { resize = Math.max(width, height) } = checked;
  if (!(Number.isSafeInteger(resize) && resize >= Math.max(width, height) && resize <= MAX_SIDE))
    throw refuse(`has the resize ${show(resize)}`);
  if (checked.crop !== undefined && !isCrop(checked.crop)) throw refuse(`has the crop ${show(checked.crop)}`);
  if (!(background >= 0 && background <= 255)) throw refuse(`has the background ${show(background)}`);
  if (!Number.isFinite(scale)) throw refuse(`has the scale ${show(scale)}`);
  for (const [name, value] of Object.entries({ mean, std })) {
    const numbers: readonly unknown[] = Array.isArray(value) ? value : Array(channels).fill(value);
    const good = numbers.every((each) => Number.isFinite(each) && (name === 'mean' || each !== 0));
    if (!good || numbers.length !== channels) throw refuse(`has the ${name} ${show(value)}`);
  }
  return checked;
}

function isCrop(given: unknown): given is ImageCrop {
  if (typeof given !== 'object' || given === null || Object.keys(given).length !== CROP.length) return false;
  return CROP.every((name) => {
    const value = (given as Partial<ImageCrop>)[name]!;
    const least = name === 'left' || name === 'top' ? 0 : 1;
    return Number.isSafeInteger(value) && value >= least && value <= MAX_SIDE;
  });
}
