import {
  ColumnTransformer,
  DecisionTreeRegressor,
  FeatureUnion,
  LogisticRegression,
  MinMaxScaler,
  OneHotEncoder,
  Pipeline,
  PolynomialFeatures,
  Ridge,
  SimpleImputer,
  StandardScaler,
  TransformedTargetRegressor,
} from '../../../lib/index.js';
import { COMPOSITE, type Example, IMPUTER, SCALER, WORDS } from './example.js';

export const EXAMPLES: readonly Example[] = [
  {
    name: 'ColumnTransformer',
    make: () =>
      new ColumnTransformer(
        [
          ['scale', new StandardScaler(), { kind: 'number' }],
          ['codes', new OneHotEncoder(), { kind: 'category' }],
        ],
        { remainder: 'passthrough' },
      ),
    exceptions: COMPOSITE,
  },
  {
    name: 'ColumnTransformer of overlapping parts',
    make: () =>
      new ColumnTransformer(
        [
          ['filled', new SimpleImputer({ strategy: 'mostFrequent', addIndicator: true }), [3, 2, 1, 0]],
          ['same', 'passthrough', 0],
          ['none', 'drop', 0],
        ],
        { transformerWeights: { same: -0.5 } },
      ),
    exceptions: { ...COMPOSITE, ...IMPUTER, 'one column is enough': 'it names columns 0 to 3' },
  },
  {
    name: 'Pipeline of a classifier',
    make: () =>
      new Pipeline([
        ['impute', new SimpleImputer({ strategy: 'median' })],
        ['scale', new StandardScaler()],
        ['model', new LogisticRegression()],
      ]),
    exceptions: { ...COMPOSITE, ...IMPUTER, ...WORDS },
  },
  {
    name: 'Pipeline with a memory',
    make: () =>
      new Pipeline(
        [
          ['impute', new SimpleImputer()],
          ['scale', new StandardScaler()],
          ['model', new Ridge()],
        ],
        { memory: new Map() },
      ),
    exceptions: { ...COMPOSITE, ...IMPUTER, ...WORDS },
  },
  {
    name: 'Pipeline of a regressor',
    make: () =>
      new Pipeline([
        ['skip', 'passthrough'],
        ['model', new DecisionTreeRegressor({ maxDepth: 3, randomState: 3 })],
      ]),
    exceptions: COMPOSITE,
  },
  {
    name: 'Pipeline of transformers',
    make: () =>
      new Pipeline([
        ['scale', new StandardScaler()],
        ['inner', new Pipeline([['impute', new SimpleImputer()]])],
      ]),
    exceptions: { ...COMPOSITE, ...IMPUTER },
  },
  {
    name: 'FeatureUnion',
    make: () =>
      new FeatureUnion(
        [
          ['scaled', new MinMaxScaler()],
          ['gone', 'drop'],
          ['products', new PolynomialFeatures({ interactionOnly: true })],
          ['same', 'passthrough'],
        ],
        { transformerWeights: { scaled: 2 } },
      ),
    exceptions: { ...COMPOSITE, ...SCALER },
  },
  {
    name: 'TransformedTargetRegressor',
    make: () => new TransformedTargetRegressor(new Ridge(), { transformer: new StandardScaler() }),
    exceptions: COMPOSITE,
  },
];
