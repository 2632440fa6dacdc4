/**
 * The emulated GPU that `npm run test:native` builds. Without it its tests are skipped by name, unless BOREAL_REQUIRE_EMULATION is
 * set, as the gate does: then they fail.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';

export const EMULATED_GPU = join(import.meta.dirname, '../../build-test/Release/libboreal_cuda_emulated.so');

/** Sets a variable of the environment for the tests of a `describe`. */
export function useVariable(name: string, value: string): void {
  let before: string | undefined;
  beforeAll(() => {
    before = process.env[name];
    process.env[name] = value;
  });
  afterAll(() => {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  });
}

/** Tests of what finds an emulated GPU. */
export function describeOnEmulatedGpu(name: string, tests: () => void | Promise<void>): void {
  const isHere = existsSync(EMULATED_GPU);
  const isRequired = Boolean(process.env.BOREAL_REQUIRE_EMULATION);
  describe.skipIf(!isHere && !isRequired)(name, async () => {
    beforeAll(() => {
      expect(isHere, `${EMULATED_GPU} is there`).toBe(true);
    });
    useVariable('BOREAL_CUDA_LIBRARY', EMULATED_GPU);
    await tests();
  });
}
