/** Bytes that are not a request, or that two servers in a row might take for different ones. */
import { type BadRequest, http, label } from './request.js';

const post = 'POST /predict HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n';
const smuggled = 'GET /model_info HTTP/1.1\r\nHost: test\r\n\r\n';

const MALFORMED: Readonly<Record<string, string>> = {
  'no request at all': 'hello\r\n\r\n',
  'empty lines and noise': '\r\n\r\n\u0001\u0002\u0003\r\n\r\n',
  'no version': 'GET /health\r\n\r\n',
  'a version of the future': 'GET /health HTTP/9.9\r\nHost: test\r\n\r\n',
  'a version without numbers': 'GET /health HTTP/x.y\r\nHost: test\r\n\r\n',
  'a method in lower case': 'get /health HTTP/1.1\r\nHost: test\r\n\r\n',
  'an unknown method': 'PREDICT /predict HTTP/1.1\r\nHost: test\r\n\r\n',
  'no path': 'GET  HTTP/1.1\r\nHost: test\r\n\r\n',
  'a space in the path': 'GET /he alth HTTP/1.1\r\nHost: test\r\n\r\n',
  'a NUL in the path': 'GET /he\0alth HTTP/1.1\r\nHost: test\r\n\r\n',
  'a relative path': 'GET health HTTP/1.1\r\nHost: test\r\n\r\n',
  'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'a TLS handshake': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'a Redis command': '*1\r\n$4\r\nPING\r\n',
  'an answer in the place of a request': 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  'a header without a colon': 'GET /health HTTP/1.1\r\nHost: test\r\nnonsense\r\n\r\n',
  'a header without a name': 'GET /health HTTP/1.1\r\nHost: test\r\n: x\r\n\r\n',
  'a space before the colon': 'GET /health HTTP/1.1\r\nHost: test\r\nX-A : x\r\n\r\n',
  'a space in a header’s name': 'GET /health HTTP/1.1\r\nHost: test\r\nX A: x\r\n\r\n',
  'a control character in a header’s name': 'GET /health HTTP/1.1\r\nHost: test\r\nX\u0001A: x\r\n\r\n',
  'a NUL in a header’s value': 'GET /health HTTP/1.1\r\nHost: test\r\nX-A: x\0y\r\n\r\n',
  'a bare CR in a header': 'GET /health HTTP/1.1\r\nHost: test\r\nX-A: x\rX-B: y\r\n\r\n',
  'a bare CR as the end of a line': 'GET /health HTTP/1.1\rHost: test\r\r',
  'a folded header': 'GET /health HTTP/1.1\r\nHost: test\r\nX-A: x\r\n y\r\n\r\n',
  'a folded first header': 'GET /health HTTP/1.1\r\n Host: test\r\n\r\n',
  'a length beside chunks': `${post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
  'chunks beside a length': `${post}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${smuggled}`,
  'two lengths': `${post}Content-Length: 3\r\nContent-Length: 60\r\n\r\n[4]${smuggled}`,
  'the same length twice': `${post}Content-Length: 3\r\nContent-Length: 3\r\n\r\n[4]`,
  'a list of lengths': `${post}Content-Length: 3, 3\r\n\r\n[4]`,
  'a negative length': `${post}Content-Length: -3\r\n\r\n[4]`,
  'a length with a sign': `${post}Content-Length: +3\r\n\r\n[4]`,
  'a length in hexadecimal': `${post}Content-Length: 0x3\r\n\r\n[4]`,
  'a length that is a fraction': `${post}Content-Length: 3.0\r\n\r\n[4]`,
  'a length with a space in it': `${post}Content-Length: 3 0\r\n\r\n[4]`,
  'an empty length': `${post}Content-Length:\r\n\r\n[4]`,
  'a length of text': `${post}Content-Length: three\r\n\r\n[4]`,
  'a length beyond 64 bits': `${post}Content-Length: 99999999999999999999999\r\n\r\n[4]`,
  'an unknown transfer coding': `${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
  'a transfer coding after chunked': `${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${smuggled}`,
  'two transfer codings': `${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n`,
  'a transfer coding after a space': `${post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
  'chunked in quotes': `${post}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n`,
  'a chunk size of text': `${post}Transfer-Encoding: chunked\r\n\r\nxyz\r\n[4]\r\n0\r\n\r\n`,
  'a negative chunk size': `${post}Transfer-Encoding: chunked\r\n\r\n-3\r\n[4]\r\n0\r\n\r\n`,
  'a chunk size beyond 64 bits': `${post}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n[4]\r\n`,
  'a chunk size with 0x': `${post}Transfer-Encoding: chunked\r\n\r\n0x3\r\n[4]\r\n0\r\n\r\n`,
  'a chunk size before a bare LF': `${post}Transfer-Encoding: chunked\r\n\r\n3\n[4]\r\n0\r\n\r\n`,
  'a chunk longer than it says': `${post}Transfer-Encoding: chunked\r\n\r\n3\r\n[4]    \r\n0\r\n\r\n`,
  'no Host': 'GET /health HTTP/1.1\r\n\r\n',
  'two Hosts': 'GET /health HTTP/1.1\r\nHost: test\r\nHost: evil\r\n\r\n',
  'the same Host twice': 'GET /health HTTP/1.1\r\nHost: test\r\nhost: test\r\n\r\n',
};

/** The client closes its side before all is sent. */
const CUT: Readonly<Record<string, string>> = {
  'the first line': 'POST /predict HT',
  'the headers': 'POST /predict HTTP/1.1\r\nHost: test\r\nContent-',
  'the body': `${post}Content-Length: 100\r\n\r\n[4`,
  'a chunk': `${post}Transfer-Encoding: chunked\r\n\r\n10\r\n[4`,
  'the last chunk': `${post}Transfer-Encoding: chunked\r\n\r\n3\r\n[4]\r\n`,
};

export const wire: readonly BadRequest[] = [
  ...Object.entries(MALFORMED).map(([name, bytes]) => ({
    name,
    bytes: Buffer.from(bytes, 'latin1'),
    status: 400,
    code: 'ERR_HTTP',
  })),
  ...Object.entries(CUT).map(([what, bytes]) => ({
    name: `a connection closed in ${what}`,
    bytes,
    end: true,
    status: 400,
    code: 'ERR_HTTP',
  })),
  ...[`X-A: ${'a'.repeat(20_000)}`, `X-${'a'.repeat(20_000)}: a`, 'X-A: a\r\n'.repeat(6000).trimEnd()].map(
    (line) => ({
      name: `headers that are too large: ${label(line)}`,
      bytes: `GET /health HTTP/1.1\r\nHost: test\r\n${line}\r\n\r\n`,
      status: 431,
      code: 'ERR_HTTP',
    }),
  ),
  {
    name: 'a URL that is too long',
    bytes: http('GET', `/health?${'a'.repeat(20_000)}`),
    status: 431,
    code: 'ERR_HTTP',
  },
  {
    name: 'a chunk extension without end',
    bytes: `${post}Transfer-Encoding: chunked\r\n\r\n3;${'a'.repeat(30_000)}\r\n[4]\r\n0\r\n\r\n`,
    status: 413,
    code: 'ERR_HTTP',
  },
  {
    name: 'trailers without end',
    bytes: `${post}Transfer-Encoding: chunked\r\n\r\n3\r\n[4]\r\n0\r\nX-A: ${'a'.repeat(30_000)}\r\n\r\n`,
    status: 431,
    code: 'ERR_HTTP',
  },
  {
    name: 'CONNECT',
    bytes: 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n',
    status: 405,
    code: 'ERR_METHOD',
  },
  {
    name: 'an unknown expectation',
    bytes: http('POST', '/predict', '[4]', { expect: '200-ok' }),
    status: 417,
    code: 'ERR_HTTP',
  },
];
