/** What an estimator takes and how, read by the base class, by `checkEstimator` and by docs. */
export interface EstimatorTags {
  /** NaN in X is fine. Default false. */
  readonly allowNan?: boolean;
  /** Text columns (category codes) in X are fine. Default false. */
  readonly allowCategories?: boolean;
  /** Training in rounds watches `validation`. Default false: a fit refuses it. */
  readonly watchesValidation?: boolean;
  /** X holds a number for each pair of a row and a training row, such as their distance: it is square in a fit. Default false. */
  readonly pairwise?: boolean;
  /** Numbers below 0 are refused. Default false. */
  readonly positive?: boolean;
  /** Numbers that are not whole, or below 0, are refused. Default false. */
  readonly whole?: boolean;
  /** Targets that are not above 0 are refused. Default false. */
  readonly positiveTargets?: boolean;
  /** y may have several columns. Default false: a fit refuses them. */
  readonly multiOutput?: boolean;
  /** Of several targets each has two classes: a fit refuses more. Default false. */
  readonly binaryTargets?: boolean;
  /** Rows are ranked within queries: `group` and `qid` are for it, and y holds grades 0, 1, ... Default false. */
  readonly ranks?: boolean;
  /** A GPU can train it: its fit looks at `device` of its input. Default false: 'cuda' is refused. */
  readonly trainsOnGpu?: boolean;
  /** Its fit has no use for weights of rows: models that must weigh their parts refuse it. Default false. */
  readonly ignoresWeights?: boolean;
  /** Deals rows to folds: `groups` is for its splitter. Default false: a fit refuses it. */
  readonly takesGroups?: boolean;
  /** Classes are two: a fit refuses more. Default false. */
  readonly binary?: boolean;
  /** X is handed on to inner estimators that do their own checks. Default false. */
  readonly delegates?: boolean;
  /** Its `score` is not the usual one of its kind: a pipeline that ends in it asks it. Default false. */
  readonly ownScore?: boolean;
  /** What was learned are sparse rows: dense ones are predicted as such, too. Default false. */
  readonly keepsSparse?: boolean;
  /** X goes to vectorizers as it is: it may be documents. Default false. */
  readonly vectorizes?: boolean;
}
