/** Listeners of progress that answer with a promise. */
import type { FitOptions } from './fit-input.js';

/**
 * What the promises of an asynchronous listener reject with rejects the work, as what a listener throws does: at the next event, or when
 * the work has ended, which waits for all of them.
 */
export async function heedListener<I extends Pick<FitOptions, 'onProgress'>, R>(
  input: I,
  learn: (input: I) => Promise<R>,
): Promise<R> {
  const { onProgress } = input;
  if (typeof onProgress !== 'function') return learn(input);
  const answers: Promise<void>[] = [];
  let failure: { readonly reason: unknown } | null = null;
  const throwFailure = () => {
    if (failure !== null) throw failure.reason;
  };
  const heeded: NonNullable<FitOptions['onProgress']> = (event) => {
    throwFailure();
    const answer = onProgress(event);
    if (answer instanceof Promise) {
      const keep = (reason: unknown) => {
        failure ??= { reason };
      };
      answers.push(answer.then(() => undefined, keep));
    }
    return answer;
  };
  const learned = await learn({ ...input, onProgress: heeded });
  await Promise.all(answers);
  throwFailure();
  return learned;
}
