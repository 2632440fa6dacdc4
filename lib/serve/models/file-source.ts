/** One model file as a source: a reload reads it again. */
import { stat } from 'node:fs/promises';
import { basename, dirname, extname, resolve } from 'node:path';
import { loadWithMetadata } from '../../core/model-file.js';
import { FixedSource, type ListedModel, type OpenedModel } from './source.js';
import { watchFolders } from './watch-folders.js';

/** A network file system tells of no change. */
const POLL_MS = 5000;

/** See the head of this file. */
export class FileSource extends FixedSource {
  readonly #path: string;

  /** @param name - default: of the file, without its ending */
  constructor(path: string, name = basename(path, extname(path)), version = '1') {
    super([{ name, version }]);
    this.#path = resolve(path);
  }

  override async list(): Promise<ListedModel[]> {
    const { ino, mtimeMs, size } = await stat(this.#path);
    const revision = `${ino}:${mtimeMs}:${size}`;
    const listed = await super.list();
    return listed.map((model) => ({
      ...model,
      versions: model.versions.map(({ version }) => ({ version, revision })),
    }));
  }

  open(): Promise<OpenedModel> {
    return loadWithMetadata(this.#path);
  }

  watch(changed: () => void): () => void {
    return watchFolders(dirname(this.#path), POLL_MS, changed);
  }
}
