import { BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB } from '../../../lib/index.js';
import { ENCODER, type Example } from './example.js';

export const EXAMPLES: readonly Example[] = [
  { name: 'BernoulliNB', make: () => new BernoulliNB({ binarize: 0.2 }) },
  { name: 'CategoricalNB', make: () => new CategoricalNB({ minCategories: 5 }), exceptions: ENCODER },
  { name: 'ComplementNB', make: () => new ComplementNB({ norm: true }) },
  { name: 'GaussianNB', make: () => new GaussianNB() },
  { name: 'MultinomialNB', make: () => new MultinomialNB({ alpha: 0.5 }) },
];
