/** Cancellation: an AbortSignal ends a fit with ERR_ABORTED, and what was learned before stays. */
import assert from 'node:assert/strict';
import { assertThrows, type Check, describe } from './check.js';

/** Turns of the event loop after which a fit is aborted: at once, while it works, and about when it ends. */
const TURNS = [0, 1, 2, 3, 5, 8, 13];

const turn = () => new Promise((resolve) => setImmediate(resolve));

export const cancellationChecks: readonly Check[] = [
  {
    name: 'an aborted signal stops fit before it starts',
    async run(subject) {
      const estimator = subject.make();
      const reason = new Error('enough');
      const fit = () => estimator.fit(subject.X, subject.y, { signal: AbortSignal.abort(reason) });
      const error = await assertThrows(fit, 'ERR_ABORTED', 'fit with an aborted signal');
      assert.equal(error.name, 'AbortError');
      assert.equal(error.cause, reason);
      assert.equal(estimator.isFitted, false);
    },
  },
  {
    name: 'abort stops fit and keeps the last fit',
    async run(subject) {
      const model = await subject.fitted();
      const before = describe(model);
      const half = subject.X.slice(0, subject.X.rows / 2);
      const targets = subject.y.slice(0, half.rows);
      const after = describe(await subject.fitted(half, targets));
      for (const turns of TURNS) {
        const controller = new AbortController();
        const fitting = model.fit(half, targets, { signal: controller.signal });
        const outcome = fitting.then(
          () => 'fitted',
          (error) => error.code,
        );
        for (let k = 0; k < turns; k++) await turn();
        controller.abort();
        if ((await outcome) === 'fitted') {
          assert.ok(turns > 0, 'an abort right after the call must stop the fit');
          assert.deepStrictEqual(describe(model), after, 'a fit that succeeded replaces the last one');
          await model.fit(subject.X, subject.y);
        } else {
          assert.equal(await outcome, 'ERR_ABORTED');
        }
        assert.deepStrictEqual(describe(model), before, 'the model before and after an aborted fit');
      }
    },
  },
  {
    name: 'a signal that fires late or never does no harm',
    async run(subject) {
      const controller = new AbortController();
      const model = subject.make();
      await model.fit(subject.X, subject.y, { signal: controller.signal });
      controller.abort();
      await turn();
      assert.deepStrictEqual(describe(model), describe(await subject.fitted()));
    },
  },
];
