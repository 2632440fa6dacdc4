import {
  ClassifierChain,
  DecisionTreeClassifier,
  DecisionTreeRegressor,
  LogisticRegression,
  MultiOutputClassifier,
  MultiOutputRegressor,
  RegressorChain,
  Ridge,
} from '../../../lib/index.js';
import { COMPOSITE, type Example } from './example.js';

export const EXAMPLES: readonly Example[] = [
  {
    name: 'MultiOutputRegressor',
    make: () => new MultiOutputRegressor(new DecisionTreeRegressor({ maxDepth: 3, randomState: 3 })),
    exceptions: COMPOSITE,
  },
  {
    name: 'RegressorChain',
    make: () => new RegressorChain(new Ridge(), { order: 'random', randomState: 1 }),
    exceptions: COMPOSITE,
  },
  {
    name: 'RegressorChain of predictions across folds',
    make: () => new RegressorChain(new Ridge({ alpha: 0.1 }), { cv: 3 }),
    exceptions: COMPOSITE,
  },
  {
    name: 'MultiOutputClassifier',
    make: () => new MultiOutputClassifier(new LogisticRegression()),
    exceptions: COMPOSITE,
  },
  {
    name: 'ClassifierChain',
    make: () => new ClassifierChain(new LogisticRegression()),
    exceptions: COMPOSITE,
  },
  {
    name: 'ClassifierChain of predictions across folds',
    make: () => new ClassifierChain(new DecisionTreeClassifier({ maxDepth: 3, randomState: 2 }), { cv: 3 }),
    exceptions: COMPOSITE,
  },
];
