/** What a client did wrong, and the one JSON shape in which every route says so. */
import { BorealError, type ErrorCode, ValidationError } from '../errors.js';

/** One thing that is wrong with a row. */
export interface Problem {
  readonly code: ErrorCode;
  readonly error: string;
  /** The column; absent when the row as a whole is wrong. */
  readonly field?: string;
}

/** The body of every response that is not a success. */
export interface ErrorBody {
  /** For people; may change. */
  readonly error: string;
  /** For programs; stable. */
  readonly code: string;
  readonly field?: string;
  /** Zero-based row of a batch. */
  readonly row?: number;
  /** Everything that is wrong with that row. */
  readonly details?: readonly Problem[];
}

/** A request that cannot be answered, with its HTTP status. */
export class RequestError extends ValidationError {
  readonly status: number;
  readonly field?: string;
  readonly details?: readonly Problem[];
  /** Headers of the response, such as Allow or Retry-After. */
  readonly headers?: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: ErrorCode,
    message: string,
    problem: Pick<ErrorBody, 'field' | 'row' | 'details'> = {},
    headers?: Readonly<Record<string, string>>,
  ) {
    super(code, message);
    this.status = status;
    this.field = problem.field;
    this.row = problem.row;
    this.details = problem.details;
    this.headers = headers;
  }

  /** A row that does not match the model. @param row - its position in a batch */
  static ofRow(details: readonly Problem[], row?: number): RequestError {
    const [{ code, error, field }] = details;
    return new RequestError(400, code, row === undefined ? error : `Row ${row}: ${error}`, {
      field,
      row,
      details,
    });
  }
}

/** How Fastify names what goes wrong while it reads a request. */
const READ_ERRORS: Readonly<Record<string, readonly [status: number, code: ErrorCode, message: string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: [413, 'ERR_BODY_TOO_LARGE', 'The body is too large.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    415,
    'ERR_MEDIA_TYPE',
    'Send JSON, with the header content-type: application/json.',
  ],
  FST_ERR_CTP_EMPTY_JSON_BODY: [400, 'ERR_JSON', 'The body is empty; send JSON.'],
  FST_ERR_CTP_INVALID_JSON_BODY: [
    400,
    'ERR_JSON',
    'The body is not valid JSON, or has a forbidden key such as __proto__.',
  ],
  FST_ERR_BAD_URL: [400, 'ERR_REQUEST', 'The URL is not valid percent-encoding.'],
  FST_ERR_MAX_PARAM_LENGTH: [414, 'ERR_REQUEST', 'A part of the URL is too long.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [400, 'ERR_JSON', 'The body is shorter than its content-length says.'],
};

/** Of errors that are not simply the client's (400) or a defect (500). */
const STATUS: Partial<Record<ErrorCode, number>> = {
  ERR_MODEL: 404,
  ERR_CONFLICT: 409,
  ERR_DEPENDENCY: 501,
};

/** The response to an error that these routes know; undefined for any other, such as one of a host's hooks. */
export function errorResponse(
  error: unknown,
): { readonly status: number; readonly body: ErrorBody } | undefined {
  if (error instanceof RequestError) {
    const { status, message, code, field, row, details } = error;
    return { status, body: { error: message, code, field, row, details } };
  }
  if (error instanceof BorealError) {
    const status = STATUS[error.code] ?? (error instanceof ValidationError ? 400 : 500);
    return { status, body: { error: error.message, code: error.code, row: error.row } };
  }
  const known = READ_ERRORS[(error as { code?: string } | null)?.code ?? ''];
  return known && { status: known[0], body: { error: known[2], code: known[1] } };
}
