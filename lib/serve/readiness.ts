/** Whether requests should be sent here, for load balancers and orchestrators. */
import { RequestError } from './request-error.js';
import type { ServiceContext } from './service.js';

/**
 * Throws unless the service is there to stay and every model answers.
 *
 * @throws {ERR_CLOSING | ERR_MODEL} with status 503 as a {@link RequestError}
 */
export function requireReady({ models, lifecycle }: Pick<ServiceContext, 'models' | 'lifecycle'>): void {
  if (lifecycle.draining) throw new RequestError(503, 'ERR_CLOSING', 'The server is about to end.');
  for (const name of models.names()) {
    try {
      models.get({ name });
    } catch (error) {
      // A model that is there but does not answer is no fault of the client.
      throw error instanceof RequestError ? new RequestError(503, 'ERR_MODEL', error.message) : error;
    }
  }
}
