/** Runs code against the built package in a process of its own: for environment variables, crashes and memory. */
import { spawn } from 'node:child_process';

export interface Outcome {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

const dist = (file: string) => JSON.stringify(new URL(`../../dist/${file}`, import.meta.url).href);

/**
 * Runs an ES module in a new Node process, in which `boreal` is the package and `native` the addon.
 *
 * @param script - its body; may await
 * @param env - added to this process's environment
 */
export function runChild(
  script: string,
  env: Record<string, string> = {},
  flags: string[] = [],
): Promise<Outcome> {
  const source = `import * as boreal from ${dist('index.js')};\nimport { native } from ${dist('native.js')};\n${script}`;
  const child = spawn(process.execPath, [...flags, '--input-type=module', '-e', source], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** As {@link runChild}; what the script printed, as JSON. Fails unless it ended well. */
export async function evaluate<T>(
  script: string,
  env: Record<string, string> = {},
  flags: string[] = [],
): Promise<T> {
  const { code, signal, stdout, stderr } = await runChild(script, env, flags);
  if (code !== 0) throw new Error(`The child process ended with ${signal ?? `code ${code}`}:\n${stderr}`);
  return JSON.parse(stdout) as T;
}
