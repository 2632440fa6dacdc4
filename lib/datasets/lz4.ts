/** The block format of LZ4 (github.com/lz4/lz4, doc/lz4_Block_format.md), as Parquet's LZ4_RAW has it. */

const MIN_MATCH = 4;

/**
 * The bytes that a block stands for.
 *
 * @throws an Error when the block is damaged, or does not hold as many bytes
 */
export function decompressLz4(block: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  let from = 0;
  let to = 0;
  /** Lengths of 15 and more go on in bytes, of which the last is not 255. */
  const extended = (nibble: number): number => {
    let total = nibble;
    if (nibble === 15) {
      let byte: number;
      do {
        if (from >= block.length) throw new Error('an LZ4 block is cut off');
        byte = block[from++];
        total += byte;
      } while (byte === 255);
    }
    return total;
  };
  while (from < block.length) {
    const token = block[from++];
    const literals = extended(token >> 4);
    if (from + literals > block.length || to + literals > length) throw new Error('an LZ4 block is damaged');
    out.set(block.subarray(from, from + literals), to);
    from += literals;
    to += literals;
    // The last sequence has no match.
    if (from === block.length) break;
    const distance = block[from] | (block[from + 1] << 8);
    from += 2;
    const match = extended(token & 15) + MIN_MATCH;
    if (from > block.length || distance === 0 || distance > to || to + match > length)
      throw new Error('an LZ4 block is damaged');
    // Byte by byte: a match may overlap what it writes.
    for (let k = 0; k < match; k++, to++) out[to] = out[to - distance];
  }
  if (to !== length) throw new Error('an LZ4 block holds too few bytes');
  return out;
}
