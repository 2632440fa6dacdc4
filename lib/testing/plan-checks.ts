/** Compiling: a plan computes what the estimator computes, alone and inside a pipeline. */
import assert from 'node:assert/strict';
import { Matrix } from '../core/matrix.js';
import { Pipeline } from '../pipeline/index.js';
import { assertRounded, assertSame, assertThrows, type Check, type Result } from './check.js';
import type { Model, Subject } from './subject.js';

/** The result of a plan in the form that the estimator returns. */
function decode(subject: Subject, model: Model, values: Matrix): Result {
  const { target } = model.schema;
  if (target.kind === 'class') return Array.from(values.data, (code) => target.classes[code]);
  return subject.kind === 'regressor' ? values.data : values;
}

export const planChecks: readonly Check[] = [
  {
    name: 'a compiled plan gives what the estimator gives',
    async run(subject) {
      const model = await subject.fitted();
      const expected = await subject.apply(model, subject.X);
      for (const plan of [
        model.compile(),
        await model.compileAsync({ device: 'cpu', precision: 'float64' }),
      ]) {
        assertSame(decode(subject, model, await plan.run(subject.X)), expected, 'plan.run');
        assertSame(decode(subject, model, plan.runSync(subject.X)), expected, 'plan.runSync');
        assert.equal(plan.schema, model.schema);
        assert.ok(plan.explain().length > 0);
      }
      if (!subject.hasProba) return;
      const proba = model.compile({ output: 'proba' }).runSync(subject.X);
      assertSame(proba, await model.predictProba!(subject.X), 'probabilities');
    },
  },
  {
    name: 'a plan writes into the matrix it is given',
    async run(subject) {
      const model = await subject.fitted();
      const plan = model.compile();
      const expected = plan.runSync(subject.X);
      const out = new Matrix(new Float64Array(expected.data.length).fill(-7), expected.rows, expected.cols);
      assert.equal(plan.runSync(subject.X, out), out);
      assertSame(out, expected, 'runSync');
      out.data.fill(-7);
      assert.equal(await plan.run(subject.X, out), out);
      assertSame(out, expected, 'run');
      const wrong = [new Matrix(new Float64Array(expected.cols), 1, expected.cols), out.astype('float32')];
      for (const matrix of wrong) {
        await assertThrows(() => plan.runSync(subject.X, matrix), 'ERR_SHAPE', 'runSync into a wrong matrix');
        await assertThrows(() => plan.run(subject.X, matrix), 'ERR_SHAPE', 'run into a wrong matrix');
      }
    },
  },
  {
    name: 'float32 plans of every output agree with float64 up to rounding',
    async run(subject) {
      const model = await subject.fitted();
      for (const output of ['value', ...model.outputs] as const) {
        const [narrow, wide] = (['float32', 'float64'] as const).map((precision) => {
          const plan = model.compile({ output, precision });
          assert.equal(plan.precision, precision);
          return plan.runSync(subject.X);
        });
        assertRounded(narrow, wide, 'float32', `output '${output}'`);
      }
    },
  },
  {
    name: 'options that make no sense are refused',
    async run(subject) {
      const model = await subject.fitted();
      const unknown = (['proba', 'decision', 'interval'] as const).filter(
        (output) => !model.outputs.includes(output),
      );
      for (const output of unknown) {
        await assertThrows(() => model.compile({ output }), 'ERR_NOT_SUPPORTED', `output '${output}'`);
      }
      await assertThrows(
        () => model.compile({ device: 'tpu' as 'cpu' }),
        'ERR_PARAMETER',
        'an unknown device',
      );
      await assertThrows(
        () => model.compile({ precision: 'float16' as 'float32' }),
        'ERR_PARAMETER',
        'a bad precision',
      );
      await assertThrows(
        () => model.compile({ output: 'soup' as 'value' }),
        'ERR_PARAMETER',
        'an unknown output',
      );
    },
  },
  {
    name: 'a pipeline of one step is that step',
    async run(subject) {
      const model = await subject.fitted();
      const pipeline = await new Pipeline([['only', subject.make()]]).fit(subject.X, subject.y);
      assert.equal(pipeline.kind, subject.kind);
      assertSame(await subject.apply(pipeline, subject.X), await subject.apply(model, subject.X), 'results');
      if (subject.hasProba) {
        assertSame(
          await pipeline.predictProba(subject.X),
          await model.predictProba!(subject.X),
          'probabilities',
        );
      }
      if (subject.kind === 'transformer') {
        assert.deepStrictEqual(pipeline.getFeatureNamesOut(), model.getFeatureNamesOut!());
      }
    },
  },
  {
    name: 'a transformer has one name for each column it gives',
    skip: ({ kind }) => (kind === 'transformer' ? undefined : 'it is no transformer'),
    async run(subject) {
      const model = await subject.fitted();
      const names = model.getFeatureNamesOut!();
      const transformed = await model.transform!(subject.X);
      assert.equal(names.length, transformed.cols);
      assert.equal(new Set(names).size, names.length, 'names differ');
      assert.equal(transformed.rows, subject.X.rows);
    },
  },
];
