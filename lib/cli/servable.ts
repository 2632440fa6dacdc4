/** What a path on the command line can be: a model file, or the folder of a registry. */
import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
// Registers the estimators that a model file may hold.
import '../index.js';
import { ValidationError } from '../errors.js';
import { ModelRegistry } from '../serve/index.js';

/** Flags that say what a model is called. */
export interface NameFlags {
  readonly name?: string;
  readonly modelVersion?: string;
}

/** Something to serve, and what to call it in a sentence. */
export interface NamedServable {
  readonly servable: string | ModelRegistry;
  readonly label: string;
}

/** @throws {ERR_PARAMETER} for a folder that is no registry; what the file system throws for a path that is not there */
export async function openServable(path: string, { name, modelVersion }: NameFlags): Promise<NamedServable> {
  if (!(await stat(path)).isDirectory()) {
    return { servable: path, label: name ?? basename(path, extname(path)) };
  }
  if (name !== undefined || modelVersion !== undefined) {
    throw new ValidationError(
      'ERR_PARAMETER',
      '--name and --model-version are for a model file; in a registry the names of the folders say it.',
    );
  }
  const loose = (await readdir(path)).find((entry) => entry.endsWith('.boreal'));
  if (loose !== undefined) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `${path} is not a registry: it holds the model file ${loose}. Serve ${join(path, loose)}, or add it to a registry: ` +
        'new ModelRegistry({ dir }).register(file, { name }).',
    );
  }
  const registry = new ModelRegistry({ dir: path });
  const names = (await registry.list()).map((model) => model.name);
  const label = names.length > 0 ? names.join(', ') : 'a registry without models so far';
  return { servable: registry, label };
}
