/** Calls that no type lets through: every export refuses them by a code, and never by an error of the engine. */
import { expect, test } from 'vitest';
import * as boreal from '../../lib/index.js';
import * as nn from '../../lib/nn/index.js';

const X = [
  [1, 2],
  [2, 1],
  [3, 5],
  [4, 3],
];
const y = [0, 1, 0, 1];
const scores = [0.1, 0.8, 0.3, 0.6];
/** Arguments that come before the wrong one. */
const BEFORE: readonly unknown[][] = [[], [y], [X], [y, y], [y, scores], [X, y], [X, X]];
const WRONG: ReadonlyArray<readonly [string, unknown]> = [
  ['nothing', undefined],
  ['null', null],
  ['a number', 1e12],
  ['text', 'no such thing'],
];

/** They read files, run whole trainings, call a function they are given, or are made by the library alone. */
const LEFT_OUT =
  /^(load[A-Z]|load$|read|save$|import|check|estimator|setThreads|Plan$|noGrad|enableGrad|gradientTape)/;

function refusal(call: () => unknown): Promise<unknown> {
  return Promise.resolve()
    .then(call)
    .then(
      () => undefined,
      (error: unknown) => error,
    );
}

test.each(Object.entries({ boreal, nn }))('%s', async (_, exports) => {
  const raw: string[] = [];
  for (const [name, value] of Object.entries(exports)) {
    if (typeof value !== 'function' || LEFT_OUT.test(name)) continue;
    const isClass = /^class/.test(String(value));
    const invoke = (given: unknown[]) =>
      isClass ? Reflect.construct(value, given) : (value as (...given: unknown[]) => unknown)(...given);
    for (const before of BEFORE) {
      for (const [what, wrong] of WRONG) {
        const error = await refusal(() => invoke([...before, wrong]));
        if (error === undefined || error instanceof boreal.BorealError) continue;
        raw.push(`${name}(${'.., '.repeat(before.length)}${what}): ${error}`);
      }
    }
  }
  expect(raw).toEqual([]);
});
