/**
 * The checks that every estimator must pass, for the estimators of this package and for your own. They need no test
 * framework: {@link checkEstimator} runs them all, {@link estimatorChecks} lists them for a framework to run.
 */
import { Estimator } from '../core/estimator.js';
import { show } from '../core/params.js';
import { ValidationError } from '../errors.js';
import { cancellationChecks } from './cancellation-checks.js';
import type { Check } from './check.js';
import { classChecks } from './class-checks.js';
import { fileChecks } from './file-checks.js';
import { fitChecks } from './fit-checks.js';
import { formChecks } from './form-checks.js';
import { inputChecks } from './input-checks.js';
import { parameterChecks } from './parameter-checks.js';
import { planChecks } from './plan-checks.js';
import { rowChecks } from './row-checks.js';
import { Subject } from './subject.js';
import { targetChecks } from './target-checks.js';

/** One check of one estimator. */
export interface EstimatorCheck {
  /** What must hold, for example 'a loaded model is the saved one'. */
  readonly name: string;
  /** Why the check is not run; absent when it is. */
  readonly skip?: string;
  /** Rejects with an AssertionError when the check fails. */
  run(): Promise<void>;
}

/** Options of {@link estimatorChecks} and {@link checkEstimator}. */
export interface EstimatorCheckOptions {
  /** Checks that this estimator need not pass: the reason by the name of the check. */
  readonly exceptions?: Readonly<Record<string, string>>;
}

const CHECKS: readonly Check[] = [
  ...parameterChecks,
  ...fitChecks,
  ...cancellationChecks,
  ...inputChecks,
  ...formChecks,
  ...rowChecks,
  ...classChecks,
  ...targetChecks,
  ...planChecks,
  ...fileChecks,
];

/**
 * The checks of an estimator, each to be run on its own.
 *
 * @param estimator - an unfitted estimator, or a function that makes one. It must take four columns of numbers and, to
 *   learn a target, three classes 0, 1, 2 (0, 1 for those of two classes) or numbers.
 * @throws {ERR_PARAMETER} when there is no estimator, or `exceptions` names a check that does not exist
 * @example
 * ```ts
 * import { Ridge } from 'boreal';
 * import { estimatorChecks } from 'boreal/testing';
 * import test from 'node:test';
 * for (const { name, skip, run } of estimatorChecks(new Ridge())) test(name, { skip }, run);
 * ```
 */
export function estimatorChecks(
  estimator: Estimator | (() => Estimator),
  options: EstimatorCheckOptions = {},
): EstimatorCheck[] {
  const { exceptions = {} } = options;
  for (const name of Object.keys(exceptions)) {
    if (CHECKS.some((check) => check.name === name)) continue;
    throw new ValidationError('ERR_PARAMETER', `exceptions: there is no check '${name}'.`);
  }
  const make = typeof estimator === 'function' ? estimator : () => estimator;
  // A class is a function too, but cannot be called.
  const isClass = typeof estimator === 'function' && estimator.prototype instanceof Estimator;
  if (isClass || !(make() instanceof Estimator)) {
    throw new ValidationError(
      'ERR_PARAMETER',
      `estimator must be an estimator, or a function that makes one; got ${show(estimator)}.`,
    );
  }
  const subject = new Subject(make);
  return CHECKS.map((check) => {
    const skip = exceptions[check.name] ?? check.skip?.(subject);
    // A subject of its own for each run, so that checks cannot disturb each other.
    const run = async () => check.run(new Subject(make));
    return { name: check.name, run, ...(skip !== undefined && { skip }) };
  });
}

/**
 * Runs all checks on an estimator.
 *
 * @param estimator - see {@link estimatorChecks}
 * @throws AggregateError when checks fail: its message names them, its `errors` say why
 * @example
 * ```ts
 * import { LinearRegression } from 'boreal';
 * import { checkEstimator } from 'boreal/testing';
 * await checkEstimator(new LinearRegression());
 * ```
 */
export async function checkEstimator(
  estimator: Estimator | (() => Estimator),
  options: EstimatorCheckOptions = {},
): Promise<void> {
  const failures: Array<{ name: string; error: unknown }> = [];
  const checks = estimatorChecks(estimator, options).filter(({ skip }) => skip === undefined);
  for (const { name, run } of checks) {
    try {
      await run();
    } catch (error) {
      failures.push({ name, error });
    }
  }
  if (failures.length === 0) return;
  throw new AggregateError(
    failures.map(({ error }) => error),
    `${failures.length} of ${checks.length} checks failed:\n${failures.map(({ name }) => `  ${name}`).join('\n')}`,
  );
}
