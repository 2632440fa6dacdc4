// Multi-layer perceptrons. A fixed number of epochs, so that both sides do the same work. Quality: the score of the training rows,
// or the mean of the loss.
import { MLPClassifier, MLPRegressor } from '../../dist/nn/index.js';
import { fits, labelled, uses } from './calls.mjs';

const epochs = { maxIter: 5, nIterNoChange: 100, tol: 0, randomState: 0 };
const classifier = (more) => () => new MLPClassifier({ ...epochs, hiddenLayerSizes: [64, 32], ...more });
const regressor = (more) => () => new MLPRegressor({ ...epochs, ...more });
const fitted = (make) => fits(make, { of: labelled, quality: (model) => model.loss });

export const cases = {
  'MLPClassifier adam fit': { data: 'dense', make: fitted(classifier()) },
  'MLPClassifier sgd, batches of 32 fit': {
    data: 'dense',
    make: fitted(classifier({ solver: 'sgd', batchSize: 32, maxIter: 1 })),
  },
  'MLPClassifier lbfgs fit': {
    data: 'small',
    make: fitted(classifier({ solver: 'lbfgs', maxIter: 50, nIterNoChange: 10 })),
  },
  'MLPRegressor adam fit': { data: 'regression', make: fitted(regressor()) },
  'MLPClassifier predict': { data: 'dense', make: uses(classifier(), 'predict', { of: labelled }) },
  'MLPClassifier proba': { data: 'dense', make: uses(classifier(), 'predictProba', { of: labelled }) },
};
