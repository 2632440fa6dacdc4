import {
  Binarizer,
  CyclicalEncoder,
  FunctionTransformer,
  KBinsDiscretizer,
  LogisticRegression,
  MaxAbsScaler,
  MinMaxScaler,
  Normalizer,
  OneHotEncoder,
  OrdinalEncoder,
  Pipeline,
  PolynomialFeatures,
  PowerTransformer,
  QuantileTransformer,
  RobustScaler,
  SplineTransformer,
  StandardScaler,
  TargetEncoder,
} from '../../../lib/index.js';
import { COMPOSITE, ENCODER, type Example, SCALER, WEIGHTS } from './example.js';

const SEEN = { [WEIGHTS]: 'a row of weight 0 still shows its values' };
const ACROSS = {
  ...ENCODER,
  'a transformer may stand in the middle of a pipeline':
    'what the next step learns from is encoded across folds, as by fitTransform',
};
const STEEP = 'normal numbers of ranks near 0 and 1 magnify the rounding of the ranks';

export const EXAMPLES: readonly Example[] = [
  { name: 'Binarizer', make: () => new Binarizer({ threshold: 0.5 }) },
  { name: 'SplineTransformer', make: () => new SplineTransformer({ nKnots: 4 }) },
  {
    name: 'SplineTransformer, periodic',
    make: () =>
      new SplineTransformer({ knots: 'quantile', extrapolation: 'periodic', handleMissing: 'zeros' }),
    exceptions: {
      [WEIGHTS]: 'quantiles of weighed rows are values, others between values, as in scikit-learn',
      'equal weights change nothing': 'quantiles of weighed rows are values, as in scikit-learn',
    },
  },
  { name: 'KBinsDiscretizer', make: () => new KBinsDiscretizer() },
  {
    name: 'KBinsDiscretizer of equal widths, numbered',
    make: () => new KBinsDiscretizer({ nBins: 3, encode: 'ordinal', strategy: 'uniform' }),
  },
  {
    name: 'KBinsDiscretizer around centres of some rows',
    make: () => new KBinsDiscretizer({ nBins: 2, strategy: 'kmeans', subsample: 30, randomState: 1 }),
    exceptions: {
      [WEIGHTS]: 'rows are drawn by their weights',
      'equal weights change nothing': 'rows are drawn by their weights',
    },
  },
  { name: 'MaxAbsScaler', make: () => new MaxAbsScaler(), exceptions: SEEN },
  { name: 'MinMaxScaler', make: () => new MinMaxScaler(), exceptions: SEEN },
  {
    name: 'MinMaxScaler that clips',
    make: () => new MinMaxScaler({ featureRange: [-2, 5], clip: true }),
    exceptions: SEEN,
  },
  { name: 'Normalizer', make: () => new Normalizer() },
  { name: 'Normalizer by the largest', make: () => new Normalizer({ norm: 'max' }) },
  { name: 'OneHotEncoder', make: () => new OneHotEncoder(), exceptions: ENCODER },
  {
    name: 'OneHotEncoder before a model',
    make: () =>
      new Pipeline([
        ['codes', new OneHotEncoder({ sparseOutput: true, handleUnknown: 'ignore' })],
        ['model', new LogisticRegression()],
      ]),
    exceptions: { ...COMPOSITE, ...ENCODER },
  },
  {
    name: 'OneHotEncoder, lenient',
    make: () => new OneHotEncoder({ drop: 'first', handleUnknown: 'ignore' }),
    exceptions: ENCODER,
  },
  { name: 'OrdinalEncoder', make: () => new OrdinalEncoder(), exceptions: ENCODER },
  {
    name: 'OrdinalEncoder, lenient',
    make: () =>
      new OrdinalEncoder({ handleUnknown: 'useEncodedValue', unknownValue: -1, encodedMissingValue: -2 }),
    exceptions: ENCODER,
  },
  { name: 'PolynomialFeatures', make: () => new PolynomialFeatures() },
  {
    name: 'PolynomialFeatures, interactions',
    make: () => new PolynomialFeatures({ degree: [2, 3], interactionOnly: true, includeBias: false }),
    exceptions: { 'one column is enough': 'one column has no interactions' },
  },
  { name: 'RobustScaler', make: () => new RobustScaler(), exceptions: SCALER },
  {
    name: 'RobustScaler of unit variance',
    make: () => new RobustScaler({ quantileRange: [10, 90], unitVariance: true, withCentering: false }),
    exceptions: SCALER,
  },
  { name: 'StandardScaler', make: () => new StandardScaler() },
  { name: 'StandardScaler without mean', make: () => new StandardScaler({ withMean: false }) },
  { name: 'CyclicalEncoder', make: () => new CyclicalEncoder({ period: 7 }) },
  { name: 'PowerTransformer', make: () => new PowerTransformer(), exceptions: SCALER },
  {
    name: 'PowerTransformer, Box-Cox',
    make: () =>
      new Pipeline([
        ['above 0', new FunctionTransformer({ func: ['abs', ['add', 1]] })],
        ['power', new PowerTransformer({ method: 'boxCox', standardize: false })],
      ]),
    exceptions: { ...COMPOSITE, ...SCALER },
  },
  {
    name: 'QuantileTransformer',
    make: () => new QuantileTransformer({ nQuantiles: 20 }),
    exceptions: SCALER,
  },
  {
    name: 'QuantileTransformer to normal numbers, of a sample',
    make: () =>
      new QuantileTransformer({
        nQuantiles: 10,
        outputDistribution: 'normal',
        subsample: 30,
        randomState: 2,
      }),
    exceptions: {
      ...SCALER,
      'float32 gives the results of float64 up to rounding': STEEP,
      'float32 plans of every output agree with float64 up to rounding': STEEP,
    },
  },
  {
    name: 'FunctionTransformer',
    make: () => new FunctionTransformer({ func: ['abs', 'log1p', ['mul', 2]] }),
  },
  {
    name: 'TargetEncoder',
    make: () => new TargetEncoder({ targetType: 'continuous', randomState: 1 }),
    exceptions: ACROSS,
  },
  {
    name: 'TargetEncoder of classes',
    make: () => new TargetEncoder({ smooth: 2, randomState: 1 }),
    exceptions: ACROSS,
  },
];
