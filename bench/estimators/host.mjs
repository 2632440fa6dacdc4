// boreal's side of the suite `estimators`, a process of its own since the number of threads is fixed when it starts:
//   node host.mjs FOLDER
// Answers `case FAMILY DATA NAME` (prepares it) and `turn` (runs it once) with a line of JSON each.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { readDataSet } from './data.mjs';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const folder = process.argv[2];
const dataSets = new Map();
let current;

async function answer(line) {
  const [verb, family, data, ...words] = line.split(' ');
  if (verb === 'hello') return { engines: { boreal: version } };
  if (verb === 'case') {
    if (!dataSets.has(data)) {
      dataSets.clear();
      dataSets.set(data, readDataSet(folder, data));
    }
    const { cases } = await import(`./${family}.mjs`);
    const made = await cases[words.join(' ')].make(dataSets.get(data));
    current = typeof made === 'function' ? { run: made } : made;
    return {};
  }
  const start = performance.now();
  const result = await current.run();
  const seconds = (performance.now() - start) / 1000;
  return { seconds, quality: (await current.quality?.(result)) ?? null };
}

for await (const line of createInterface({ input: process.stdin })) {
  const reply = await answer(line).catch((error) => ({ error: error.stack }));
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
