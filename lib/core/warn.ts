/** Warnings of what is no error, but seldom meant. */

/** Gives a warning to the process, under the name 'BorealWarning'. */
export function warn(message: string): void {
  process.emitWarning(message, 'BorealWarning');
}
