/**
 * Pictures of a request as rows of a model: a PNG, JPEG or WebP as the body, or files of a form. Only these formats are
 * handed to the decoder, told by their first bytes and not by what the client calls them, and no more pixels than it takes.
 */
import type { Readable } from 'node:stream';
import { Busboy } from '@fastify/busboy';
import type { ImageInput } from '../../core/image-input.js';
import { AT_A_TIME, PictureFault, readPicture } from '../../core/read-images.js';
import type { ServiceRequest } from '../http.js';
import { RequestError } from '../request-error.js';

const MAX_IMAGES = 64;
const FIELDS: ReadonlySet<string> = new Set(['image', 'images', 'file', 'files']);

/** Whether a request brings pictures rather than JSON. */
export function bringsImages({ headers }: ServiceRequest): boolean {
  const type = headers['content-type'];
  return (
    typeof type === 'string' && /^(?:multipart\/form-data|image\/(?:png|jpeg|webp))\s*(?:;|$)/i.test(type)
  );
}

/**
 * The rows of the pictures, in the order of the form.
 *
 * @throws {ERR_MEDIA_TYPE} as a RequestError, when the model takes no pictures or one is in another format
 * @throws {ERR_IMAGE | ERR_REQUEST | ERR_TOO_MANY_ROWS} as a RequestError
 * @throws {ERR_DEPENDENCY} when sharp is not installed
 */
export async function readImages(
  request: ServiceRequest,
  input: ImageInput | undefined,
): Promise<number[][]> {
  if (input === undefined) {
    const message = 'This model takes JSON, with the header content-type: application/json.';
    throw new RequestError(415, 'ERR_MEDIA_TYPE', message);
  }
  const type = String(request.headers['content-type']);
  const isForm = /^multipart/i.test(type);
  const files = isForm ? await filesOf(request.body, type) : [request.body];
  files.forEach((bytes, i) => {
    if (!isKnown(bytes))
      throw refused(415, 'ERR_MEDIA_TYPE', 'is not a PNG, JPEG or WebP picture', isForm, i);
    if (isAnimated(bytes)) throw refused(400, 'ERR_IMAGE', 'is animated; send one picture', isForm, i);
  });
  const rows: number[][] = [];
  for (let from = 0; from < files.length; from += AT_A_TIME) {
    const some = files.slice(from, from + AT_A_TIME);
    rows.push(...(await Promise.all(some.map((bytes, i) => decode(bytes, input, isForm, from + i)))));
  }
  return rows;
}

function refused(
  status: number,
  code: 'ERR_IMAGE' | 'ERR_MEDIA_TYPE',
  what: string,
  isForm: boolean,
  row: number,
): RequestError {
  const subject = isForm ? `File ${row}` : 'The body';
  return new RequestError(status, code, `${subject} ${what}.`, isForm ? { row } : {});
}

function isKnown(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 12)).toString('latin1');
  return (
    head.startsWith('\x89PNG\r\n\x1a\n') ||
    head.startsWith('\xff\xd8\xff') ||
    (head.startsWith('RIFF') && head.endsWith('WEBP'))
  );
}

/** Whether a known picture says that it has frames: a flag of WebP's first chunk, or PNG's acTL before the pixels. */
function isAnimated(bytes: Uint8Array): boolean {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const typeAt = (at: number) => view.toString('latin1', at, at + 4);
  if (typeAt(0) === 'RIFF') return typeAt(12) === 'VP8X' && (view[20] & 2) !== 0;
  if (view[0] !== 0x89) return false;
  for (let at = 8; at + 8 <= view.length && typeAt(at + 4) !== 'IDAT'; at += 12 + view.readUInt32BE(at)) {
    if (typeAt(at + 4) === 'acTL') return true;
  }
  return false;
}

function filesOf(body: Uint8Array, type: string): Promise<Uint8Array[]> {
  const malformed = (why: string) => new RequestError(400, 'ERR_REQUEST', `The form cannot be read: ${why}.`);
  return new Promise((resolve, reject) => {
    const files: Buffer[][] = [];
    let busboy: InstanceType<typeof Busboy>;
    try {
      busboy = new Busboy({
        headers: { 'content-type': type },
        limits: { files: MAX_IMAGES, fields: 16, parts: MAX_IMAGES + 16, fieldSize: 1024, headerPairs: 16 },
      });
    } catch {
      reject(malformed('its content-type has no boundary'));
      return;
    }
    busboy.on('file', (field: string, stream: Readable) => {
      const chunks: Buffer[] = [];
      if (FIELDS.has(field)) files.push(chunks);
      else reject(malformed("a file belongs in the field 'image' or 'file'"));
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', () => reject(malformed('a file is cut off')));
    });
    const tooMany = () =>
      reject(new RequestError(413, 'ERR_TOO_MANY_ROWS', `A form may have ${MAX_IMAGES} pictures.`));
    busboy.on('filesLimit', tooMany);
    busboy.on('partsLimit', tooMany);
    busboy.on('error', () => reject(malformed('it is malformed or cut off')));
    busboy.on('finish', () => {
      if (files.length === 0) reject(malformed('it has no file'));
      else resolve(files.map((chunks) => Buffer.concat(chunks)));
    });
    busboy.end(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  });
}

async function decode(bytes: Uint8Array, input: ImageInput, isForm: boolean, row: number): Promise<number[]> {
  try {
    return await readPicture(bytes, input);
  } catch (error) {
    if (!(error instanceof PictureFault)) throw error;
    throw refused(error.isTooLarge ? 413 : 400, 'ERR_IMAGE', error.what, isForm, row);
  }
}
