import { LinearSVC, LinearSVR, NuSVC, NuSVR, OneClassSVM, SVC, SVR } from '../../../lib/index.js';
import { type Example, WEIGHTS } from './example.js';

const ON_THE_EDGE = Object.fromEntries(
  [
    WEIGHTS,
    'float32 gives the results of float64 up to rounding',
    'float32 plans of every output agree with float64 up to rounding',
  ].map((check) => [
    check,
    'free support vectors lie on the edge, on either side of which rounding puts them',
  ]),
);
const VOTES = {
  'probabilities lie in [0, 1], sum to 1 and agree with the labels':
    'classes are voted for, as in LIBSVM, and need not be the most probable ones',
};

export const EXAMPLES: readonly Example[] = [
  { name: 'LinearSVC', make: () => new LinearSVC({ tol: 1e-12 }) },
  {
    name: 'LinearSVC by dual descent, balanced',
    make: () => new LinearSVC({ dual: true, classWeight: 'balanced', tol: 1e-9, maxIter: 100000 }),
  },
  {
    name: 'LinearSVC of all classes together',
    make: () => new LinearSVC({ multiClass: 'crammerSinger', C: 0.5, tol: 1e-10, maxIter: 100000 }),
  },
  {
    name: 'LinearSVC with l1 penalty',
    make: () => new LinearSVC({ penalty: 'l1', C: 0.5, tol: 1e-10, maxIter: 100000 }),
  },
  { name: 'LinearSVR', make: () => new LinearSVR({ tol: 1e-9, maxIter: 100000 }) },
  {
    name: 'LinearSVR of squares',
    make: () => new LinearSVR({ loss: 'squaredEpsilonInsensitive', epsilon: 0.1, tol: 1e-12 }),
  },
  {
    name: 'OneClassSVM',
    make: () => new OneClassSVM({ nu: 0.2, gamma: 0.2, tol: 1e-7 }),
    exceptions: ON_THE_EDGE,
  },
  { name: 'NuSVC', make: () => new NuSVC({ nu: 0.2, gamma: 0.2, tol: 1e-7 }) },
  {
    name: 'NuSVC with probabilities',
    make: () => new NuSVC({ kernel: 'linear', nu: 0.3, probability: true, tol: 1e-7 }),
    exceptions: { ...VOTES, [WEIGHTS]: 'rows are dealt to folds by position' },
  },
  { name: 'NuSVR', make: () => new NuSVR({ gamma: 0.2, tol: 1e-7 }) },
  { name: 'SVC', make: () => new SVC({ gamma: 0.2, tol: 1e-7 }) },
  {
    name: 'SVC of polynomials that breaks ties',
    make: () => new SVC({ kernel: 'poly', gamma: 0.2, coef0: 1, breakTies: true, tol: 1e-7 }),
  },
  {
    name: 'SVC with probabilities',
    make: () => new SVC({ kernel: 'linear', probability: true }),
    exceptions: { ...VOTES, [WEIGHTS]: 'rows are dealt to folds by position' },
  },
  { name: 'SVR', make: () => new SVR({ gamma: 0.2, tol: 1e-7 }) },
  {
    name: 'SVR of a sigmoid',
    make: () => new SVR({ kernel: 'sigmoid', gamma: 0.05, C: 10, tol: 1e-7 }),
    exceptions: { [WEIGHTS]: 'the kernel is not positive definite: there are several optima' },
  },
];
