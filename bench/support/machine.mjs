// What a result was measured on, and where results go.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { native } from '../../dist/native.js';

const folder = new URL('../results/', import.meta.url);

/** The vector extensions Linux reports: what libraries choose their kernels by. */
function vectorFlags() {
  try {
    const line = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'));
    const flags = line[1].split(' ').filter((flag) => /^(avx|fma$|f16c|amx|asimd|sve|i8mm|bf16)/.test(flag));
    return flags.sort().join(' ');
  } catch {
    return null;
  }
}

export function machine() {
  const info = native.info();
  return {
    cpu: info.cpu,
    logicalCpus: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform}-${process.arch}`,
    node: process.version,
    boreal: info.version,
    isa: info.isa,
    threads: info.threads,
    vectorFlags: vectorFlags(),
  };
}

/** @param result { rows, peers: versions by name, and whatever else the suite measured } */
export function writeResult(suite, result) {
  mkdirSync(folder, { recursive: true });
  const date = new Date().toISOString().slice(0, 10);
  const document = { suite, date, machine: machine(), ...result };
  writeFileSync(new URL(`${suite}.json`, folder), `${JSON.stringify(document, null, 2)}\n`);
}
