import {
  activation,
  adam,
  batchNorm,
  dense,
  dropout,
  layerNorm,
  MLPClassifier,
  MLPRegressor,
  Sequential,
} from '../../../lib/nn/index.js';
import { type Example, WEIGHTS } from './example.js';

const NETWORK = {
  'several targets throw ERR_NOT_SUPPORTED': 'its layers say how many there are',
  [WEIGHTS]: 'mini-batches are made of rows, and each makes a step',
  'fit keeps nothing of the last fit': "like Keras's it goes on from the weights it has",
  'a loaded model can be cloned, fitted again and saved again':
    "like Keras's it goes on from the weights it has",
  'abort stops fit and keeps the last fit': 'it keeps the weights of the last step',
};

export const EXAMPLES: readonly Example[] = [
  {
    name: 'MLPClassifier',
    make: () => new MLPClassifier({ hiddenLayerSizes: [8], learningRateInit: 0.05, maxIter: 20 }),
    exceptions: { [WEIGHTS]: 'mini-batches are rows by position' },
  },
  {
    name: 'MLPClassifier by L-BFGS',
    make: () =>
      new MLPClassifier({ hiddenLayerSizes: [4, 3], activation: 'tanh', solver: 'lbfgs', alpha: 1 }),
    exceptions: {
      [WEIGHTS]: 'float32 sums differ in the last bits, and a hundred line searches amplify that',
    },
  },
  {
    name: 'MLPRegressor',
    make: () =>
      new MLPRegressor({
        hiddenLayerSizes: [8],
        solver: 'sgd',
        learningRate: 'adaptive',
        learningRateInit: 0.02,
        batchSize: 16,
        maxIter: 100,
        earlyStopping: true,
        validationFraction: 0.2,
      }),
    exceptions: { [WEIGHTS]: 'mini-batches are rows by position' },
  },
  {
    name: 'Sequential that classifies',
    make: () =>
      new Sequential([dense(16), batchNorm(), activation('relu'), dense(3, { activation: 'softmax' })], {
        ...{ optimizer: adam({ learningRate: 0.03 }), loss: 'sparseCategoricalCrossentropy' },
        ...{ metrics: ['accuracy'], epochs: 40, batchSize: 8 },
      }),
    exceptions: {
      ...NETWORK,
      'labels may be text, numbers or booleans': 'its layers fix the number of classes',
    },
  },
  {
    name: 'Sequential that gives numbers',
    make: () =>
      new Sequential([dense(8, { activation: 'tanh' }), layerNorm(), dropout(0.1), dense(1)], {
        ...{
          optimizer: adam({ learningRate: 0.02 }),
          loss: 'mse',
          epochs: 40,
          batchSize: 16,
          validationSplit: 0.1,
        },
      }),
    exceptions: NETWORK,
  },
];
