/** The version of boreal, from its package.json: two levels up from lib/serve and from dist/serve alike. */
import { createRequire } from 'node:module';

/** This package's version. */
export const version: string = createRequire(import.meta.url)('../../package.json').version;
