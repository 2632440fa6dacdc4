/** Makes every estimator of the package known to `load` and to `checkEstimator`'s registry run. */
import { AgglomerativeClustering, KMeans, MiniBatchKMeans } from './cluster/index.js';
import { registerEstimators } from './core/registry.js';
import { EllipticEnvelope } from './covariance/index.js';
import { IncrementalPCA, NMF, PCA, TruncatedSVD } from './decomposition/index.js';
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
import { MissingIndicator, SimpleImputer } from './impute/index.js';
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
import { GaussianMixture } from './mixture/index.js';
import { GridSearchCV, RandomizedSearchCV } from './model-selection/index.js';
import { BernoulliNB, ComplementNB, GaussianNB, MultinomialNB } from './naive-bayes/index.js';
import { MLPClassifier } from './nn/mlp-classifier.js';
import { MLPRegressor } from './nn/mlp-regressor.js';
import { ColumnTransformer, FeatureUnion, Pipeline, TransformedTargetRegressor } from './pipeline/index.js';
import {
  Binarizer,
  FunctionTransformer,
  KBinsDiscretizer,
  MaxAbsScaler,
  MinMaxScaler,
  Normalizer,
  OneHotEncoder,
  OrdinalEncoder,
  PolynomialFeatures,
  RobustScaler,
  StandardScaler,
  TargetEncoder,
} from './preprocessing/index.js';
import { DecisionTreeClassifier, DecisionTreeRegressor } from './tree/index.js';

registerEstimators(
  AgglomerativeClustering,
  BernoulliNB,
  Binarizer,
  ColumnTransformer,
  ComplementNB,
  DecisionTreeClassifier,
  DecisionTreeRegressor,
  EllipticEnvelope,
  ExtraTreesClassifier,
  ExtraTreesRegressor,
  FeatureUnion,
  FunctionTransformer,
  GaussianMixture,
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
  IncrementalPCA,
  IsolationForest,
  KBinsDiscretizer,
  KMeans,
  LinearRegression,
  LogisticRegression,
  MaxAbsScaler,
  MLPClassifier,
  MLPRegressor,
  MiniBatchKMeans,
  MinMaxScaler,
  MissingIndicator,
  MultinomialNB,
  NMF,
  Normalizer,
  OneHotEncoder,
  OrdinalEncoder,
  PCA,
  Pipeline,
  PolynomialFeatures,
  RandomForestClassifier,
  RandomForestRegressor,
  RandomizedSearchCV,
  RFE,
  Ridge,
  RobustScaler,
  SelectFromModel,
  SelectKBest,
  SelectPercentile,
  SimpleImputer,
  StandardScaler,
  TargetEncoder,
  TransformedTargetRegressor,
  TruncatedSVD,
  VarianceThreshold,
  VotingClassifier,
  VotingRegressor,
);
