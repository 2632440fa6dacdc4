/** How a stack learns: models cross-fitted on folds, and a final estimator on what these say. */
import { applyModel, sideBySide } from '../core/apply.js';
import { withCancel } from '../core/cancellation.js';
import type { Estimator } from '../core/estimator.js';
import {
  denseRows,
  type FitInput,
  hasSparseColumns,
  noColumns,
  partOfInput,
  reportProgress,
  requireY,
} from '../core/fit-input.js';
import { checkColumns, fittedCopy } from '../core/inner-models.js';
import { checkFiniteFor, checkPairs } from '../core/input-checks.js';
import { sharedArray } from '../core/linalg/memory.js';
import { Matrix } from '../core/matrix.js';
import type { PlanBuilder, Slot } from '../core/plan-builder.js';
import { runAll } from '../core/run-all.js';
import { type Column, Schema } from '../core/schema.js';
import { sparseSideBySide } from '../core/sparse/csr-columns.js';
import { type CsrMatrix, requireCsr } from '../core/sparse/csr-matrix.js';
import { toSparse } from '../core/sparse/encode.js';
import { trainingTable } from '../core/training-table.js';
import { keptModels } from '../ensemble/named-models.js';
import { ValidationError } from '../errors.js';
import { columnsOf, type FoldOptions, foldData } from './folds.js';
import type { StackingParams, StackingState } from './stacking.js';

/** What a stack of classifiers and one of regressors do each in their way. */
export interface StackOptions {
  /** Adds the columns that one model gives to the final estimator. */
  readonly lower: (plan: PlanBuilder, x: Slot, model: Estimator) => Slot;
  /** Looks at the training rows of a fold. */
  readonly check?: (train: Int32Array) => void;
}

/** Fits models, and the final estimator on what models of folds say of the rows that they have not seen. */
export async function fitStack(
  owner: Estimator,
  { estimators, cv, passthrough }: StackingParams,
  finalEstimator: Estimator,
  input: FitInput,
  options: StackOptions,
): Promise<StackingState> {
  const schema = Schema.named(input.columns);
  const isSparse = passthrough && hasSparseColumns(owner, input);
  const given = keptModels(estimators);
  if (cv === 'prefit') for (const { model } of given) checkColumns(owner, model, input);
  const models = given.map(({ model }) => (cv === 'prefit' ? fittedCopy(model) : model.clone()));
  const said =
    cv === 'prefit'
      ? await Promise.all(models.map((model) => answersOf(model, input, schema, options)))
      : await crossFit(owner, models, cv, input, schema, options);
  const columns: Column[] = said.flatMap(({ cols }, k) => {
    const { name } = given[k];
    return Array.from({ length: cols }, (_, j) => ({
      name: cols === 1 ? name : `${name}_${j}`,
      kind: 'number' as const,
    }));
  });
  const stacked = {
    ...input,
    ...(isSparse
      ? { x: noColumns(input.x.rows), given: await besideSparse(said, requireCsr(input.given), input.cancel) }
      : { x: sideBySide(passthrough ? [...said, input.x] : said), given: undefined }),
    columns: passthrough ? [...columns, ...input.columns] : columns,
    onProgress: undefined,
    // A linear model, say, above networks.
    device: finalEstimator.tags.trainsOnGpu ? input.device : ('cpu' as const),
  };
  const final = finalEstimator.clone();
  await final.fitInput(stacked, Schema.named(stacked.columns));
  return { models, final };
}

/** What models say, and the sparse rows behind it. */
async function besideSparse(
  said: readonly Matrix[],
  x: CsrMatrix,
  cancel: FitInput['cancel'],
): Promise<CsrMatrix> {
  return sparseSideBySide([await toSparse(sideBySide(said), cancel), x.astype('float64')], cancel);
}

function answersOf(
  model: Estimator,
  input: FitInput,
  schema: Schema,
  { lower }: StackOptions,
): Promise<Matrix> {
  return applyModel(model, input, schema, (plan, slot) => lower(plan, slot, model));
}

/** Fits the models on all rows, and gives what models of folds say of the rows that they have not seen. */
async function crossFit(
  owner: Estimator,
  models: readonly Estimator[],
  cv: NonNullable<FoldOptions['cv']>,
  input: FitInput,
  schema: Schema,
  options: StackOptions,
): Promise<Matrix[]> {
  const { x, signal, groups } = input;
  // Distances and kernels are read dense.
  const paired = models.filter(({ tags }) => tags.pairwise);
  const pairs = paired.length > 0 ? { ...input, x: denseRows(owner, input), given: undefined } : input;
  for (const model of paired) checkPairs(model.constructor.name, pairs.x, false);
  for (const model of models) checkFiniteFor(model, model.tags.pairwise ? pairs : input);
  const { folds } = foldData(owner, trainingTable(input), requireY(input), { cv, groups });
  const times = new Int32Array(x.rows);
  for (const { test } of folds) for (const row of test) times[row] += 1;
  if (times.some((count) => count !== 1)) {
    const why = 'cv must test every row once';
    throw new ValidationError('ERR_PARAMETER', `${owner.constructor.name}: ${why}.`);
  }
  for (const { train } of folds) options.check?.(train);
  const tasks = models.flatMap((model, k) => [null, ...folds].map((fold) => ({ model, k, fold })));
  const said: Matrix[] = [];
  const progress = reportProgress(input, owner);
  let done = 0;
  await withCancel(signal, () =>
    runAll(tasks, signal, async ({ model, k, fold }, stop) => {
      await withCancel(stop, async (cancel) => {
        const whole = {
          ...(model.tags.pairwise ? pairs : input),
          validation: null,
          queries: null,
          onProgress: undefined,
          signal: stop,
          cancel,
        };
        if (fold === null) {
          await model.fitInput(whole, schema);
          return;
        }
        const one = model.clone();
        const own = columnsOf(one, fold);
        const train = partOfInput(whole, fold.train, own);
        const ownSchema = Schema.named(train.columns);
        await one.fitInput(train, ownSchema);
        const part = await answersOf(one, partOfInput(whole, fold.test, own), ownSchema, options);
        said[k] ??= new Matrix(sharedArray(part.data, x.rows * part.cols), x.rows, part.cols);
        for (const [i, row] of fold.test.entries()) said[k].row(row).set(part.row(i));
      });
      progress?.(++done, tasks.length);
    }),
  );
  return said;
}
