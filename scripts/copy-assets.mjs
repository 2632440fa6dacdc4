/** Copies the files of lib/ that tsc leaves out, and that the package needs at run time, to dist/. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './files.mjs';

for (const file of ['serve/grpc/inference.proto'])
  copyFileSync(join(root, 'lib', file), join(root, 'dist', file));
