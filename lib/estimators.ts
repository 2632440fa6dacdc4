/** Makes every estimator of the package known to `load` and to `checkEstimator`'s registry run. */
import { KMeans, MiniBatchKMeans } from './cluster/index.js';
import { registerEstimators } from './core/registry.js';
import { PCA, TruncatedSVD } from './decomposition/index.js';
import {
  ExtraTreesClassifier,
  ExtraTreesRegressor,
  GradientBoostingClassifier,
  GradientBoostingRegressor,
  HistGradientBoostingClassifier,
  HistGradientBoostingRanker,
  HistGradientBoostingRegressor,
  IsolationForest,
  RandomForestClassifier,
  RandomForestRegressor,
  VotingClassifier,
  VotingRegressor,
} from './ensemble/index.js';
import {
  RFE,
  SelectFromModel,
  SelectKBest,
  SelectPercentile,
  VarianceThreshold,
} from './feature-selection/index.js';
import { SimpleImputer } from './impute/index.js';
import {
  ImportedClassifier,
  ImportedGraphClassifier,
  ImportedGraphRegressor,
  ImportedGraphTransformer,
  ImportedLinearClassifier,
  ImportedLinearRegressor,
  ImportedMultiRegressor,
  ImportedRegressor,
} from './interchange/index.js';
import { LinearRegression, LogisticRegression, Ridge } from './linear-model/index.js';
import { GridSearchCV, RandomizedSearchCV } from './model-selection/index.js';
import { BernoulliNB, ComplementNB, GaussianNB, MultinomialNB } from './naive-bayes/index.js';
import { ColumnTransformer, Pipeline } from './pipeline/index.js';
import {
  Binarizer,
  KBinsDiscretizer,
  MaxAbsScaler,
  MinMaxScaler,
  Normalizer,
  OneHotEncoder,
  OrdinalEncoder,
  PolynomialFeatures,
  RobustScaler,
  StandardScaler,
} from './preprocessing/index.js';
import { DecisionTreeClassifier, DecisionTreeRegressor } from './tree/index.js';

registerEstimators(
  BernoulliNB,
  Binarizer,
  ColumnTransformer,
  ComplementNB,
  DecisionTreeClassifier,
  DecisionTreeRegressor,
  ExtraTreesClassifier,
  ExtraTreesRegressor,
  GaussianNB,
  GradientBoostingClassifier,
  GradientBoostingRegressor,
  GridSearchCV,
  HistGradientBoostingClassifier,
  HistGradientBoostingRanker,
  HistGradientBoostingRegressor,
  ImportedClassifier,
  ImportedGraphClassifier,
  ImportedGraphRegressor,
  ImportedGraphTransformer,
  ImportedLinearClassifier,
  ImportedLinearRegressor,
  ImportedMultiRegressor,
  ImportedRegressor,
  IsolationForest,
  KBinsDiscretizer,
  KMeans,
  LinearRegression,
  LogisticRegression,
  MaxAbsScaler,
  MinMaxScaler,
  MiniBatchKMeans,
  MultinomialNB,
  Normalizer,
  OneHotEncoder,
  OrdinalEncoder,
  PCA,
  Pipeline,
  PolynomialFeatures,
  RFE,
  RandomForestClassifier,
  RandomForestRegressor,
  RandomizedSearchCV,
  Ridge,
  RobustScaler,
  SelectFromModel,
  SelectKBest,
  SelectPercentile,
  SimpleImputer,
  StandardScaler,
  TruncatedSVD,
  VarianceThreshold,
  VotingClassifier,
  VotingRegressor,
);
