/**
 * Whether a request was made by somebody at this machine, as opposed to a proxy on it, or to a web page that their browser
 * has open: such a page can send requests to 127.0.0.1 (CSRF), and by DNS rebinding even under a name of its own.
 */
import type { ServiceRequest } from '../http.js';

/** Headers by which a proxy says that the request is not its own. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

/** See the head of this file. */
export function isLocal({ remoteAddress, headers }: ServiceRequest): boolean {
  if (remoteAddress === undefined || !isLoopback(remoteAddress)) return false;
  if (FORWARDED.some((name) => headers[name] !== undefined)) return false;
  const { host, origin } = headers;
  if (typeof host !== 'string' || !isLoopback(hostnameOf(host))) return false;
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) return false;
  const site = headers['sec-fetch-site'];
  return site === undefined || site === 'same-origin' || site === 'none';
}

/** The name in a Host header, in lower case, without the port. */
export function hostnameOf(host: string): string {
  return host.replace(/:\d*$/, '').toLowerCase();
}

function isLoopback(name: string): boolean {
  return /^(?:localhost|(?:::ffff:)?127(?:\.\d{1,3}){3}|::1|\[::1\])$/i.test(name);
}
