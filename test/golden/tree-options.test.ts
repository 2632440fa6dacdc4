/** Options of trees against scikit-learn: criteria, limits of leaves, pruning, constraints, paths, exports. */
import { describe, expect, test } from 'vitest';
import {
  DecisionTreeClassifier,
  DecisionTreeRegressor,
  exportGraphviz,
  exportText,
} from '../../lib/index.js';
import { exact, expectClose, iterative } from '../support/tolerance.js';
import { readGolden } from './read.js';

interface Problem {
  X: number[][];
  test: number[][];
  curve: number[];
  counts: number[];
  classes: number[];
  binary: number[];
}
type EstimatorName = 'DecisionTreeClassifier' | 'DecisionTreeRegressor';
interface TreeCase {
  name: string;
  estimator: EstimatorName;
  params: Record<string, never>;
  problem: number;
  target: 'curve' | 'counts' | 'classes' | 'binary';
  weighted: boolean;
  leaves: number;
  depth: number;
  importances: number[];
  predictions: number[];
  pathLengths: number[];
  proba?: number[][];
}
interface PathCase {
  estimator: EstimatorName;
  X: number[][];
  y: number[];
  sampleWeight?: number[];
  ccpAlphas: number[];
  impurities: number[];
}
interface TextCase {
  estimator: EstimatorName;
  params: Record<string, never>;
  X: number[][];
  y: number[];
  options: Record<string, never>;
  text: string;
}

const golden = readGolden<{ problems: Problem[]; trees: TreeCase[]; paths: PathCase[]; texts: TextCase[] }>(
  'tree-options',
);
const SUMS = iterative(1e-11);
const make = (estimator: EstimatorName, params: object) =>
  estimator === 'DecisionTreeClassifier'
    ? new DecisionTreeClassifier(params)
    : new DecisionTreeRegressor(params);

describe('options of decision trees', () => {
  test.each(golden.trees.map((each) => [each.name, each] as const))('%s', async (_, each) => {
    const { estimator, params, problem, target, weighted, ...expected } = each;
    const { X, test: rows, [target]: y } = golden.problems[problem];
    const sampleWeight = weighted ? y.map((_, i) => (i % 5) / 2 + 0.5) : undefined;
    const tree = await make(estimator, { ...params, randomState: 0 }).fit(X, y, { sampleWeight });
    expect([tree.getNLeaves(), tree.getDepth()]).toEqual([expected.leaves, expected.depth]);
    expectClose(await tree.predict(rows), expected.predictions, SUMS, 'predictions');
    expectClose(tree.featureImportances, expected.importances, SUMS, 'importances');
    const { indptr } = await tree.decisionPath(rows);
    expect(expected.pathLengths.map((_, i) => indptr[i + 1] - indptr[i])).toEqual(expected.pathLengths);
    if (tree instanceof DecisionTreeClassifier)
      expectClose((await tree.predictProba(rows)).toArray(), expected.proba, SUMS, 'proba');
  });

  test.each(golden.paths)('the pruning path of $estimator', async (expected) => {
    const { estimator, X, y, sampleWeight } = expected;
    const tree = make(estimator, { minSamplesLeaf: 4, randomState: 0, ccpAlpha: 9 });
    const path = await tree.costComplexityPruningPath(X, y, { sampleWeight });
    expectClose(path.ccpAlphas, expected.ccpAlphas, SUMS, 'alphas');
    expectClose(path.impurities, expected.impurities, SUMS, 'impurities');
    expect(tree.isFitted).toBe(false);
  });

  test.each(golden.texts)(
    '$estimator as text, $options',
    async ({ estimator, params, X, y, options, text }) => {
      expect(exportText(await make(estimator, params).fit(X, y), options)).toBe(text);
    },
  );
});

describe('trees from inside', () => {
  const X = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
    [2, 2],
  ];
  const y = ['a', 'b', 'b', 'b', 'a'];

  test('structure, leaves and paths fit together', async () => {
    const tree = await new DecisionTreeClassifier({ randomState: 1 }).fit(X, y);
    const nodes = tree.tree;
    expect(nodes.nodeCount).toBe(2 * nodes.nLeaves - 1);
    expect(nodes.maxDepth).toBe(tree.getDepth());
    expect(nodes.value.row(0)).toEqual(Float64Array.of(0.4, 0.6));
    expect(nodes.weightedNNodeSamples[0]).toBe(5);
    const leaves = await tree.apply(X);
    const { indptr, indices } = await tree.decisionPath(X);
    X.forEach((row, i) => {
      let node = 0;
      for (let at = indptr[i]; at < indptr[i + 1]; at++) {
        expect(indices[at]).toBe(node);
        if (nodes.childrenLeft[node] < 0) break;
        const goesLeft = row[nodes.feature[node]] <= nodes.threshold[node];
        node = goesLeft ? nodes.childrenLeft[node] : nodes.childrenRight[node];
      }
      expect(leaves.data[i]).toBe(node);
      expect(nodes.value.row(node)[y[i] === 'b' ? 1 : 0]).toBe(1);
    });
    expectClose(
      tree.getFeatureImportances('split').reduce((a, b) => a + b),
      1,
      exact,
      'shares of splits',
    );
  });

  test('graphs name columns and classes, and can be cut', async () => {
    const tree = await new DecisionTreeClassifier({ randomState: 1 }).fit({ 'a "b"': [1, 2, 3] }, [0, 1, 1]);
    expect(exportGraphviz(tree, { classNames: ['no', 'yes'], nodeIds: true }).split('\n')).toEqual([
      'digraph Tree {',
      'node [shape=box, fontname="helvetica"] ;',
      'edge [fontname="helvetica"] ;',
      '0 [label="node #0\\na \\"b\\" <= 1.5\\ngini = 0.444\\nsamples = 3\\nvalue = [1, 2]\\nclass = yes"] ;',
      '1 [label="node #1\\ngini = 0\\nsamples = 1\\nvalue = [1, 0]\\nclass = no"] ;',
      '0 -> 1 [labeldistance=2.5, labelangle=45, headlabel="True"] ;',
      '2 [label="node #2\\ngini = 0\\nsamples = 2\\nvalue = [0, 2]\\nclass = yes"] ;',
      '0 -> 2 [labeldistance=2.5, labelangle=-45, headlabel="False"] ;',
      '}',
    ]);
    expect(exportGraphviz(tree, { maxDepth: 0 })).toContain('1 [label="(...)"] ;');
  });

  test('what does not fit is refused', async () => {
    const tree = await new DecisionTreeClassifier().fit(X, y);
    const code = (f: () => unknown) => {
      try {
        f();
      } catch (error) {
        return (error as { code: string }).code;
      }
      return 'none';
    };
    expect(code(() => exportText(tree, { featureNames: ['one'] }))).toBe('ERR_SHAPE');
    expect(code(() => exportText(tree, { classNames: ['one'] }))).toBe('ERR_SHAPE');
    expect(code(() => exportText(tree, { decimals: -1 }))).toBe('ERR_PARAMETER');
    expect(code(() => exportGraphviz(tree, { maxDepth: 0.5 }))).toBe('ERR_PARAMETER');
    expect(code(() => exportText(new DecisionTreeClassifier()))).toBe('ERR_NOT_FITTED');
    const refuses = (model: DecisionTreeClassifier | DecisionTreeRegressor, target: unknown[]) =>
      expect(model.fit(X, target)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    await refuses(new DecisionTreeClassifier({ monotonicCst: [1] }), y);
    await refuses(new DecisionTreeClassifier({ monotonicCst: [1, 0] }), ['a', 'b', 'c', 'a', 'b']);
    await refuses(new DecisionTreeRegressor({ criterion: 'poisson' }), [1, 2, -1, 0, 3]);
    await refuses(new DecisionTreeRegressor({ criterion: 'poisson' }), [0, 0, 0, 0, 0]);
  });
});
