/** Golden values of MLPClassifier and MLPRegressor. */
import { expect, test } from 'vitest';
import type { FloatArray, Label, Matrix } from '../../lib/index.js';
import { MLPClassifier, MLPRegressor } from '../../lib/nn/index.js';
import { expectClose, iterative } from '../support/tolerance.js';
import { type GoldenInput, rowsOf } from './inputs.js';
import { readGolden } from './read.js';

const CLASSES = {
  MLPClassifier: MLPClassifier<Label | Label[]>,
  MLPRegressor: MLPRegressor<FloatArray | Matrix>,
};
interface Case {
  name: string;
  estimator: keyof typeof CLASSES;
  params: Record<string, never>;
  input: GoldenInput;
}
interface Steps extends Case {
  sampleWeight?: number[];
  several?: number;
  initial: number[];
  final: number[];
  lossCurve: number[];
}
interface Scores extends Case {
  scores: number[];
}
const golden = readGolden<{ steps: Steps[]; scores: Scores[] }>('mlp');
/** float32 beside float64: a few dozen steps, each of which carries the rounding of those before. */
const STEPS = iterative(2e-4);

test.each(golden.steps)(
  '$name',
  async ({ estimator, params, input, sampleWeight, several = 0, initial, final, lossCurve }) => {
    const isNumbers = estimator === 'MLPRegressor';
    const { X: rows, y } = rowsOf(input);
    const all = rows as Matrix;
    const X = all.columns(Array.from({ length: all.cols - several }, (_, j) => j));
    const last = all.toArray().map((row) => row.slice(all.cols - several));
    const targets =
      several > 0
        ? last.map((row) => row.map((value) => (isNumbers ? Math.abs(value) : Number(value > 0))))
        : y.map((value) => (isNumbers ? value / 100 : value));
    const fixed = { ...(params as object), shuffle: false, tol: 0, nIterNoChange: 1000 };
    const start = await new CLASSES[estimator]({ ...fixed, maxIter: 1 }).fit(X, targets);
    // The same model with the weights that scikit-learn begins with.
    const { fitted } = start.snapshot();
    if (fitted === null) throw new Error('not fitted');
    const model = new CLASSES[estimator]({ ...fixed, warmStart: true });
    model.restore({ ...fitted, state: { ...fitted.state, parameters: Float32Array.from(initial) } } as never);
    await model.fit(X, targets, { sampleWeight });
    const learned = model.coefs.flatMap((coef, i) => [...coef.data, ...model.intercepts[i]]);
    expectClose(learned, final, STEPS, 'parameters');
    // The constant of scikit-learn's deviance of Poisson is left out.
    if ((params as { loss?: string }).loss !== 'poisson')
      expectClose(model.lossCurve, lossCurve, STEPS, 'lossCurve');
  },
);

const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;

test.each(golden.scores)('$name', async ({ estimator, params, input, scores }) => {
  const { X, y, test: rows, yTest } = rowsOf(input);
  const ours: number[] = [];
  for (let randomState = 0; randomState < scores.length; randomState++) {
    const model = await new CLASSES[estimator]({ ...(params as object), randomState }).fit(X, y);
    ours.push(await model.score(rows, yTest));
  }
  // Other random numbers: the means of five seeds differ by the spread of their scores at most.
  const spread = Math.max(0.02, Math.max(...scores) - Math.min(...scores));
  expect(Math.abs(mean(ours) - mean(scores)), `${ours} and ${scores}`).toBeLessThan(spread);
});
