/** One answer to what a model relies on, whatever the model. */
import type { Estimator } from '../core/estimator.js';
import { importancesOf } from '../core/importances.js';
import { requireEstimator } from '../core/inner-models.js';
import type { MatrixLike } from '../core/matrix.js';
import { checkNames, checkParams, custom, oneOf, requireOptions } from '../core/params.js';
import { ValidationError } from '../errors.js';
import type { ScoredModel, Scorer, ScorerName } from '../metrics/scorers.js';
import { lastStep } from './last-step.js';
import { type PermutationImportanceOptions, permutationImportance } from './permutation-importance.js';

/** Options of {@link featureImportances}. */
export interface FeatureImportancesOptions extends Omit<PermutationImportanceOptions, 'scoring'> {
  /** A scorer or its name, for 'permutation'. Default: the model's own `score` (accuracy or R2). */
  readonly scoring?: ScorerName | Scorer;
  /**
   * 'impurity' of trees, absolute 'coefficients' of linear models, or 'permutation', which needs X and y. Default 'auto': the
   * first of them that there is.
   */
  readonly method?: 'auto' | 'impurity' | 'coefficients' | 'permutation';
}

/** What {@link featureImportances} says. */
export interface FeatureImportances {
  /** One number for each feature. */
  readonly importances: Float64Array;
  /** Names of the features: of a pipeline, those that its last step reads, or the columns of X for 'permutation'. */
  readonly featureNames: string[];
  /** Where the numbers are from. */
  readonly method: 'impurity' | 'coefficients' | 'permutation';
  /** The standard deviation over the repeats, for 'permutation'. */
  readonly importancesStd?: Float64Array;
}

/** What a model may have. */
interface Weighing {
  readonly coef?: unknown;
  readonly featureImportances?: unknown;
}

/**
 * How much a fitted model relies on each feature: of trees the share of the impurity that it removed (of boosted ones its gain), of
 * linear models the sum of the absolute coefficients over the classes, and of any other how much the score falls when it
 * is shuffled. The ways differ in their units, and say less than they seem to: impurity favours columns of many values;
 * coefficients compare only when columns have one scale; and of columns that tell the same each looks unimportant.
 *
 * scikit-learn has no such function: it is `feature_importances_`, `abs(coef_)` and `permutation_importance` with names.
 *
 * @param model - a fitted model, or a pipeline that ends in one
 * @param X - rows, for 'permutation'
 * @param y - a label or target for each row, for 'permutation'
 * @throws {ERR_NOT_FITTED} before `fit`
 * @throws {ERR_PARAMETER} for a bad option, and for 'permutation' without X and y
 * @throws {ERR_NOT_SUPPORTED} for a model that has not what was asked for
 * @example
 * ```ts
 * import { featureImportances, Ridge } from 'boreal';
 * const table = { rooms: [1, 2, 3, 4], age: [1, 0, 0, 1] };
 * const model = await new Ridge({ alpha: 0 }).fit(table, [-10, -20, -30, -40]);
 * const { importances, featureNames, method } = await featureImportances(model);
 * featureNames; // ['rooms', 'age']
 * importances[0]; // 10
 * method; // 'coefficients'
 * ```
 */
export async function featureImportances(
  model: Estimator,
  X?: MatrixLike,
  y?: ArrayLike<unknown>,
  options: FeatureImportancesOptions = {},
): Promise<FeatureImportances> {
  requireEstimator(model);
  requireOptions(options);
  const { method: wanted = 'auto', ...rest } = options;
  const { scoring } = rest;
  checkNames('featureImportances', options, [
    ...['method', 'scoring', 'nRepeats', 'randomState', 'maxSamples', 'sampleWeight', 'signal', 'onProgress'],
  ]);
  checkParams(
    'featureImportances',
    { method: wanted, scoring },
    {
      method: oneOf('auto', 'impurity', 'coefficients', 'permutation'),
      scoring: custom('one scorer or its name', (v) =>
        ['undefined', 'string', 'function'].includes(typeof v),
      ),
    },
  );
  // Asked first, so that what is not fitted says so.
  const { schema } = model;
  const last = lastStep(model) as Estimator & Weighing;
  const method = wanted === 'auto' ? methodOf(last) : wanted;
  if (method !== 'permutation') {
    const importances = importancesOf(last, 'absolute', method);
    const { columns } = last === model ? schema : last.schema;
    return { importances, featureNames: columns.map(({ name }) => name), method };
  }
  if (X === undefined || y === undefined)
    throw new ValidationError(
      'ERR_PARAMETER',
      `${last.constructor.name} has neither importances nor coefficients: featureImportances needs X and y to shuffle columns.`,
    );
  const shuffled = await permutationImportance(model as ScoredModel, X, y, rest);
  return {
    importances: shuffled.importancesMean,
    importancesStd: shuffled.importancesStd,
    featureNames: shuffled.featureNames,
    method,
  };
}

/** A support vector machine has coefficients only of a linear kernel, and its getter says so by an error. */
function methodOf(model: Weighing): FeatureImportances['method'] {
  const has = (name: keyof Weighing) => {
    try {
      return model[name] !== undefined;
    } catch {
      return false;
    }
  };
  return has('featureImportances') ? 'impurity' : has('coef') ? 'coefficients' : 'permutation';
}
