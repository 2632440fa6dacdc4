/** `GET /openapi.json`. The page that shows it is the console's. */
import { createHash } from 'node:crypto';
import { Reply } from '../http.js';
import type { Feature, ServiceContext } from '../service.js';
import { openApiDocument } from './document.js';

/** Makes the route. */
export function openApiRoutes(context: ServiceContext): Feature {
  return {
    routes: [
      {
        method: 'GET',
        path: '/openapi.json',
        access: 'predict',
        summary: 'This document, made from the routes and from the schemas of the models.',
        operation: { response: { type: 'object' } },
        handle: ({ headers }) => {
          const text = JSON.stringify(openApiDocument(context));
          const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
          const shared = { etag, 'cache-control': 'no-cache' };
          if (headers['if-none-match'] === etag) return new Reply(304, '', shared);
          return new Reply(200, text, { 'content-type': 'application/json; charset=utf-8', ...shared });
        },
      },
    ],
  };
}
