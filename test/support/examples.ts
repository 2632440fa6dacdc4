/** Finds the examples in TSDoc and Markdown, and runs them against the built package, as a reader would paste them. */
import { execFile } from 'node:child_process';
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

const run = promisify(execFile);

/**
 * Runs an example in a process of its own, in a folder inside the package, so that 'boreal' means the package itself. The
 * models of other libraries lie beside it, in models/.
 */
export async function runExample(example: Example, epilogue = ''): Promise<string> {
  mkdirSync(join(root, 'build'), { recursive: true });
  const folder = mkdtempSync(join(root, 'build', 'example-'));
  try {
    symlinkSync(join(root, 'test/golden/models'), join(folder, 'models'));
    writeFileSync(join(folder, 'example.mjs'), toModule(example).source + epilogue);
    const { stdout } = await run(process.execPath, ['example.mjs'], { cwd: folder, timeout: 120_000 });
    return stdout;
  } catch (error) {
    throw new Error(
      `${example.name} (${relative(root, folder)}): ${(error as Error & { stderr?: string }).stderr ?? error}`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
