/** Builds with cmake-js for binding.gyp. Arguments: product directory, target architecture, Release or Debug. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const cmakeJs = createRequire(import.meta.url).resolve('cmake-js/bin/cmake-js');
const [productDir, arch, config] = process.argv.slice(2);

// node-gyp owns build/ and wipes it, and its make must not steer ours.
const out = join(root, 'build', 'cmake');
const env = { ...process.env };
for (const name of ['MAKEFLAGS', 'MFLAGS', 'MAKELEVEL', 'V']) delete env[name];

const options = [
  '--out',
  out,
  '--config',
  config,
  '--arch',
  arch,
  '--parallel',
  String(availableParallelism()),
];
const { status } = spawnSync(process.execPath, [cmakeJs, 'build', ...options], {
  cwd: root,
  stdio: 'inherit',
  env,
});
if (status !== 0) process.exit(status ?? 1);
mkdirSync(productDir, { recursive: true });
copyFileSync(join(out, config, 'boreal.node'), join(productDir, 'boreal.node'));
