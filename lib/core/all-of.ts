/** Waiting for several works at once. */

/** The results of works that have all begun. Of those that fail the first in their order tells why, whichever was sooner. */
export async function allOf<R>(works: readonly Promise<R>[]): Promise<R[]> {
  const ends = await Promise.allSettled(works);
  return ends.map((end) => {
    if (end.status === 'rejected') throw end.reason;
    return end.value;
  });
}
