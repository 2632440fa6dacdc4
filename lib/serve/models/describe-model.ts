/** What a registry writes down about a model, so that it can be told without loading it. */
import { Estimator } from '../../core/estimator.js';
import type { Metadata } from '../../core/model-file.js';
import { show } from '../../core/params.js';

/** What there is to know about a version of a registry; whatever its metadata holds besides is there, too. */
export interface VersionMetadata extends Metadata {
  readonly name: string;
  readonly version: string;
  /** ISO 8601. */
  readonly registeredAt: string;
  /** When it was trained, as its metadata says; default: when it was registered. */
  readonly trainedAt: unknown;
  /** Class of the model. */
  readonly type: string;
  readonly kind: string;
  /** Names of the input columns, unless the metadata tells more. */
  readonly features: unknown;
  /** Parameters of the model, those of its steps inside, unless the metadata tells more. */
  readonly hyperparameters: unknown;
  /** As the metadata says. */
  readonly metrics?: unknown;
  /** Of the model file. */
  readonly bytes: number;
  readonly sha256: string;
}

/** Puts together what the model itself tells and what `metadata` says; the latter wins. */
export function describeModel(
  model: Estimator,
  metadata: Metadata,
  facts: Pick<VersionMetadata, 'name' | 'version' | 'registeredAt' | 'bytes' | 'sha256'>,
): VersionMetadata {
  return {
    trainedAt: facts.registeredAt,
    features: (model.vectorizers[0] ?? model).schema.columns.map((column) => column.name),
    hyperparameters: plain(model.params, 0),
    ...metadata,
    ...facts,
    type: model.constructor.name,
    kind: model.kind,
  };
}

const MAX_DEPTH = 16;

/** Parameters as JSON: estimators become objects with their `type`, what JSON cannot hold becomes text. */
function plain(value: unknown, depth: number): unknown {
  if (depth > MAX_DEPTH) return '...';
  if (value instanceof Estimator)
    return { type: value.constructor.name, ...(plain(value.params, depth + 1) as object) };
  if (Array.isArray(value)) return value.map((each) => plain(each, depth + 1));
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object' || ArrayBuffer.isView(value))
    return value === undefined ? value : show(value);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each, depth + 1)]));
}
