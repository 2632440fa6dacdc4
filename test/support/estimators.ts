/** Every estimator as the common checks see it, by family, and the exceptions: which check an estimator need not pass, and why. */
import { EXAMPLES as cluster } from './estimators/cluster.js';
import { EXAMPLES as covariance } from './estimators/covariance.js';
import { EXAMPLES as decomposition } from './estimators/decomposition.js';
import { EXAMPLES as dummy } from './estimators/dummy.js';
import { EXAMPLES as ensemble } from './estimators/ensemble.js';
import type { Example } from './estimators/example.js';
import { EXAMPLES as featureSelection } from './estimators/feature-selection.js';
import { EXAMPLES as impute } from './estimators/impute.js';
import { EXAMPLES as linearModel } from './estimators/linear-model.js';
import { EXAMPLES as manifold } from './estimators/manifold.js';
import { EXAMPLES as mixture } from './estimators/mixture.js';
import { EXAMPLES as modelSelection } from './estimators/model-selection.js';
import { EXAMPLES as multiclass } from './estimators/multiclass.js';
import { EXAMPLES as multioutput } from './estimators/multioutput.js';
import { EXAMPLES as naiveBayes } from './estimators/naive-bayes.js';
import { EXAMPLES as neighbors } from './estimators/neighbors.js';
import { EXAMPLES as nn } from './estimators/nn.js';
import { EXAMPLES as pipeline } from './estimators/pipeline.js';
import { EXAMPLES as preprocessing } from './estimators/preprocessing.js';
import { EXAMPLES as svm } from './estimators/svm.js';
import { EXAMPLES as tree } from './estimators/tree.js';

export const EXAMPLES: readonly Example[] = [
  ...cluster,
  ...covariance,
  ...decomposition,
  ...dummy,
  ...ensemble,
  ...featureSelection,
  ...impute,
  ...linearModel,
  ...manifold,
  ...mixture,
  ...modelSelection,
  ...multiclass,
  ...multioutput,
  ...naiveBayes,
  ...neighbors,
  ...nn,
  ...pipeline,
  ...preprocessing,
  ...svm,
  ...tree,
];
