import {
  DecisionTreeRegressor,
  GenericUnivariateSelect,
  RFE,
  Ridge,
  SelectFdr,
  SelectFpr,
  SelectFromModel,
  SelectFwe,
  SelectKBest,
  SelectPercentile,
  VarianceThreshold,
} from '../../../lib/index.js';
import { AXES, COMPOSITE, type Example, TIES } from './example.js';

export const EXAMPLES: readonly Example[] = [
  {
    name: 'GenericUnivariateSelect',
    make: () => new GenericUnivariateSelect({ scoreFunc: 'mutualInfoRegression', mode: 'kBest', param: 1 }),
    exceptions: AXES,
  },
  { name: 'RFE', make: () => new RFE(new Ridge(), { nFeaturesToSelect: 0.5 }), exceptions: COMPOSITE },
  {
    name: 'SelectFdr',
    make: () => new SelectFdr({ scoreFunc: 'fRegression', alpha: 0.9 }),
    exceptions: AXES,
  },
  {
    name: 'SelectFpr',
    make: () => new SelectFpr({ scoreFunc: 'fRegression', alpha: 0.9 }),
    exceptions: AXES,
  },
  {
    name: 'SelectFromModel',
    make: () => new SelectFromModel(new DecisionTreeRegressor({ randomState: 2 }), { threshold: '0.5*mean' }),
    exceptions: { ...COMPOSITE, ...TIES },
  },
  {
    name: 'SelectFwe',
    make: () => new SelectFwe({ scoreFunc: 'fRegression', alpha: 1 }),
    exceptions: AXES,
  },
  {
    name: 'SelectKBest',
    make: () => new SelectKBest({ scoreFunc: 'fRegression', k: 1 }),
    exceptions: AXES,
  },
  {
    name: 'SelectPercentile',
    make: () => new SelectPercentile({ scoreFunc: 'fRegression', percentile: 60 }),
    exceptions: AXES,
  },
  { name: 'VarianceThreshold', make: () => new VarianceThreshold({ threshold: 0.1 }), exceptions: AXES },
];
