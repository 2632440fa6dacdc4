/**
 * Refuses predictions that would have to wait too long, before their bodies are read: under load, what is refused anyway must
 * not cost the time of what is not.
 */
import type { Feature, ServiceContext } from '../service.js';

/** Makes the guard. */
export function admission({ models, traffic }: ServiceContext): Feature {
  return {
    guard: ({ predicts }) =>
      predicts &&
      ((request) => {
        // Where traffic is split, the body may decide which version is asked; it refuses for itself.
        if (!traffic.active) models.find(predicts(request))?.endpoint.refuseWhenFull();
      }),
  };
}
