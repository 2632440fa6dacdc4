/** Model files: what is loaded is what was saved, bit for bit. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load, loadWithMetadata } from '../core/model-file.js';
import { findEstimator } from '../core/registry.js';
import { assertSame, type Check, describe } from './check.js';
import type { Model, Subject } from './subject.js';

const isUnregistered = ({ name }: Subject) =>
  findEstimator(name) ? undefined : 'its class is not registered, so that no file can name it';

export const fileChecks: readonly Check[] = [
  {
    name: 'a loaded model is the saved one',
    skip: isUnregistered,
    async run(subject) {
      for (const X of [subject.X, subject.X.astype('float32')]) {
        const model = await subject.fitted(X);
        const bytes = model.toBytes();
        const copy: Model = await load(bytes);
        assert.equal(copy.constructor, model.constructor);
        assert.deepStrictEqual(describe(copy), describe(model));
        assertSame(await subject.apply(copy, X), await subject.apply(model, X), 'results');
        assert.deepStrictEqual(copy.toBytes(), bytes, 'the bytes of the loaded model');
      }
    },
  },
  {
    name: 'a loaded model can be cloned, fitted again and saved again',
    skip: isUnregistered,
    async run(subject) {
      const copy: Model = await load((await subject.fitted()).toBytes());
      await copy.fit(subject.X, subject.y);
      assert.deepStrictEqual(describe(copy), describe(await subject.fitted()));
      assert.deepStrictEqual(describe(copy.clone()), describe(subject.make()));
    },
  },
  {
    name: 'a file keeps the metadata, and its folder nothing else',
    skip: isUnregistered,
    async run(subject) {
      const folder = await mkdtemp(join(tmpdir(), 'boreal-check-'));
      try {
        const path = join(folder, 'model.boreal');
        const metadata = {
          author: 'Ada',
          tags: ['a', 1, null],
          $estimator: 'no tag of ours',
          nested: { __proto: 1 },
        };
        const model = await subject.fitted();
        await model.save(path, { version: 'the first' });
        await model.save(path, metadata);
        assert.deepStrictEqual(await readdir(folder), ['model.boreal']);
        const loaded = await loadWithMetadata(path);
        assert.deepStrictEqual(loaded.metadata, metadata);
        assert.deepStrictEqual(describe(loaded.model), describe(model));
        const padded = new Uint8Array([0, ...(await readFile(path))]);
        assert.deepStrictEqual(describe(await load(padded.subarray(1))), describe(model));
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  },
];
