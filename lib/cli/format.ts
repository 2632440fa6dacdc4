/** Text for terminals. */

/** Names and values in two aligned columns, indented. */
export function pairs(entries: ReadonlyArray<readonly [name: string, value: string]>): string {
  const width = Math.max(...entries.map(([name]) => name.length)) + 2;
  return entries.map(([name, value]) => `  ${name.padEnd(width)}${value}\n`).join('');
}

/** A number of bytes in binary units, such as '7.8 GiB'. */
export function bytes(count: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = count < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(count) / 10));
  return `${power === 0 ? count : (count / 1024 ** power).toFixed(1)} ${units[power]}`;
}
