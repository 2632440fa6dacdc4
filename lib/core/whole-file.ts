/** Files that appear whole or not at all. */
import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ValidationError } from '../errors.js';
import { show } from './params.js';

/** Writes beside the place, flushes, then renames: who dies in between leaves what was there, and a file ending in .tmp. @throws {ERR_PARAMETER} for no path */
export async function writeWhole(place: string | URL, bytes: Uint8Array): Promise<void> {
  const path = place instanceof URL && place.protocol === 'file:' ? fileURLToPath(place) : place;
  if (typeof path !== 'string' || path === '')
    throw new ValidationError(
      'ERR_PARAMETER',
      `A path or file URL to write to is needed; got ${show(path)}.`,
    );
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
