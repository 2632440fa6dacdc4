/** Parameters: given to the constructor, checked by fit, never touched by anything but setParams. */
import assert from 'node:assert/strict';
import type { Estimator } from '../core/estimator.js';
import { assertSame, assertThrows, type Check, describe } from './check.js';

type Constructor = { new (): Estimator; fromParams(params: object): Estimator };
const classOf = (estimator: Estimator) => estimator.constructor as unknown as Constructor;

/** No rule allows a symbol. */
const nonsense = Symbol('nonsense');

export const parameterChecks: readonly Check[] = [
  {
    name: 'can be constructed without arguments',
    run(subject) {
      const example = subject.make();
      const estimator = new (classOf(example))();
      assert.deepStrictEqual(Object.keys(estimator.params).sort(), Object.keys(example.rules).sort());
      estimator.checkParams();
    },
  },
  {
    name: 'the constructor checks nothing, fit checks every parameter',
    async run(subject) {
      const { params, rules } = subject.make();
      for (const name of Object.keys(rules)) {
        const estimator = classOf(subject.make()).fromParams({ ...params, [name]: nonsense });
        const error = await assertThrows(
          () => estimator.fit(subject.X, subject.y),
          'ERR_PARAMETER',
          `a bad ${name}`,
        );
        assert.match(
          error.message,
          new RegExp(`'${name}'.*Symbol.nonsense`),
          'the error names parameter and value',
        );
        assert.equal(estimator.isFitted, false);
      }
    },
  },
  {
    name: 'fit leaves parameters as they are',
    async run(subject) {
      const estimator = subject.make();
      const before = describe(estimator.params);
      await estimator.fit(subject.X, subject.y);
      assert.deepStrictEqual(describe(estimator.params), before);
    },
  },
  {
    name: 'setParams takes all parameters back, and refuses unknown ones',
    async run(subject) {
      const estimator = subject.make();
      const before = describe(estimator.params);
      assert.equal(estimator.setParams({ ...estimator.params }), estimator);
      assert.deepStrictEqual(describe(estimator.params), before);
      await assertThrows(
        () => estimator.setParams({ nonsense } as object),
        'ERR_PARAMETER',
        'an unknown parameter',
      );
      assert.deepStrictEqual(describe(estimator.params), before);
    },
  },
  {
    name: 'setParams does not touch the parameters of a clone',
    run(subject) {
      const estimator = subject.make();
      const clone = estimator.clone();
      const before = describe(estimator.params);
      for (const name of Object.keys(estimator.rules)) clone.setParams({ [name]: nonsense } as object);
      assert.deepStrictEqual(describe(estimator.params), before);
    },
  },
  {
    name: 'setParams applies from the next fit on',
    async run(subject) {
      const model = await subject.fitted();
      const expected = subject.values(model, subject.X);
      const namesOut = () => (subject.givesColumns ? model.getFeatureNamesOut!() : []);
      const names = namesOut();
      const switches = Object.entries(model.params).filter(([, value]) => typeof value === 'boolean');
      model.setParams(Object.fromEntries(switches.map(([name, value]) => [name, !value])));
      assertSame(subject.values(model, subject.X), expected, 'a plan compiled after setParams');
      assert.deepStrictEqual(namesOut(), names);
    },
  },
  {
    name: 'a clone has equal parameters and no state',
    async run(subject) {
      const model = await subject.fitted();
      const clone = model.clone();
      assert.notEqual(clone, model);
      assert.equal(clone.constructor, model.constructor);
      assert.equal(clone.isFitted, false);
      assert.deepStrictEqual(describe(clone.params), describe(model.params));
    },
  },
];
