// Scalers and encoders.
import {
  KBinsDiscretizer,
  MaxAbsScaler,
  MinMaxScaler,
  Normalizer,
  OneHotEncoder,
  OrdinalEncoder,
  PolynomialFeatures,
  PowerTransformer,
  QuantileTransformer,
  RobustScaler,
  SimpleImputer,
  SplineTransformer,
  StandardScaler,
} from '../../dist/index.js';
import { fits, uses } from './calls.mjs';

const transforms = (make) => uses(make, 'transform');
const both = (name, data, make, bar) => ({
  [`${name} fit`]: { data, bar, make: fits(make) },
  [`${name} transform`]: { data, bar, make: transforms(make) },
});

export const cases = {
  ...both('StandardScaler', 'dense', () => new StandardScaler(), 3),
  ...both('MinMaxScaler', 'dense', () => new MinMaxScaler(), 3),
  ...both('MaxAbsScaler', 'dense', () => new MaxAbsScaler(), 3),
  ...both('RobustScaler', 'dense', () => new RobustScaler(), 3),
  'Normalizer transform': { data: 'dense', make: transforms(() => new Normalizer()) },
  'PolynomialFeatures transform': { data: 'dense', make: transforms(() => new PolynomialFeatures()) },
  ...both('SplineTransformer', 'dense', () => new SplineTransformer()),
  ...both('PowerTransformer', 'dense', () => new PowerTransformer()),
  ...both('QuantileTransformer', 'dense', () => new QuantileTransformer({ subsample: null })),
  ...both('KBinsDiscretizer', 'dense', () => new KBinsDiscretizer({ encode: 'ordinal' })),
  ...both('SimpleImputer mean', 'missing', () => new SimpleImputer()),
  ...both('SimpleImputer median', 'missing', () => new SimpleImputer({ strategy: 'median' })),
  ...both('OrdinalEncoder', 'categories', () => new OrdinalEncoder()),
  ...both('OneHotEncoder', 'categories', () => new OneHotEncoder()),
};
