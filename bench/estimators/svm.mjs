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

const fits =
  (make, target = ({ y }) => y) =>
  (data) => ({
    run: () => make().fit(data.X, target(data)),
    quality: (model) => model.score?.(data.X, target(data)) ?? model.support.length,
  });
const uses =
  (make, use = 'predict', target = ({ y }) => y) =>
  async (data) => {
    const model = await make().fit(data.X, target(data));
    return () => model[use](data.X);
  };
const svc = () => new SVC();
const svr = () => new SVR();
/** A number from a class: its first column, with a step. */
const number = ({ X, y }) => Float64Array.from(y, (label, i) => X.data[i * X.cols] / 4 + label);

export const cases = {
  'SVC fit': { data: 'small', bar: 1.5, make: fits(svc) },
  'SVC predict': { data: 'small', bar: 1.5, make: uses(svc) },
  'SVC linear fit': { data: 'small', bar: 1.5, make: fits(() => new SVC({ kernel: 'linear', C: 0.01 })) },
  'SVC poly fit': { data: 'small', bar: 1.5, make: fits(() => new SVC({ kernel: 'poly' })) },
  'SVR fit': { data: 'small', bar: 1.5, make: fits(svr, number) },
  'SVR predict': { data: 'small', bar: 1.5, make: uses(svr, 'predict', number) },
  'OneClassSVM fit': { data: 'small', make: fits(() => new OneClassSVM({ nu: 0.1 })) },
  'LinearSVC fit': { data: 'dense', make: fits(() => new LinearSVC()) },
  'LinearSVC classes fit': { data: 'fiveClasses', make: fits(() => new LinearSVC()) },
  'LinearSVC hinge fit': {
    data: 'small',
    make: fits(() => new LinearSVC({ loss: 'hinge', C: 0.01, randomState: 0 })),
  },
  'LinearSVC l1 fit': { data: 'small', make: fits(() => new LinearSVC({ penalty: 'l1', C: 0.1 })) },
  'LinearSVC predict': { data: 'dense', make: uses(() => new LinearSVC()) },
  'LinearSVR fit': {
    data: 'dense',
    make: fits(() => new LinearSVR({ loss: 'squaredEpsilonInsensitive' }), number),
  },
  'IsotonicRegression fit': {
    data: 'dense',
    make: ({ X, y }) => {
      const column = X.columns([0]);
      const make = () => new IsotonicRegression({ outOfBounds: 'clip' });
      return { run: () => make().fit(column, y), quality: (model) => model.score(column, y) };
    },
  },
  'IsotonicRegression predict': {
    data: 'dense',
    make: async ({ X, y }) => {
      const column = X.columns([0]);
      const model = await new IsotonicRegression({ outOfBounds: 'clip' }).fit(column, y);
      return () => model.predict(column);
    },
  },
  'CalibratedClassifierCV sigmoid fit': {
    data: 'dense',
    make: fits(() => new CalibratedClassifierCV(new GaussianNB())),
  },
  'CalibratedClassifierCV isotonic predict': {
    data: 'dense',
    make: uses(() => new CalibratedClassifierCV(new GaussianNB(), { method: 'isotonic' }), 'predictProba'),
  },
};
