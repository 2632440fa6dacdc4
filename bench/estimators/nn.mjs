// Multi-layer perceptrons. A fixed number of epochs, so that both sides do the same work. Quality: the score of the training rows,
// or the mean of the loss.
import { MLPClassifier, MLPRegressor } from '../../dist/nn/index.js';

const epochs = { maxIter: 5, nIterNoChange: 100, tol: 0, randomState: 0 };
const classifier = (more) => () => new MLPClassifier({ ...epochs, hiddenLayerSizes: [64, 32], ...more });
const regressor = (more) => () => new MLPRegressor({ ...epochs, ...more });
const fits =
  (make) =>
  ({ X, y }) => ({ run: () => make().fit(X, y), quality: (model) => model.loss });
const uses =
  (make, use) =>
  async ({ X, y }) => {
    const model = await make().fit(X, y);
    return () => model[use](X);
  };

export const cases = {
  'MLPClassifier adam fit': { data: 'dense', make: fits(classifier()) },
  'MLPClassifier sgd, batches of 32 fit': {
    data: 'dense',
    make: fits(classifier({ solver: 'sgd', batchSize: 32, maxIter: 1 })),
  },
  'MLPClassifier lbfgs fit': {
    data: 'small',
    make: fits(classifier({ solver: 'lbfgs', maxIter: 50, nIterNoChange: 10 })),
  },
  'MLPRegressor adam fit': { data: 'regression', make: fits(regressor()) },
  'MLPClassifier predict': { data: 'dense', make: uses(classifier(), 'predict') },
  'MLPClassifier proba': { data: 'dense', make: uses(classifier(), 'predictProba') },
};
