// Support vector machines, calibration and isotonic regression. Quality: accuracy, R2, or the number of support vectors.
import {
  CalibratedClassifierCV,
  GaussianNB,
  IsotonicRegression,
  LinearSVC,
  LinearSVR,
  OneClassSVM,
  SVC,
  SVR,
} from '../../dist/index.js';
import { fits, labelled, uses } from './calls.mjs';

const fitted = (make, of = labelled) =>
  fits(make, { of, quality: (model, X, y) => model.score?.(X, y) ?? model.support.length });
const svc = () => new SVC();
const svr = () => new SVR();
/** A number from a class: its first column, with a step. */
const number = ({ X, y }) => [X, Float64Array.from(y, (label, i) => X.data[i * X.cols] / 4 + label)];
const column = ({ X, y }) => [X.columns([0]), y];
const isotonic = () => new IsotonicRegression({ outOfBounds: 'clip' });

export const cases = {
  'SVC fit': { data: 'small', bar: 1.5, make: fitted(svc) },
  'SVC C=100 fit': { data: 'small', bar: 1.5, make: fitted(() => new SVC({ C: 100 })) },
  'SVC predict': { data: 'small', bar: 1.5, make: uses(svc, 'predict', { of: labelled }) },
  'SVC linear fit': { data: 'small', bar: 1.5, make: fitted(() => new SVC({ kernel: 'linear', C: 0.01 })) },
  'SVC poly fit': { data: 'small', bar: 1.5, make: fitted(() => new SVC({ kernel: 'poly' })) },
  'SVR fit': { data: 'small', bar: 1.5, make: fitted(svr, number) },
  'SVR predict': { data: 'small', bar: 1.5, make: uses(svr, 'predict', { of: number }) },
  'OneClassSVM fit': { data: 'small', make: fitted(() => new OneClassSVM({ nu: 0.1 })) },
  'LinearSVC fit': { data: 'dense', make: fitted(() => new LinearSVC()) },
  'LinearSVC classes fit': { data: 'fiveClasses', make: fitted(() => new LinearSVC()) },
  'LinearSVC hinge fit': {
    data: 'small',
    make: fitted(() => new LinearSVC({ loss: 'hinge', C: 0.01, randomState: 0 })),
  },
  'LinearSVC l1 fit': { data: 'small', make: fitted(() => new LinearSVC({ penalty: 'l1', C: 0.1 })) },
  'LinearSVC predict': { data: 'dense', make: uses(() => new LinearSVC(), 'predict', { of: labelled }) },
  'LinearSVR fit': {
    data: 'dense',
    make: fitted(() => new LinearSVR({ loss: 'squaredEpsilonInsensitive' }), number),
  },
  'IsotonicRegression fit': {
    data: 'dense',
    make: fitted(isotonic, column),
  },
  'IsotonicRegression predict': {
    data: 'dense',
    make: uses(isotonic, 'predict', { of: column, on: (data) => column(data)[0] }),
  },
  'CalibratedClassifierCV sigmoid fit': {
    data: 'dense',
    make: fitted(() => new CalibratedClassifierCV(new GaussianNB())),
  },
  'CalibratedClassifierCV isotonic predict': {
    data: 'dense',
    make: uses(() => new CalibratedClassifierCV(new GaussianNB(), { method: 'isotonic' }), 'predictProba', {
      of: labelled,
    }),
  },
};
