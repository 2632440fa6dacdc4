/** Finds the examples in TSDoc and Markdown, and runs them against the built package, as a reader would paste them. */
import { execFile, fork } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';

export const root = new URL('../..', import.meta.url).pathname;

export interface Example {
  readonly name: string;
  readonly code: string;
}

/** Every fenced ts block of the TSDoc comments under lib/. */
export function docExamples(): Example[] {
  const files = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => {
      const source = readFileSync(join(root, 'lib', file), 'utf8');
      return [...source.matchAll(/^ *\* ```ts\n([\s\S]*?)^ *\* ```$/gm)].map((match, i) => ({
        name: `lib/${file} #${i + 1}`,
        code: match[1].replace(/^ *\* ?/gm, ''),
      }));
    });
}

/** Every fenced js block of a Markdown file. */
export function markdownExamples(path: string): Example[] {
  const source = readFileSync(join(root, path), 'utf8');
  return [...source.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map((match, i) => ({
    name: `${path} #${i + 1}`,
    code: match[1],
  }));
}

const CHECK = `
function __plain(v) {
  if (v && typeof v.toArray === 'function') return v.toArray();
  if (ArrayBuffer.isView(v)) return Array.from(v);
  return v;
}
function __equal(a, b) {
  a = __plain(a);
  if (typeof b === 'number') return typeof a === 'number' && (Object.is(a, b) || Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(b)));
  if (typeof b !== 'object' || b === null) return a === b;
  if (typeof a !== 'object' || a === null) return false;
  const keys = Object.keys(b);
  return Object.keys(a).length === keys.length && keys.every((k) => __equal(a[k], b[k]));
}
function __check(actual, expected, text) {
  if (!__equal(actual, expected)) throw new Error(text + ' gave ' + JSON.stringify(__plain(actual)));
}
`;

function isLiteral(text: string): boolean {
  if (!/^[[{'"\d-]|^(true|false|null|NaN|Infinity)\b/.test(text)) return false;
  try {
    new Function(`return (${text});`);
    return true;
  } catch {
    return false;
  }
}

/** Turns `expression; // value` into an assertion; returns the module and how many assertions it holds. */
export function toModule({ code }: Example): { source: string; assertions: number } {
  let assertions = 0;
  const lines = code.split('\n').map((line) => {
    const match = /^(?!const |let |import |\/\/)(\S.*);\s*\/\/ (.+)$/.exec(line);
    if (match === null || !isLiteral(match[2])) return line;
    assertions += 1;
    return `__check(await (${match[1]}), (${match[2]}), ${JSON.stringify(match[1])});`;
  });
  return { source: CHECK + lines.join('\n'), assertions };
}

/** A folder inside the package, so that 'boreal' means the package itself; removed when `work` is done. */
async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  mkdirSync(join(root, 'build'), { recursive: true });
  const folder = mkdtempSync(join(root, 'build', 'example-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes an example as a module; the models of other libraries lie beside it, in models/. */
function write(folder: string, example: Example, epilogue = ''): void {
  mkdirSync(folder, { recursive: true });
  symlinkSync(join(root, 'test/golden/models'), join(folder, 'models'));
  writeFileSync(join(folder, 'example.mjs'), toModule(example).source + epilogue);
}

/** Runs an example in a process of its own. @returns what it prints */
export function runExample(example: Example, epilogue = ''): Promise<string> {
  return inFolder(async (folder) => {
    write(folder, example, epilogue);
    try {
      const run = promisify(execFile);
      const { stdout } = await run(process.execPath, ['example.mjs'], { cwd: folder, timeout: 120_000 });
      return stdout;
    } catch (error) {
      throw new Error(
        `${example.name} (${relative(root, folder)}): ${(error as Error & { stderr?: string }).stderr ?? error}`,
      );
    }
  });
}

/** Runs the modules that it is told to, each in its folder, and says of each how it ended and what it left open. */
const RUNNER = `
import { setTimeout as sleep } from 'node:timers/promises';
const [folder, from, to] = process.argv.slice(2);
// But for the pipes to whoever started this.
const open = () => process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap');
for (let i = Number(from); i < Number(to); i++) {
  process.chdir(folder + '/' + i);
  const before = open().length;
  let error;
  try {
    await import(folder + '/' + i + '/example.mjs');
    for (let waits = 0; open().length > before && waits < 500; waits++) await sleep(10);
    if (open().length > before) error = 'It leaves open: ' + open();
  } catch (thrown) {
    error = String(thrown?.stack ?? thrown);
  }
  await new Promise((sent) => process.send({ i, error }, sent));
}
process.exit();
`;

/**
 * Runs examples one after the other in one process, since most of an example's time is the start of its own; one that
 * ends the process costs a new one for those behind it.
 *
 * @returns what went wrong, by the example's name
 */
export function runExamples(examples: readonly Example[]): Promise<ReadonlyMap<string, string>> {
  return inFolder(async (folder) => {
    for (const [i, example] of examples.entries()) write(join(folder, String(i)), example);
    const runner = join(folder, 'run.mjs');
    writeFileSync(runner, RUNNER);
    const failures = new Map<string, string>();
    for (let from = 0; from < examples.length; ) {
      const args = [folder, String(from), String(examples.length)];
      const child = fork(runner, args, { silent: true, execArgv: [], timeout: 240_000 });
      let stderr = '';
      child.stderr!.on('data', (chunk) => {
        stderr += chunk;
      });
      child.stdout!.resume();
      child.on('message', ({ i, error }: { i: number; error?: string }) => {
        if (error !== undefined) failures.set(examples[i].name, error);
        from = i + 1;
      });
      const how = await new Promise((resolve) =>
        child.on('close', (code, signal) => resolve(signal ?? code)),
      );
      if (from === examples.length) break;
      failures.set(examples[from].name, `The process ended with ${how}:\n${stderr}`);
      from += 1;
    }
    return failures;
  });
}
