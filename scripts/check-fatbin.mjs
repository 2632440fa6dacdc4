/**
 * Lists the code that a CUDA library holds: `node scripts/check-fatbin.mjs LIBRARY [TARGET...]`, a target being sm_90a for
 * machine code or compute_90 for PTX. Exits 1 when one that is named is missing. Reads the ELF sections itself, because
 * cuobjdump is not part of every toolkit.
 */
import { readFileSync } from 'node:fs';

const MAGIC = 0xba55ed50;
const PTX = 1;
const MACHINE_CODE = 2;

/** The bytes of an ELF64 section; several of a name do not occur in a linked library. */
function section(file, wanted) {
  if (file.readUInt32BE(0) !== 0x7f454c46 || file[4] !== 2) throw new Error('not a 64-bit ELF file');
  const table = Number(file.readBigUInt64LE(40));
  const [size, count, names] = [58, 60, 62].map((at) => file.readUInt16LE(at));
  const header = (k) => file.subarray(table + k * size, table + (k + 1) * size);
  const place = (entry) => [24, 32].map((at) => Number(entry.readBigUInt64LE(at)));
  const [namesAt] = place(header(names));
  for (let k = 0; k < count; k++) {
    const at = namesAt + header(k).readUInt32LE(0);
    if (file.toString('latin1', at, file.indexOf(0, at)) !== wanted) continue;
    const [from, length] = place(header(k));
    return file.subarray(from, from + length);
  }
  throw new Error(`it has no section ${wanted}`);
}

/** Names of the targets in the fat binaries, which follow one another, padded. */
function targets(bytes) {
  const found = new Set();
  for (let at = 0; at + 16 <= bytes.length; ) {
    if (bytes.readUInt32LE(at) !== MAGIC) {
      at += 8;
      continue;
    }
    const end = at + bytes.readUInt16LE(at + 6) + Number(bytes.readBigUInt64LE(at + 8));
    for (let entry = at + bytes.readUInt16LE(at + 6); entry < end; ) {
      const kind = bytes.readUInt16LE(entry);
      const headerBytes = bytes.readUInt32LE(entry + 4);
      const payload = Number(bytes.readBigUInt64LE(entry + 8));
      const arch = bytes.readUInt32LE(entry + 28);
      // Bit 20 of the flags: code for this architecture and no later one.
      const exact = (bytes.readBigUInt64LE(entry + 40) & (1n << 20n)) !== 0n ? 'a' : '';
      if (kind === PTX) found.add(`compute_${arch}${exact}`);
      if (kind === MACHINE_CODE) found.add(`sm_${arch}${exact}`);
      entry += headerBytes + payload;
    }
    at = end;
  }
  return found;
}

const [path, ...wanted] = process.argv.slice(2);
try {
  const found = targets(section(readFileSync(path), '.nv_fatbin'));
  const missing = wanted.filter((target) => !found.has(target));
  console.log(`check-fatbin: ${path} holds ${[...found].sort().join(', ')}`);
  if (missing.length > 0) throw new Error(`it lacks ${missing.join(', ')}`);
} catch (error) {
  console.error(`check-fatbin: ${path}: ${error.message}`);
  process.exitCode = 1;
}
