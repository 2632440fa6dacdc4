/**
 * Writes native/text/word_ranges.h: the characters of which words are made, letters and numbers of all scripts and '_', which is
 * what \w means in Python. Run it when Node brings a newer Unicode.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './files.mjs';

const word = /[\p{L}\p{N}_]/u;
const ranges = [];
for (let c = 0; c <= 0x10ffff; c++) {
  if ((c >= 0xd800 && c < 0xe000) || !word.test(String.fromCodePoint(c))) continue;
  const last = ranges.at(-1);
  if (last?.[1] === c - 1) last[1] = c;
  else ranges.push([c, c]);
}
const hex = (c) => `0x${c.toString(16)}`;
const lines = [];
for (let i = 0; i < ranges.length; i += 5) {
  const some = ranges.slice(i, i + 5).map(([first, last]) => `{${hex(first)}, ${hex(last)}}`);
  lines.push(`    ${some.join(', ')},`);
}
const text = `// Letters, numbers and '_' of Unicode ${process.versions.unicode}, as ranges [first, last] in ascending order. Written by
// scripts/word-characters.mjs.
#pragma once

#include <cstdint>

namespace boreal {

struct CharacterRange {
  uint32_t first, last;
};

// clang-format off
inline constexpr CharacterRange kWordRanges[] = {
${lines.join('\n')}
};
// clang-format on

}  // namespace boreal
`;
writeFileSync(join(root, 'native/text/word_ranges.h'), text);
