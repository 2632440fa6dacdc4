/** Mistakes of callers that are refused: by a code, and in words that name what they called and what is wrong. */
import { describe, expect, test } from 'vitest';
import {
  accuracyScore,
  ColumnTransformer,
  chi2,
  cosineDistances,
  cosineSimilarity,
  crossValScore,
  FeatureUnion,
  fClassif,
  fOneway,
  fRegression,
  GaussianNB,
  GridSearchCV,
  GroupKFold,
  GroupShuffleSplit,
  HDBSCAN,
  LabelBinarizer,
  LabelEncoder,
  LeaveOneGroupOut,
  LeavePGroupsOut,
  LeavePOut,
  LogisticRegression,
  linearKernel,
  load,
  MultiLabelBinarizer,
  makeScorer,
  mutualInfoClassif,
  nanEuclideanDistances,
  pairedDistances,
  pairwiseDistances,
  pairwiseDistancesArgmin,
  pairwiseKernels,
  rbfKernel,
  rRegression,
  SelectFromModel,
  ShuffleSplit,
  StratifiedShuffleSplit,
  TunedThresholdClassifierCV,
  VotingClassifier,
} from '../../lib/index.js';

const X = Array.from({ length: 12 }, (_, i) => [i, (i * i) % 5]);
const y = X.map((_, i) => (i % 3 === 0 ? 'a' : 'b'));
const numbers = X.map((_, i) => i);
const groups = X.map((_, i) => i % 4);
/** What TypeScript would not let through. */
const any = (value: unknown) => value as never;
const tuned = (scoring: unknown) =>
  new TunedThresholdClassifierCV(new GaussianNB(), { scoring: any(scoring), cv: 2 });
const taken = (splitter: { split(...data: unknown[]): Iterable<unknown> }, ...data: unknown[]) => [
  ...splitter.split(X, ...data),
];

test.each<[string, () => unknown, string, RegExp]>([
  [
    'an option that fClassif lacks',
    () => fClassif(X, y, any({ center: true })),
    'ERR_PARAMETER',
    /^fClassif .*center/,
  ],
  ['an option that chi2 lacks', () => chi2(X, y, any({ center: true })), 'ERR_PARAMETER', /^chi2 .*center/],
  [
    'an option that fOneway lacks',
    () => fOneway([X, X], any({ axis: 0 })),
    'ERR_PARAMETER',
    /^fOneway .*axis/,
  ],
  [
    'an option that mutualInfoClassif lacks',
    () => mutualInfoClassif(X, y, any({ neighbors: 2 })),
    'ERR_PARAMETER',
    /^mutualInfoClassif .*neighbors/,
  ],
  [
    'an option that pairwiseDistances lacks',
    () => pairwiseDistances(X, X, any({ metrik: 'cosine' })),
    'ERR_PARAMETER',
    /^pairwiseDistances .*metrik/,
  ],
  [
    'signal of what does not wait',
    () => cosineDistances(X, X, any({ signal: new AbortController().signal })),
    'ERR_PARAMETER',
    /^cosineDistances .*signal/,
  ],
  ['LeavePOut without p', () => new LeavePOut(any(undefined)), 'ERR_PARAMETER', /LeavePOut: .*'p'/],
  [
    'LeavePGroupsOut without a number',
    () => new LeavePGroupsOut(any(undefined)),
    'ERR_PARAMETER',
    /LeavePGroupsOut: .*'nGroups'/,
  ],
  [
    'labels that are none',
    () => new LabelEncoder().fit(any(undefined)),
    'ERR_LABELS',
    /LabelEncoder: y must/,
  ],
  [
    'labels of a binarizer that are none',
    () => new LabelBinarizer().fit(any(null)),
    'ERR_LABELS',
    /LabelBinarizer: y must/,
  ],
  [
    'rows of labels that are none',
    () => new MultiLabelBinarizer().fit(any(undefined)),
    'ERR_LABELS',
    /MultiLabelBinarizer: y must/,
  ],
  [
    'nothing to binarize',
    () => new LabelBinarizer().fit(['a', 'b']).transform(any(undefined)),
    'ERR_LABELS',
    /LabelBinarizer: y must/,
  ],
  [
    'a binarizer before fit',
    () => new LabelBinarizer().transform(['a']),
    'ERR_NOT_FITTED',
    /This LabelBinarizer/,
  ],
  [
    'a missing label to binarize',
    () => new LabelBinarizer().fit(['a', 'b']).transform([null, 'a']),
    'ERR_LABELS',
    /LabelBinarizer: y\[0\]/,
  ],
  [
    'NaN as the column of a label',
    () =>
      new LabelBinarizer().fit(['a', 'b', 'c']).inverseTransform([
        [0, 1, 0],
        [Number.NaN, 0, 0],
      ]),
    'ERR_INPUT_NAN',
    /row 1/,
  ],
  [
    'classes that are missing',
    () => new MultiLabelBinarizer({ classes: ['a', any(null)] }),
    'ERR_PARAMETER',
    /MultiLabelBinarizer: classes/,
  ],
  [
    'classes of two types',
    () => new MultiLabelBinarizer({ classes: ['a', 1] }),
    'ERR_PARAMETER',
    /MultiLabelBinarizer: classes/,
  ],
  [
    'center of fRegression',
    () => fRegression(X, numbers, { center: any('x') }),
    'ERR_PARAMETER',
    /^fRegression: /,
  ],
  [
    'an option of rRegression',
    () => rRegression(X, numbers, any({ centre: true })),
    'ERR_PARAMETER',
    /^rRegression .*'centre'/,
  ],
  [
    'a row without a group',
    () => taken(new LeaveOneGroupOut(), y, groups.with(3, Number.NaN)),
    'ERR_LABELS',
    /^groups: row 3/,
  ],
  [
    'one group to draw from',
    () =>
      taken(
        new GroupShuffleSplit(),
        y,
        groups.map(() => 0),
      ),
    'ERR_PARAMETER',
    /^GroupShuffleSplit: .* groups .* from 1/,
  ],
  [
    'rows to draw',
    () => taken(new ShuffleSplit({ testSize: 20 }), y),
    'ERR_PARAMETER',
    /^ShuffleSplit: .* rows .* from 12/,
  ],
  [
    'classes to draw',
    () => taken(new StratifiedShuffleSplit({ testSize: 1 }), y),
    'ERR_PARAMETER',
    /^StratifiedShuffleSplit: /,
  ],
  [
    'probabilities at a threshold',
    () => tuned('rocAuc').fit(X, y),
    'ERR_NOT_SUPPORTED',
    /scoring reads probabilities/,
  ],
  [
    'decisions at a threshold',
    () => tuned(makeScorer(accuracyScore, { responseMethod: 'decisionFunction' })).fit(X, y),
    'ERR_NOT_SUPPORTED',
    /scoring reads probabilities/,
  ],
  [
    'centres of distances',
    () => new HDBSCAN({ metric: 'precomputed', storeCenters: 'medoid' }).fit([[0]]),
    'ERR_PARAMETER',
    /null where metric is 'precomputed'/,
  ],
  [
    'an option of makeScorer',
    () => makeScorer(accuracyScore, any({ greater: true })),
    'ERR_PARAMETER',
    /^makeScorer .*'greater'/,
  ],
  [
    'an option of a kernel without any',
    () => linearKernel(X, X, { gamma: 1 }),
    'ERR_PARAMETER',
    /^linearKernel .* none/,
  ],
  [
    'an option of the cosine',
    () => cosineSimilarity(X, X, { degree: 1 }),
    'ERR_PARAMETER',
    /^cosineSimilarity /,
  ],
  [
    'an option of another kernel',
    () => rbfKernel(X, X, { degree: 2 }),
    'ERR_PARAMETER',
    /^rbfKernel .*'degree'/,
  ],
  [
    'an option of another kernel by name',
    () => pairwiseKernels(X, X, { metric: 'sigmoid', degree: 2 }),
    'ERR_PARAMETER',
    /^sigmoidKernel .*'degree'/,
  ],
  [
    'an option of distances',
    () => pairedDistances(X, X, any({ squared: true })),
    'ERR_PARAMETER',
    /'squared'/,
  ],
  [
    'an option of nearest rows',
    () => pairwiseDistancesArgmin(X, X, any({ axes: 1 })),
    'ERR_PARAMETER',
    /'axes'/,
  ],
  [
    'an option of distances with gaps',
    () => nanEuclideanDistances(X, X, any({ copy: 1 })),
    'ERR_PARAMETER',
    /'copy'/,
  ],
  [
    'an infinite number, which is not missing',
    () => nanEuclideanDistances([[Infinity, 1]], [[Infinity, 2]]),
    'ERR_INPUT_INFINITE',
    /nanEuclideanDistances/,
  ],
  [
    'too few groups for a fit that deals rows without them',
    () =>
      new GridSearchCV(new GaussianNB(), any({ varSmoothing: [1e-9] }), { cv: 2 }).fit(X, y, { groups: [1] }),
    'ERR_SHAPE',
    /groups has 1 values/,
  ],
  [
    'too few groups for folds without them',
    () => crossValScore(new GaussianNB(), X, y, { cv: 2, groups: [1] }),
    'ERR_SHAPE',
    /groups has 1 values/,
  ],
])('%s', async (_, run, code, message) => {
  const refused = expect.objectContaining({ code, message: expect.stringMatching(message) });
  await expect((async () => run())()).rejects.toEqual(refused);
});

test('classes of a binarizer stay when the list of the caller changes', () => {
  const classes = ['b', 'a'];
  const binarizer = new MultiLabelBinarizer({ classes }).fit([['a']]);
  classes.reverse();
  expect(binarizer.fit([['a']]).classes).toEqual(['b', 'a']);
});

describe('groups reach the model within that deals rows by them', () => {
  const search = () => {
    const params = { C: [1] };
    return new GridSearchCV(new LogisticRegression(), params, { cv: new GroupKFold({ nSplits: 2 }) });
  };
  const within = new SelectFromModel(new LogisticRegression());
  const select = () => new SelectFromModel(search(), { importanceGetter: 'bestEstimator.coef' });
  test.each([
    ['VotingClassifier', () => new VotingClassifier([['search', search()]])],
    ['SelectFromModel', select],
    ['ColumnTransformer', () => new ColumnTransformer([['select', select(), [0, 1]]])],
    ['FeatureUnion', () => new FeatureUnion([['select', select()]])],
  ])('%s', async (_, make) => {
    expect((await make().fit(X, y, { groups })).isFitted).toBe(true);
    await expect(make().fit(X, y)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
  });

  test('but are refused where none is within', async () => {
    await expect(within.fit(X, y, { groups })).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
  });
});

test('a splitter or a function keeps a model from being saved, a list of folds does not', async () => {
  const cv = new GroupKFold({ nSplits: 2 });
  const make = (folds: unknown) => new GridSearchCV(new LogisticRegression(), { C: [1] }, { cv: any(folds) });
  const dealt = await make(cv).fit(X, y, { groups });
  expect(() => dealt.toBytes()).toThrow(expect.objectContaining({ code: 'ERR_NOT_SUPPORTED' }));
  const listed = await make([...cv.split(X, y, groups)]).fit(X, y);
  expect(await (await load(listed.toBytes())).predict(X)).toEqual(await dealt.predict(X));
  const importanceGetter = (model: LogisticRegression) => model.coef;
  const selector = new SelectFromModel(new LogisticRegression(), { importanceGetter });
  await selector.fit(X, y);
  expect(() => selector.toBytes()).toThrow(expect.objectContaining({ code: 'ERR_NOT_SUPPORTED' }));
});
