/** How deep JSON is, before it is parsed. */
import { RequestError } from './request-error.js';

/** Default of `maxDepth`. */
export const DEFAULT_MAX_DEPTH = 64;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Refuses JSON that is too deep. A body too short to be so is not looked at, one with few brackets is only searched for
 * them.
 *
 * @throws {ERR_JSON} as a {@link RequestError}
 */
export function checkDepth(body: Uint8Array, maxDepth = DEFAULT_MAX_DEPTH): void {
  // Each level takes two bytes. Deep JSON that is not closed is none.
  if (body.length <= 2 * maxDepth || !hasMoreBrackets(body, maxDepth)) return;
  let depth = 0;
  for (let i = 0; i < body.length; i++) {
    const byte = body[i];
    if (byte === QUOTE) i = endOfText(body, i);
    else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > maxDepth) {
        const message = `The body has more than ${maxDepth} lists and objects inside each other.`;
        throw new RequestError(400, 'ERR_JSON', message);
      }
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
  }
}

function hasMoreBrackets(body: Uint8Array, most: number): boolean {
  let left = most;
  for (const bracket of [0x7b, 0x5b]) {
    for (let at = body.indexOf(bracket); at >= 0; at = body.indexOf(bracket, at + 1)) {
      if (left === 0) return true;
      left -= 1;
    }
  }
  return false;
}

/** Where the text that begins at `from` has its closing quote. */
function endOfText(body: Uint8Array, from: number): number {
  let i = from + 1;
  while (i < body.length && body[i] !== QUOTE) i += body[i] === BACKSLASH ? 2 : 1;
  return i;
}
