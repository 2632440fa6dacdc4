/** Makes dist/ when lib/ or console/ is newer: tests that start processes of their own run the package as it is published. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export default function setup(): void {
  const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
  make('lib', 'dist/index.js', [join(typescript, 'bin/tsc'), '-p', root]);
  make('console', 'dist/console/app.js', [join(root, 'scripts/build-console.mjs')]);
}

function make(from: string, built: string, command: readonly string[]): void {
  const folder = join(root, from);
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const newest = Math.max(...sources.map((file) => statSync(join(folder, file)).mtimeMs));
  const to = join(root, built);
  if (existsSync(to) && statSync(to).mtimeMs > newest) return;
  spawnSync(process.execPath, command, { stdio: 'inherit' });
}
