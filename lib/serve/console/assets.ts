/** The files of the pages, built from console/ into dist/console, which lib/ and dist/ reach by the same path. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Reply, type ServiceRequest } from '../http.js';
import { RequestError } from '../request-error.js';

const TYPES = {
  'index.html': 'text/html; charset=utf-8',
  'app.js': 'text/javascript; charset=utf-8',
  'app.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
} as const;

/** Nothing from elsewhere, and nothing inline. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

interface Asset {
  readonly bytes: Uint8Array;
  readonly etag: string;
}

const assets = new Map<string, Asset>();

/** Read once per process, when the first client asks. */
function assetOf(name: string): Asset {
  let asset = assets.get(name);
  if (asset === undefined) {
    const bytes = readFileSync(new URL(`../../../dist/console/${name}`, import.meta.url));
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
    asset = { bytes, etag };
    assets.set(name, asset);
  }
  return asset;
}

/** Sends a file of the pages. @throws {ERR_ROUTE} for any other name */
export function sendAsset(request: ServiceRequest, name: string): Reply {
  if (!Object.hasOwn(TYPES, name)) throw new RequestError(404, 'ERR_ROUTE', 'The console has no such file.');
  const { bytes, etag } = assetOf(name);
  const headers = {
    etag,
    'cache-control': 'no-cache',
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  };
  // A cache that has compressed the body marks the tag as weak.
  const known = String(request.headers['if-none-match'] ?? '').replace(/^W\//, '');
  if (known === etag) return new Reply(304, '', headers);
  return new Reply(200, bytes, { 'content-type': TYPES[name as keyof typeof TYPES], ...headers });
}
