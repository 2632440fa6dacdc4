/** Compiling: a plan computes what the estimator computes, alone and inside a pipeline. */
import assert from 'node:assert/strict';
import { Matrix } from '../core/matrix.js';
import { Pipeline } from '../pipeline/index.js';
import { StandardScaler } from '../preprocessing/index.js';
import { assertRounded, assertSame, assertThrows, type Check, type Result } from './check.js';
import type { Model, Subject } from './subject.js';

/** Why a check of plans says nothing about a clusterer that does not predict. */
export const needsPlan = ({ hasPlan }: Subject) =>
  hasPlan ? undefined : 'it says nothing about new rows, and has no plan';

/** The result of a plan in the form that the estimator returns. */
function decode(subject: Subject, model: Model, values: Matrix): Result {
  const { target } = model.schema;
  if (target.kind === 'class') return Array.from(values.data, (code) => target.classes[code]);
  if (subject.kind === 'clusterer') return Int32Array.from(values.data);
  return subject.kind === 'regressor' ? values.data : values;
}

export const planChecks: readonly Check[] = [
  {
    name: 'a compiled plan gives what the estimator gives',
    skip: needsPlan,
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
    skip: needsPlan,
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
    skip: needsPlan,
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
      const unknown = (['proba', 'decision', 'interval', 'transform'] as const).filter(
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
        () => model.compile({ precision: 'float24' as 'float32' }),
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
      if (subject.givesColumns) {
        assert.deepStrictEqual(pipeline.getFeatureNamesOut(), model.getFeatureNamesOut!());
        assertSame(await pipeline.transform(subject.X), await model.transform!(subject.X), 'columns');
      }
    },
  },
  {
    name: 'a transformer has one name for each column it gives',
    skip: ({ givesColumns }) => (givesColumns ? undefined : 'it is no transformer'),
    async run(subject) {
      const model = await subject.fitted();
      const names = model.getFeatureNamesOut!();
      const transformed = await model.transform!(subject.X);
      assert.equal(names.length, transformed.cols);
      assert.equal(new Set(names).size, names.length, 'names differ');
      assert.equal(transformed.rows, subject.X.rows);
    },
  },
  {
    name: 'a transformer may stand in the middle of a pipeline',
    skip: ({ givesColumns }) => (givesColumns ? undefined : 'it is no transformer'),
    async run(subject) {
      const steps = [['first', subject.make()] as const, ['second', new StandardScaler()] as const] as const;
      const pipeline = await new Pipeline(steps).fit(subject.X, subject.y);
      const columns = await (await subject.fitted()).transform!(subject.X);
      const expected = await (await new StandardScaler().fit(columns)).transform(columns);
      assertRounded(await pipeline.transform(subject.X), expected, 'float32', 'transformed twice');
    },
  },
  {
    name: 'fitPredict gives the labels of the training rows',
    skip: ({ kind }) => (kind === 'clusterer' ? undefined : 'it is no clusterer'),
    async run(subject) {
      const model = subject.make();
      const labels = await model.fitPredict!(subject.X);
      assert.ok(labels instanceof Int32Array);
      assert.equal(labels.length, subject.X.rows);
      assertSame(labels, model.labels!, 'labels');
      const largest = labels.reduce((most, label) => Math.max(most, label), -1);
      for (let k = 0; k <= largest; k++)
        assert.ok(labels.includes(k), `cluster ${k} of ${largest + 1} has rows`);
      assert.ok(labels.every((label) => label >= -1));
      assertSame(labels, (await subject.fitted()).labels!, 'fit, which ignores y');
      if (subject.hasPlan) return;
      for (const call of [() => model.compile(), () => model.compileAsync()])
        await assertThrows(call, 'ERR_NOT_SUPPORTED', 'compile');
    },
  },
];
