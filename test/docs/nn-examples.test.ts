/** The examples of networks run to their ends, and learn or see what they should (else they exit with 1). */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { root } from '../support/examples.ts';

it.each([
  ['keras-tutorial', 'the first five: '],
  ['torch-tutorial', 'Done!'],
  ['gradient-tape', 'With an optimizer: W = '],
  ['cnn', 'epoch 6: loss'],
  ['mnist-cnn', 'Test accuracy: '],
  ['resnet18', 'the first of all classes is the same for'],
])(
  'runs examples/%s.mjs',
  async (name, says) => {
    const { stdout } = await promisify(execFile)(process.execPath, [`${root}examples/${name}.mjs`]);
    expect(stdout).toContain(says);
  },
  240_000,
);
