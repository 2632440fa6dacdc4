/** Every registered estimator against the checks of boreal/testing. */
import { describe, expect, test } from 'vitest';
import { registeredEstimators } from '../lib/core/registry.js';
import { estimatorChecks } from '../lib/testing/index.js';
import { EXAMPLES } from './support/estimators.js';

test('every registered estimator has an example here', () => {
  const shown = new Set(EXAMPLES.map(({ make }) => make().constructor.name));
  expect([...shown].sort()).toEqual(registeredEstimators().map(({ name }) => name));
});

describe.each(EXAMPLES)('$name', ({ make, exceptions }) => {
  for (const { name, skip, run } of estimatorChecks(make, { exceptions })) {
    test.skipIf(skip !== undefined)(skip === undefined ? name : `${name} (no: ${skip})`, run);
  }
});
