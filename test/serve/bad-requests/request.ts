/** What a bad request is, and how it is written. */

/** A request and the one answer it must get. */
export interface BadRequest {
  readonly name: string;
  /** What goes over the wire; the client half-closes the connection after it when `end` says so. */
  readonly bytes: string | Buffer;
  readonly end?: boolean;
  readonly status: number;
  readonly code: string;
  /** Headers that the answer must have. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Of the server that the corpus is sent to. */
export const LIMITS = { bodyLimit: 20_000, maxRows: 100 } as const;

type Headers = Readonly<Record<string, string | undefined>>;

/** A well-formed request, as long as its parts are. An undefined header is left out. */
export function http(
  method: string,
  path: string,
  body: string | Buffer = '',
  headers: Headers = {},
): Buffer {
  const bytes = Buffer.from(body);
  const all: Headers = {
    host: 'test',
    connection: 'close',
    ...(bytes.length > 0 && { 'content-type': 'application/json', 'content-length': String(bytes.length) }),
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : `${name}: ${value}\r\n`,
  );
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'), bytes]);
}

/** A POST of JSON, or of what should have been JSON. */
export function posted(path: string, body: string | Buffer): Buffer {
  // An empty body still says that it is JSON.
  const headers = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) };
  return http('POST', path, body, headers);
}

/** Text in a test's name: short, and printable. */
export function label(text: string | Buffer): string {
  const shown = JSON.stringify(Buffer.from(text).toString('latin1')).slice(1, -1);
  return shown.length > 50 ? `${shown.slice(0, 50)}... (${shown.length})` : shown || '(nothing)';
}
