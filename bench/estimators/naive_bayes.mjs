// Naive Bayes of each kind. Quality: the accuracy on the rows themselves.
import { BernoulliNB, ComplementNB, GaussianNB, MultinomialNB } from '../../dist/index.js';
import { fits, labelled, score, uses } from './calls.mjs';

const both = (name, data, make) => ({
  [`${name} fit`]: { data, make: fits(make, { of: labelled, quality: score }) },
  [`${name} predict`]: { data, make: uses(make, 'predict', { of: labelled }) },
  [`${name} proba`]: { data, make: uses(make, 'predictProba', { of: labelled }) },
});

export const cases = {
  ...both('GaussianNB', 'fiveClasses', () => new GaussianNB()),
  ...both('MultinomialNB', 'counts', () => new MultinomialNB()),
  ...both('BernoulliNB', 'counts', () => new BernoulliNB({ binarize: 1 })),
  ...both('ComplementNB', 'counts', () => new ComplementNB()),
};
