// npm run bench:report                                  docs/performance.md and docs/img from bench/results
// node bench/report.mjs --results FOLDER --out FOLDER   the same from and to elsewhere
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { draw } from './report/draw.mjs';
import { makePage } from './report/page.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({
  options: {
    results: { type: 'string', default: join(root, 'bench/results') },
    out: { type: 'string', default: join(root, 'docs') },
  },
});

const results = Object.fromEntries(
  readdirSync(values.results)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => [name.slice(0, -5), JSON.parse(readFileSync(join(values.results, name), 'utf8'))]),
);
const { markdown, pictures } = makePage(results);
mkdirSync(join(values.out, 'img'), { recursive: true });
writeFileSync(join(values.out, 'performance.md'), markdown);
for (const [name, spec] of Object.entries(pictures)) {
  for (const [page, svg] of Object.entries(await draw(spec))) {
    writeFileSync(join(values.out, 'img', `${name}-${page}.svg`), svg);
  }
}
console.log(`${Object.keys(results).length} results, ${Object.keys(pictures).length} charts`);
