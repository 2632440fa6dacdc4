/** `boreal serve`: a model file behind HTTP. */
import { basename } from 'node:path';
import { loadWithMetadata } from '../index.js';
import { type BorealServer, serve } from '../serve/index.js';
import type { ServeFlags } from './program.js';

/** Loads and serves a model file; the server lives until a signal ends it. */
export async function serveFile(
  path: string,
  { log: logger, ...options }: ServeFlags,
): Promise<BorealServer> {
  const { model, metadata } = await loadWithMetadata(path);
  const name = basename(path, '.boreal');
  const server = await serve(model, { ...options, logger, name, metadata });
  process.stdout.write(`Serving ${name} at ${server.url}${options.prefix} (Ctrl-C stops it).\n`);
  return server;
}
