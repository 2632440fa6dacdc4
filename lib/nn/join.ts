/** Arrays one after the other, as the native core takes parameters. */
export function join(parts: readonly ArrayLike<number>[]): Float32Array {
  const all = new Float32Array(parts.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
