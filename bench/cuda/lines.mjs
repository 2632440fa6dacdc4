/** A line of JSON for each figure, so that what fails loses nothing of the others. Part of the bundle of scripts/cuda-bundle.mjs. */

export const report = (line) => console.log(JSON.stringify(line));

/** The line that `work` gives, or that says how it failed; `well: false` and failures make the process's status 1. */
export async function attempt(name, work) {
  try {
    const line = await work();
    report({ name, ...line });
    if (line.well === false) process.exitCode = 1;
  } catch (error) {
    report({ name: 'failed', section: name, error: `${error.code ?? error.name}: ${error.message}` });
    process.exitCode = 1;
  }
}
