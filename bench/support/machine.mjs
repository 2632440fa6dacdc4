// What a result was measured on, and where results go.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { native } from '../../dist/native.js';

const folder = new URL('../results/', import.meta.url);

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
  };
}

export function writeResult(suite, rows, peers) {
  mkdirSync(folder, { recursive: true });
  const result = { suite, date: new Date().toISOString().slice(0, 10), machine: machine(), peers, rows };
  writeFileSync(new URL(`${suite}.json`, folder), `${JSON.stringify(result, null, 2)}\n`);
}
