/**
 * The vectorizers of several models that read the same documents, as one: the rows of each model stand side by side, so that one plan
 * of all models reads them.
 */
import { ValidationError } from '../../errors.js';
import type { Estimator } from '../estimator.js';
import { isSparse } from '../forms.js';
import type { SignalOptions } from '../linalg/call.js';
import type { MatrixLike } from '../matrix.js';
import { custom, int, type Rules } from '../params.js';
import { Schema } from '../schema.js';
import { CsrMatrix, requireCsr } from './csr-matrix.js';
import { JoinedRows } from './joined-rows.js';
import { SparseTransformer, type Vectorizer } from './sparse-transformer.js';

/** What makes the rows of one model. */
export interface Branch {
  /** One after another; a model without any reads X itself. */
  readonly vectorizers: readonly Vectorizer[];
  /** How many columns they make. */
  readonly width: number;
  /** Of X, for a model without vectorizers; else null. */
  readonly schema: ReturnType<Schema['toJSON']> | null;
}

/** The state of {@link JointVectorizer}. */
export interface JointVectorizerState {
  readonly branches: readonly Branch[];
}

const isVectorizer = (v: unknown) => v instanceof SparseTransformer && v.isFitted;
const isBranch = ({ vectorizers, width, schema }: Partial<Branch>) => {
  if (!Array.isArray(vectorizers) || !vectorizers.every(isVectorizer) || !int(1).allows(width)) return false;
  return vectorizers.length > 0 ? schema === null : Schema.fromJSON(schema).columns.length === width;
};

/** See the head of this file. Made of fitted models, and never fitted itself. */
export class JointVectorizer extends JoinedRows<JointVectorizerState> {
  /** @param models - fitted; at least one has vectorizers */
  static of(models: readonly Estimator[]): JointVectorizer {
    const joint = new JointVectorizer({});
    const branches = models.map(({ vectorizers, schema }): Branch => {
      const width = schema.columns.length;
      return { vectorizers, width, schema: vectorizers.length > 0 ? null : schema.toJSON() };
    });
    const [first] = models.flatMap(({ vectorizers }) => vectorizers);
    joint.restore({ state: { branches }, schema: first.schema, dtype: 'float64' });
    return joint;
  }

  get stateRules(): Rules<JointVectorizerState> {
    return {
      branches: custom(
        'vectorizers and schemas',
        (v) => Array.isArray(v) && v.length > 0 && v.every(isBranch),
      ),
    };
  }

  protected rowsOfParts(X: MatrixLike, options: SignalOptions): Promise<CsrMatrix>[] {
    return this.state.branches.map(async ({ vectorizers, width, schema }) => {
      let rows = X;
      for (const vectorizer of vectorizers) rows = await vectorizer.transform(rows, options);
      const part = isSparse(rows) ? requireCsr(rows) : CsrMatrix.from(Schema.fromJSON(schema).encode(rows));
      if (part.cols === width) return part;
      throw new ValidationError('ERR_SHAPE', `X has ${part.cols} columns; a model within reads ${width}.`);
    });
  }

  protected get width(): number {
    return this.state.branches.reduce((sum, { width }) => sum + width, 0);
  }
}
