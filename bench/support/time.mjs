// Timing helpers: the median of whole runs, and percentiles of many single calls on rotating inputs.
export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/** Seconds of each of `repeats` runs, after one that warms up. */
export async function timeRuns(repeats, run) {
  await run();
  const seconds = [];
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    await run();
    seconds.push((performance.now() - start) / 1000);
  }
  return seconds;
}

/** Microseconds of single calls; `call(i)` gets the number of the call, to rotate its input. */
export function timeCalls(calls, call) {
  for (let i = 0; i < Math.min(calls, 2000); i++) call(i);
  const micros = new Float64Array(calls);
  for (let i = 0; i < calls; i++) {
    const start = process.hrtime.bigint();
    call(i);
    micros[i] = Number(process.hrtime.bigint() - start) / 1000;
  }
  return { p50: percentile(micros, 0.5), p99: percentile(micros, 0.99) };
}
