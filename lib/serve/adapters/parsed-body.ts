/** A body that a parser of the host, such as express.json() or koa-bodyparser, has read before us. */
import type { IncomingMessage } from 'node:http';

/**
 * The bytes of the body again; undefined when nobody has read it.
 *
 * @param holder - where the parser put what it made of them: `body`, and perhaps `rawBody`
 */
export function parsedBody(req: IncomingMessage, holder: object): Uint8Array | undefined {
  if (!req.readableEnded) return undefined;
  const { body, rawBody } = holder as { readonly body?: unknown; readonly rawBody?: unknown };
  if (body === undefined && rawBody === undefined) return undefined;
  for (const bytes of [rawBody, body]) {
    if (bytes instanceof Uint8Array) return bytes;
    if (typeof bytes === 'string') return Buffer.from(bytes);
  }
  return Buffer.from(JSON.stringify(body));
}
