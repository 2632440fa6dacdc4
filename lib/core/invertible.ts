/** Transformers that can be undone, by ops of a plan as well. */

import { resolveCompileOptions } from './compile-options.js';
import type { State } from './estimator.js';
import { Transformer } from './kinds.js';
import type { Matrix, MatrixLike } from './matrix.js';
import { Plan } from './plan.js';
import { PlanBuilder, type Slot } from './plan-builder.js';
import { Schema } from './schema.js';

/** Base of transformers with an inverse. */
export abstract class InvertibleTransformer<P extends object, S extends State> extends Transformer<P, S> {
  /** Adds the ops that turn what came out back into what went in. @internal */
  abstract lowerInverse(plan: PlanBuilder, x: Slot): Slot;

  /**
   * Undoes {@link Transformer.transform}, as far as it can be.
   *
   * @param X - transformed rows, [rows, columns that come out]
   * @returns [rows, columns of the training set]
   * @throws {ERR_NOT_FITTED} before `fit`
   * @throws {ERR_SHAPE} when X has another number of columns than come out of `transform`
   */
  async inverseTransform(X: MatrixLike): Promise<Matrix> {
    const columns = this.outputColumns();
    const builder = new PlanBuilder(columns.length);
    const output = this.lowerInverse(builder, builder.input);
    const schema = new Schema(columns, { kind: 'none' }, this.schema.named);
    const options = resolveCompileOptions({}, this.dtype);
    return (await Plan.compileAsync(builder.build(output), schema, options)).run(X);
  }
}
