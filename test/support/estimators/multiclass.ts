import {
  GaussianNB,
  LinearSVC,
  LogisticRegression,
  OneVsOneClassifier,
  OneVsRestClassifier,
} from '../../../lib/index.js';
import { COMPOSITE, type Example } from './example.js';

export const EXAMPLES: readonly Example[] = [
  {
    name: 'OneVsRestClassifier',
    make: () => new OneVsRestClassifier(new LogisticRegression({ tol: 1e-9, maxIter: 1000 })),
    exceptions: COMPOSITE,
  },
  {
    name: 'OneVsRestClassifier of probabilities',
    make: () => new OneVsRestClassifier(new GaussianNB()),
    exceptions: COMPOSITE,
  },
  {
    name: 'OneVsOneClassifier',
    make: () => new OneVsOneClassifier(new LinearSVC({ tol: 1e-12 })),
    exceptions: COMPOSITE,
  },
];
