/** The shell lines of a guide, run by the real curl: what they answer is what the guide shows below them. */
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { root } from './examples.js';

/** Members and text; numbers are what a model made of its data says. */
function outline(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(outline);
  if (typeof value === 'number') return 'number';
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, outline(member)]));
}

function hasCurl(): boolean {
  try {
    execFileSync('curl', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The text of a guide. */
export function readGuide(name: string): string {
  return readFileSync(join(root, 'docs/guide', name), 'utf8');
}

/** Puts the port of a test's server in the place of that which the guides name. */
export function withPort(text: string, port: number): string {
  return text.replaceAll('127.0.0.1:3000', `127.0.0.1:${port}`);
}

/**
 * Tests each `sh` block of a guide that has a `json` block below it; skipped where there is no curl.
 *
 * @param name - of the file in docs/guide
 * @param count - how many there are
 * @param port - of the server that answers them
 */
export function testShellLines(name: string, count: number, port: () => number): void {
  const blocks = [...readGuide(name).matchAll(/```sh\n(.*?)```\n\n```json\n(.*?)```/gs)];
  const examples = blocks.map(([, command, shown]) => ({ command, shown }));
  const skipped = !hasCurl();
  describe.skipIf(skipped)(`shell lines${skipped ? ' (skipped: there is no curl)' : ''}`, () => {
    it('are there', () => expect(examples).toHaveLength(count));

    it.each(examples)('$command', async ({ command, shown }) => {
      const line = withPort(command, port()).replaceAll('curl ', 'curl --silent --show-error ');
      const { stdout } = await promisify(execFile)('sh', ['-c', line]);
      expect(outline(JSON.parse(stdout))).toEqual(outline(JSON.parse(shown)));
    });
  });
}
