/** Wrong paths, methods, media types and sizes. */
import { type BadRequest, http, LIMITS, label } from './request.js';

const NO_SUCH_PATH = [
  ...[
    '/nothing',
    '/nothing/',
    '//predict',
    '/predict//',
    '/./predict',
    '/../predict',
    '/PREDICT',
    '/predict.json',
  ],
  ...[
    '/predict%00',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/../../../../etc/passwd',
    '/..%2f..%2fetc%2fpasswd',
    '/.env',
    '/.git/config',
  ],
  ...[
    '/..%5c..%5cwindows%5cwin.ini',
    '/predict%2f',
    '/predict%0d%0aset-cookie:a',
    '/predict;a=1',
    '/package.json',
    '/*',
    '/:version',
  ],
  ...[
    '/__proto__',
    '/constructor',
    '/%e2%80%ae',
    '/health/../predict',
    '/index.html',
    '/wp-admin',
    '/cgi-bin/;id',
    '/%22%3E%3Cscript%3E',
  ],
];
const NO_SUCH_MODEL = [
  ...[
    '..%2f..%2fetc%2fpasswd',
    '%2e%2e',
    '__proto__',
    'constructor',
    'toString',
    'a%00b',
    '%0d%0a',
    '%20',
    'con',
    '*',
    '$%7Bx%7D',
  ],
  ...['%F0%9F%8F%A0', 'a'.repeat(250), "'%20OR%201=1", '%3Cscript%3E', '..', '~', '%25', 'C:%5Cmodels'],
];
const BAD_ENCODING = [
  '/%',
  '/%zz',
  '/%c3%28',
  '/%ff',
  '/models/%/predict',
  '/models/%e0%a4%a/predict',
  '/%u0041',
  '/predict/%c0%af',
];
const MEDIA_TYPES = [
  ...[
    undefined,
    '',
    ';',
    'json',
    'application',
    'application/',
    '/json',
    'text/plain',
    'text/json',
    'application/xml',
  ],
  ...[
    'application/jsonp',
    'application/json2',
    'applicationjson',
    'application/x-www-form-urlencoded',
    'text/html',
  ],
  ...[
    'multipart/form-data; boundary=x',
    'application/octet-stream',
    'image/png',
    'application/javascript',
    '*/*',
  ],
  ...[
    'application/json, text/plain',
    'text/plain, application/json',
    'application/vnd.json+xml',
    'application/ json',
    'a'.repeat(5000),
  ],
];
const METHODS = [
  'GET',
  'HEAD',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'MKCOL',
  'SEARCH',
  'PURGE',
  'LOCK',
];

const good = '{"rooms":4,"age":30,"garden":true,"town":"Oslo"}';

export const routes: readonly BadRequest[] = [
  ...NO_SUCH_PATH.map((path) => ({
    name: `path ${label(path)}`,
    bytes: http('GET', path),
    status: 404,
    code: 'ERR_ROUTE',
  })),
  ...NO_SUCH_PATH.slice(0, 3).map((path) => ({
    name: `a post to ${path}`,
    bytes: http('POST', path, '<x>', { 'content-type': 'text/xml' }),
    status: 404,
    code: 'ERR_ROUTE',
  })),
  ...NO_SUCH_MODEL.map((name) => ({
    name: `model ${label(name)}`,
    bytes: http('POST', `/models/${name}/predict`, good),
    status: 404,
    code: 'ERR_MODEL',
  })),
  ...['9', 'latest%00', '..%2f1', '__proto__'].map((version) => ({
    name: `version ${version}`,
    bytes: http('POST', `/predict/${version}`, good),
    status: 404,
    code: 'ERR_MODEL',
  })),
  ...BAD_ENCODING.map((path) => ({
    name: `path ${path}`,
    bytes: http('GET', path),
    status: 400,
    code: 'ERR_REQUEST',
  })),
  {
    name: 'a part of the path that is too long',
    bytes: http('POST', `/models/${'a'.repeat(400)}/predict`, good),
    status: 414,
    code: 'ERR_REQUEST',
  },
  ...METHODS.filter((method) => method !== 'HEAD').map((method) => ({
    name: `${method} where POST is right`,
    bytes: http(method, '/predict'),
    status: 405,
    code: 'ERR_METHOD',
    headers: { allow: 'POST' },
  })),
  ...['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'].map((method) => ({
    name: `${method} where GET is right`,
    bytes: http(method, '/health', method === 'OPTIONS' ? '' : '{"a":'),
    status: 405,
    code: 'ERR_METHOD',
    headers: { allow: 'GET, HEAD' },
  })),
  ...MEDIA_TYPES.map((type) => ({
    name: `content-type ${type === undefined ? '(none)' : label(type)}`,
    bytes: http('POST', '/predict', good, { 'content-type': type }),
    status: 415,
    code: 'ERR_MEDIA_TYPE',
  })),
  {
    name: 'a body one byte too large',
    bytes: http('POST', '/predict', ' '.repeat(LIMITS.bodyLimit + 1)),
    status: 413,
    code: 'ERR_BODY_TOO_LARGE',
  },
  {
    name: 'a body that says it will be too large',
    bytes: http('POST', '/predict', '[', { 'content-length': '99999999999' }),
    status: 413,
    code: 'ERR_BODY_TOO_LARGE',
  },
  {
    name: 'a body in chunks that gets too large',
    bytes: http('POST', '/predict', `${`1000\r\n${' '.repeat(0x1000)}\r\n`.repeat(6)}0\r\n\r\n`, {
      'content-length': undefined,
      'transfer-encoding': 'chunked',
    }),
    status: 413,
    code: 'ERR_BODY_TOO_LARGE',
  },
  {
    name: 'no body',
    bytes: http('POST', '/predict', '', { 'content-type': 'application/json' }),
    status: 400,
    code: 'ERR_JSON',
  },
];
