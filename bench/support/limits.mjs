// The roofline: the least time a case can take on this machine, from the measured peaks and bandwidths.

/** Bandwidth in bytes/s of the nearest level that holds `bytes`; `direction`: 'read', or 'add' when results are stored. */
function bandwidth(limits, bytes, direction) {
  const level = limits.levels.find((one) => one.bytes >= bytes) ?? limits.levels.at(-1);
  return { rate: level[direction], level: level.name };
}

/**
 * @param limits what the native comparison measured with as many threads, or null
 * @param work operations: of `peak` (f32, f64, int8), 0 when only memory counts; bytes: read and written at least
 *   once; direction: see bandwidth
 * @returns { seconds, by: what limits it }, or null
 */
export function leastSeconds(limits, { operations = 0, peak = 'f32', bytes, direction }) {
  if (!limits) return null;
  const memory = bandwidth(limits, bytes, direction);
  const bounds = [{ seconds: bytes / memory.rate, by: memory.level }];
  if (operations > 0 && limits.peaks[peak].rate > 0) {
    bounds.push({ seconds: operations / limits.peaks[peak].rate, by: limits.peaks[peak].instruction });
  }
  return bounds.reduce((a, b) => (a.seconds >= b.seconds ? a : b));
}
