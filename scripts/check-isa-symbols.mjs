/**
 * Proves on a build's object files that no CPU can meet an instruction it lacks:
 * `node scripts/check-isa-symbols.mjs <build folder>`, after cmake-js or plain CMake.
 *
 * 1. A file compiled for one instruction set defines its kernel tables and nothing else that the linker sees. A weak
 *    symbol (an inline function, say) could be kept for every CPU. Nor does it run anything when it is loaded.
 * 2. All other code holds no VEX or EVEX instruction (AVX and later, and BMI's on general registers).
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { findFiles } from './files.mjs';

const build = process.argv[2];
if (!build) throw new Error('usage: node scripts/check-isa-symbols.mjs <build folder>');

const table = /^boreal::\w+::k\w+$/;
const vex =
  /^(v(?!err|erw|mcall|mlaunch|mresume|mxo)\w+|andn|bextr|blsi|blsmsk|blsr|bzhi|mulx|pdep|pext|rorx|sarx|shlx|shrx)[lq]?$/;

const run = (tool, ...args) => execFileSync(tool, args, { encoding: 'utf8', maxBuffer: 2 ** 30 });
const elfX86 = (file) => {
  const header = readFileSync(file).subarray(0, 20);
  return header.toString('latin1', 1, 4) === 'ELF' && header.readUInt16LE(18) === 62;
};

/** Symbols that an ISA object must not define, each with the reason. */
function wrongSymbols(object) {
  const wrong = [];
  for (const line of run('nm', '-C', '--defined-only', object).split('\n')) {
    const [, type, name] = /^\w+ (\w) (.*)$/.exec(line) ?? [];
    if (!type) continue;
    if (/[WwVvu]/.test(type)) wrong.push(`weak symbol ${name}`);
    else if (/[A-Z]/.test(type) && !table.test(name)) wrong.push(`global symbol ${name}`);
    else if (/^(_GLOBAL__|global constructors)/.test(name))
      wrong.push(`code that runs at load time, ${name}`);
  }
  return wrong;
}

/** Functions of a common object that hold a VEX or EVEX instruction, each with the first one. */
function wrongInstructions(object) {
  const wrong = [];
  let name = '';
  for (const line of run('objdump', '-d', '-C', '--no-show-raw-insn', object).split('\n')) {
    const start = /^[0-9a-f]+ <(.*)>:$/.exec(line);
    if (start) name = start[1];
    const instruction = /^\s+[0-9a-f]+:\s+((?:(?:lock|rep\w*|bnd|notrack|data16) )*)(\w+)(.*)$/.exec(line);
    if (!name || !instruction) continue;
    const [, , mnemonic, operands] = instruction;
    if (vex.test(mnemonic) || /%[yz]mm|%k[0-7]\b/.test(operands)) {
      wrong.push(`${mnemonic}${operands.trimEnd()} in ${name}`);
      name = '';
    }
  }
  return wrong;
}

const objects = findFiles(build, ['.o']).filter((file) => file.includes('CMakeFiles/boreal') && elfX86(file));
const isa = objects.filter((file) => /boreal_isa_\w+\.dir/.test(file));
const common = objects.filter((file) => !/boreal_isa_avx\w+\.dir/.test(file));

const failures = [
  ...isa.flatMap((object) =>
    wrongSymbols(object).map((what) => `${relative(build, object)}: defines ${what}`),
  ),
  ...common.flatMap((object) =>
    wrongInstructions(object).map((what) => `${relative(build, object)}: ${what}`),
  ),
];
if (isa.length === 0 || common.length === isa.length) {
  failures.push(`${build} holds no x86-64 ELF objects of the core and its instruction sets: build it first`);
}
for (const failure of failures) console.error(`check-isa-symbols: ${failure}`);
if (failures.length === 0) {
  console.log(
    `check-isa-symbols: ${isa.length} instruction-set objects, ${common.length} common objects, all clean`,
  );
}
process.exitCode = failures.length > 0 ? 1 : 0;
