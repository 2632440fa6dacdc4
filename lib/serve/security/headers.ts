/**
 * The headers that helmet sets, worked out once instead of for each answer. Pages may load what this server sends and
 * nothing else, and cannot be framed.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet, { type HelmetOptions } from 'helmet';

const DEFAULTS: HelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      'default-src': ["'self'"],
      'img-src': ["'self'", 'data:', 'blob:'],
      // Charts are drawn with inline styles.
      'style-src': ["'self'", "'unsafe-inline'"],
      'object-src': ["'none'"],
      'base-uri': ["'none'"],
      'form-action': ["'self'"],
      'frame-ancestors': ["'none'"],
    },
  },
  // Whether a name is only ever reached by HTTPS is for whoever ends TLS to say.
  strictTransportSecurity: false,
};

/** The headers by name. @param options - of helmet, in the place of our defaults */
export function securityHeaders(options: HelmetOptions): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  const response = {
    setHeader: (name: string, value: string) => {
      headers[name.toLowerCase()] = value;
    },
    removeHeader: () => undefined,
  };
  // As plain objects: helmet's type is a union so wide that spreading it takes TypeScript half a minute.
  const [defaults, given]: object[] = [DEFAULTS, options];
  helmet({ ...defaults, ...given } as HelmetOptions)(
    {} as IncomingMessage,
    response as never as ServerResponse,
    (error) => {
      if (error !== undefined) throw error;
    },
  );
  return headers;
}
