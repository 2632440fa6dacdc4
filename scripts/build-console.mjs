/** Bundles the pages of the console from console/ into dist/console: a script, a style sheet and what goes as it is. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './files.mjs';

const from = join(root, 'console');
const to = join(root, 'dist/console');

await build({
  entryPoints: { app: join(from, 'main.tsx') },
  outdir: to,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'inline',
  logLevel: 'warning',
});
for (const name of ['index.html', 'icon.svg']) copyFileSync(join(from, name), join(to, name));
