/** Distillation: a student learns the probabilities of a teacher. */
import { expect, test } from 'vitest';
import { loadDigits, loadIris, RandomForestClassifier } from '../../lib/index.js';
import { adam, dense, distill, Sequential } from '../../lib/nn/index.js';

const iris = loadIris();
const labels = Array.from(iris.target, (code) => iris.targetNames[code]);
const small = (activation: 'linear' | 'softmax' = 'softmax') =>
  new Sequential([dense(8, { activation: 'tanh' }), dense(3, { activation })], {
    ...{ optimizer: adam({ learningRate: 0.02 }), randomState: 1 },
    loss: { type: 'sparseCategoricalCrossentropy', fromLogits: activation === 'linear' },
  });
const refusal = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

test.each([1, 3])('at temperature %i probabilities come near those of the teacher', async (temperature) => {
  const { data, target } = loadDigits();
  const X = data.scale(1 / 16);
  const options = { loss: 'sparseCategoricalCrossentropy', optimizer: 'adam', randomState: 1 } as const;
  const teacher = new Sequential(
    [dense(64, { activation: 'relu' }), dense(10, { activation: 'softmax' })],
    options,
  );
  await teacher.fit(X, target, { epochs: 15, verbose: 0 });
  const student = new Sequential(
    [dense(16, { activation: 'relu' }), dense(10, { activation: 'softmax' })],
    options,
  );
  expect(await distill(teacher, student, X, { temperature, epochs: 60, verbose: 0 })).toBe(student);
  const [t, s] = [await teacher.predictProba(X), await student.predictProba(X)];
  const distance = Array.from(t.data).reduce((sum, p, k) => sum + Math.abs(p - s.data[k]), 0) / t.rows;
  expect(distance).toBeLessThan(0.15);
  expect(await student.score(X, target)).toBeGreaterThan(0.95);
  expect(student.params.loss).toBe('sparseCategoricalCrossentropy');
  // It can be trained further on labels.
  await student.fit(X, target, { verbose: 0 });
});

test('any classifier teaches; classes are its labels; true labels may be mixed in', async () => {
  const teacher = await new RandomForestClassifier({ nEstimators: 30, randomState: 1 }).fit(
    iris.data,
    labels,
  );
  for (const student of [small(), small('linear')]) {
    await distill(teacher, student, iris.data, {
      temperature: 2,
      y: labels,
      alpha: 0.3,
      epochs: 60,
      batchSize: 16,
      verbose: 0,
    });
    expect(student.classes).toEqual(['setosa', 'versicolor', 'virginica']);
    expect(await student.score(iris.data, labels)).toBeGreaterThan(0.93);
  }
});

test('what does not fit is refused', async () => {
  const teacher = await new RandomForestClassifier({ nEstimators: 5, randomState: 1 }).fit(iris.data, labels);
  const run = (...args: unknown[]) => distill(...(args as Parameters<typeof distill>));
  await expect(run({}, small(), iris.data)).rejects.toEqual(refusal('ERR_PARAMETER', /teacher/));
  await expect(run(teacher, teacher, iris.data)).rejects.toEqual(refusal('ERR_PARAMETER', /student/));
  await expect(run(teacher, small(), iris.data, { temperature: 0 })).rejects.toEqual(
    refusal('ERR_PARAMETER', /temperature/),
  );
  await expect(run(teacher, new Sequential([dense(2)]), iris.data)).rejects.toEqual(
    refusal('ERR_SHAPE', /3 classes/),
  );
  const relu = new Sequential([dense(3, { activation: 'relu' })]);
  await expect(run(teacher, relu, iris.data)).rejects.toEqual(refusal('ERR_PARAMETER', /dense/));
  await expect(run(teacher, small(), iris.data, { y: ['rose'] })).rejects.toEqual(
    refusal('ERR_LABELS', /rose/),
  );
  await expect(run(teacher, small(), iris.data, { y: labels.slice(1) })).rejects.toEqual(
    refusal('ERR_SHAPE', /149/),
  );
});
