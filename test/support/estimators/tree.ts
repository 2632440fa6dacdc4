import {
  DecisionTreeClassifier,
  DecisionTreeRegressor,
  ExtraTreeClassifier,
  ExtraTreeRegressor,
} from '../../../lib/index.js';
import { type Example, TIES, WEIGHTS } from './example.js';

export const EXAMPLES: readonly Example[] = [
  { name: 'DecisionTreeClassifier', make: () => new DecisionTreeClassifier() },
  {
    name: 'DecisionTreeClassifier, limited',
    make: () => new DecisionTreeClassifier({ maxDepth: 3, maxFeatures: 2 }),
  },
  { name: 'DecisionTreeRegressor', make: () => new DecisionTreeRegressor(), exceptions: TIES },
  { name: 'DecisionTreeRegressor, limited', make: () => new DecisionTreeRegressor({ maxDepth: 3 }) },
  {
    name: 'DecisionTreeRegressor of medians, pruned',
    make: () => new DecisionTreeRegressor({ criterion: 'absoluteError', maxLeafNodes: 12, ccpAlpha: 0.01 }),
    exceptions: { [WEIGHTS]: 'a count of rows is not their weight where leaves are limited' },
  },
  { name: 'ExtraTreeClassifier', make: () => new ExtraTreeClassifier() },
  { name: 'ExtraTreeRegressor', make: () => new ExtraTreeRegressor(), exceptions: TIES },
];
