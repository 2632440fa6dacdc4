/** Names of models, versions and aliases that become names of folders, and the order of versions. */
import { show } from '../../core/params.js';
import { ValidationError } from '../../errors.js';

/** Starts with a letter or digit, so that neither '.', '..', '-option' nor '__proto__' is a name. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$/;
/** Names of devices on Windows, with or without an extension. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/**
 * Checks a name that comes from outside.
 *
 * @throws {ERR_NAME} unless it has 1 to 100 letters, digits, '.', '_', '+' or '-', begins with a letter or digit, does not
 *   end with '.', and is not the name of a device on Windows
 */
export function checkName(what: 'model' | 'version' | 'alias', name: unknown): string {
  if (typeof name === 'string' && NAME.test(name) && !name.endsWith('.') && !DEVICE.test(name)) return name;
  throw new ValidationError(
    'ERR_NAME',
    `The name of ${what === 'alias' ? 'an' : 'a'} ${what} has 1 to 100 letters, digits, '.', '_', '+' or '-' and begins with a letter or digit; got ${show(
      typeof name === 'string' ? name.slice(0, 60) : name,
    )}.`,
  );
}

const VERSION = /^v?(\d+(?:\.\d+)*)(?:-([^+]*))?(?:\+.*)?$/i;

/**
 * Orders versions, oldest first: numbers by value (9 before 10), semantic versions by their rules (1.0.0-rc.2 before
 * 1.0.0), and any other text before both, alphabetically.
 */
export function compareVersions(a: string, b: string): number {
  const left = VERSION.exec(a);
  const right = VERSION.exec(b);
  if (left === null || right === null) {
    if (left !== null) return 1;
    return right !== null ? -1 : compareText(a, b);
  }
  const byNumber = compareParts(left[1].split('.'), right[1].split('.'));
  if (byNumber !== 0) return byNumber;
  if (left[2] === undefined || right[2] === undefined) {
    if (left[2] !== right[2]) return left[2] === undefined ? 1 : -1;
    return compareText(a, b);
  }
  return compareParts(left[2].split('.'), right[2].split('.')) || compareText(a, b);
}

/** Part by part: numbers by value and before text; the shorter list first. */
function compareParts(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    if (a[i] === undefined || b[i] === undefined) return a[i] === undefined ? -1 : 1;
    const numbers = [a[i], b[i]].map((part) => (/^\d+$/.test(part) ? BigInt(part) : undefined));
    const [left, right] = numbers;
    if (left !== undefined && right !== undefined) {
      if (left !== right) return left < right ? -1 : 1;
    } else if (left !== undefined || right !== undefined) {
      return left !== undefined ? -1 : 1;
    } else if (a[i] !== b[i]) return compareText(a[i], b[i]);
  }
  return 0;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
