/**
 * Every error boreal throws on purpose: a subclass of {@link BorealError} with a stable `code`.
 * The codes are listed in docs/errors.md; a test compares that page with {@link ERROR_CODES}. Codes are never reused.
 */

/** Every code with one line about when it is thrown. */
export const ERROR_CODES = {
  // What the caller passed
  ERR_PARAMETER: 'A parameter of an estimator or function is missing, of the wrong type or out of range.',
  ERR_SHAPE: 'An array or matrix has the wrong number of rows, columns or dimensions.',
  ERR_DTYPE: 'A value or column has the wrong type, for example text where numbers are needed.',
  ERR_DENSE: 'A sparse matrix would take too much memory as a dense one, which the operation needs.',
  ERR_EMPTY: 'There are no rows, no columns or no values to work on.',
  ERR_INPUT_NAN: 'A value is NaN (missing) where the estimator cannot use one.',
  ERR_INPUT_INFINITE: 'A value is infinite.',
  ERR_INPUT_NEGATIVE: 'A value is below 0 where the estimator counts or takes distances.',
  ERR_UNKNOWN_CATEGORY: 'A category was not seen during fit and the encoder was told to refuse it.',
  ERR_UNKNOWN_COLUMN: 'A column name is missing from the table, or is not one the model knows.',
  ERR_SINGULAR: 'A matrix that has to be inverted is singular, exactly or to working precision.',
  ERR_NOT_POSITIVE_DEFINITE: 'A matrix has no Cholesky decomposition: it is not positive definite.',
  ERR_GRADIENT: 'A custom loss did not write a finite gradient and a finite Hessian >= 0 for every row.',
  ERR_LABELS: 'The labels cannot be used: fewer than two classes, a missing label, or labels of mixed types.',
  // State and abilities of estimators
  ERR_NOT_FITTED: 'The estimator has to be fitted first.',
  ERR_NOT_SUPPORTED:
    'The estimator or model cannot do what was asked, for example probabilities of a regressor.',
  ERR_BUSY: 'A value is read while a job that was not awaited is computing or changing it.',
  ERR_DISPOSED: 'A plan is used after its dispose().',
  ERR_ABORTED: 'The operation was aborted by its AbortSignal, or its worker is shutting down.',
  // Plans and the native core
  ERR_PLAN: 'A plan is malformed: the native core refused its structure or its constants.',
  ERR_OUT_OF_MEMORY: 'The native core could not allocate the memory it needs.',
  ERR_INTERNAL: 'Something boreal did not expect; please report it.',
  // Files
  ERR_MODEL_FILE: 'The bytes are not a valid boreal model: wrong magic, version, size, structure or values.',
  ERR_IMPORT:
    'A model of another library cannot be imported: it is malformed, too large, or uses what is not supported.',
  ERR_DATA_FILE: 'A data file cannot be read as the table it should be.',
  // The environment
  ERR_ADDON_NOT_FOUND: 'There is no native addon for this platform, or none that loads.',
  ERR_ISA: 'BOREAL_ISA names an instruction set that is unknown or that this CPU lacks.',
  ERR_DEVICE: 'The device asked for does not exist here.',
  ERR_CUDA_PLUGIN:
    'A GPU was asked for, and the CUDA plug-in is not installed, does not load or is of another release.',
  ERR_CUDA_DRIVER: 'A GPU was asked for, and there is no NVIDIA driver, or it is too old.',
  ERR_CUDA: 'A call of CUDA or a kernel failed while a GPU was at work.',
  ERR_DEPENDENCY: 'An optional package that was asked for is not installed.',
  // Serving
  ERR_REQUEST: 'An HTTP request does not match the model: a field is missing, unknown or of the wrong type.',
  ERR_OUT_OF_RANGE:
    'A number is outside the range that the model saw in training, and the server or model was told to refuse it, or outside what the model can take.',
  ERR_JSON: 'The body of an HTTP request is empty, not valid JSON, or has a forbidden key such as __proto__.',
  ERR_MEDIA_TYPE: 'The body of an HTTP request is not application/json.',
  ERR_ENCODING:
    'The body of an HTTP request is compressed in a way the server does not know, or is not what its Content-Encoding says.',
  ERR_BODY_TOO_LARGE: 'The body of an HTTP request has more bytes than the server accepts.',
  ERR_TOO_MANY_ROWS: 'A batch has more rows than the server accepts.',
  ERR_OVERLOADED:
    'More rows wait for a model, or for longer, than the server allows; the Retry-After header says how long to wait.',
  ERR_DEADLINE:
    'The time that the client or the server had set for a request was over before its answer was there.',
  ERR_MODEL: 'The server does not have the model, or not in that version.',
  ERR_PREDICTION: 'Feedback names a prediction that the server does not remember.',
  ERR_NAME: 'The name of a model, version or alias has characters or a form that names must not have.',
  ERR_CONFLICT:
    'A change of a registry cannot be made in the state it is in, such as a version that exists already.',
  ERR_REGISTRY: 'A file in which a registry keeps its aliases and its history is damaged.',
  ERR_CLOSING: 'The server is about to end; requests should go to another one.',
  ERR_ROUTE: 'The server has no such route.',
  ERR_METHOD: 'The route does not answer this HTTP method; the Allow header lists those it does.',
  ERR_HTTP:
    'The request is not HTTP as the server reads it: malformed, ambiguous, or with headers that are too large.',
  ERR_REQUEST_TIMEOUT: 'The client took too long to send its request.',
  ERR_HOST: 'The server does not answer to the name in the Host header.',
  ERR_UNAUTHORIZED: 'The route needs an API key or token, and the request has none that is valid.',
  ERR_FORBIDDEN: 'Who sent the request may not call this route, or not use this model.',
  ERR_RATE_LIMIT:
    'The client has sent more requests than it may; the Retry-After header says how long to wait.',
  ERR_IMAGE: 'A picture cannot be decoded, or has more pixels than the server decodes.',
  ERR_JOB: 'There is no such job, or it is in a state that does not allow what was asked.',
  ERR_QUEUE_FULL: 'As many jobs wait as the server lets wait; the Retry-After header says when to try again.',
  ERR_IDEMPOTENCY_KEY: 'An Idempotency-Key was used before, with another request.',
  ERR_RESULT_TOO_LARGE: 'The result of a job has more bytes than the server keeps.',
  ERR_QUEUE: 'Redis, which keeps the jobs, does not answer, or a job of a search was given up.',
} as const;

/** A stable identifier of what went wrong. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** The base class of all errors of boreal. `code` is stable; the message is for people and may change. */
export class BorealError extends Error {
  readonly code: ErrorCode;
  /** Zero-based row of the offending value, where there is one. */
  row?: number;
  /** Zero-based column of the offending value, where there is one. */
  column?: number;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** Parameters, shapes, types or values that the caller can put right. */
export class ValidationError extends BorealError {}
/** The estimator is not in a state to do this, or cannot do it at all. */
export class StateError extends BorealError {}
/** An AbortSignal fired. `error.name` is 'AbortError', as with every other Node API. */
export class AbortError extends BorealError {
  constructor(message = 'The operation was aborted.', options?: ErrorOptions) {
    super('ERR_ABORTED', message, options);
    this.name = 'AbortError';
  }
}
/** A model or data file is corrupt, hostile or of a version this release cannot read. */
export class FileFormatError extends BorealError {}
/** The addon, the CPU or the device is not what was asked for. */
export class EnvironmentError extends BorealError {}
/** The native core failed in a way that is not the caller's fault. */
export class NativeError extends BorealError {}

const CLASS_OF: Partial<
  Record<ErrorCode, new (code: ErrorCode, message: string, options?: ErrorOptions) => BorealError>
> = {
  ERR_NOT_FITTED: StateError,
  ERR_NOT_SUPPORTED: StateError,
  ERR_BUSY: StateError,
  ERR_DISPOSED: StateError,
  ERR_PLAN: NativeError,
  ERR_OUT_OF_MEMORY: NativeError,
  ERR_INTERNAL: NativeError,
  ERR_MODEL_FILE: FileFormatError,
  ERR_DATA_FILE: FileFormatError,
  ERR_IMPORT: FileFormatError,
  ERR_ADDON_NOT_FOUND: EnvironmentError,
  ERR_DEPENDENCY: EnvironmentError,
  ERR_ISA: EnvironmentError,
  ERR_DEVICE: EnvironmentError,
  ERR_CUDA_PLUGIN: EnvironmentError,
  ERR_CUDA_DRIVER: EnvironmentError,
  ERR_CUDA: NativeError,
};

/** Turns whatever the native core threw into the matching {@link BorealError}; other errors pass through. */
export function toBorealError(error: unknown): unknown {
  if (error instanceof BorealError || !(error instanceof Error)) return error;
  const { code, row, column } = error as Error & { code?: string; row?: number; column?: number };
  if (code === undefined || !Object.hasOwn(ERROR_CODES, code)) return error;
  const known = code as ErrorCode;
  const converted =
    known === 'ERR_ABORTED'
      ? new AbortError(error.message, { cause: error })
      : new (CLASS_OF[known] ?? ValidationError)(known, error.message, { cause: error });
  if (row !== undefined) converted.row = row;
  if (column !== undefined) converted.column = column;
  return converted;
}
