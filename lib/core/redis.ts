/** Connections to Redis, and the packages for it, which are loaded only by those who ask for Redis. */
import type { Redis, RedisOptions } from 'ioredis';
import { EnvironmentError } from '../errors.js';

/** BullMQ. @throws {ERR_DEPENDENCY} when it is not installed */
export function loadBullmq(): Promise<typeof import('bullmq')> {
  return import('bullmq').catch(missing('bullmq'));
}

/**
 * A connection that is up.
 *
 * @param onError - told of every fault of the connection; it is repaired as soon as Redis is back
 * @throws {ERR_DEPENDENCY} when ioredis is not installed
 * @throws {ERR_QUEUE} when Redis does not answer
 */
export async function connect(
  url: string,
  options: RedisOptions,
  onError: (error: Error) => void,
): Promise<Redis> {
  const { Redis } = await import('ioredis').catch(missing('ioredis'));
  let redis: Redis | undefined;
  try {
    redis = new Redis(url, {
      ...options,
      lazyConnect: true,
      retryStrategy: (times) => Math.min(50 * times, 1000),
    });
    redis.on('error', onError);
    await redis.connect();
    return redis;
  } catch (cause) {
    redis?.disconnect();
    // The URL may hold a password.
    throw new EnvironmentError('ERR_QUEUE', 'Redis, which keeps the jobs, does not answer.', { cause });
  }
}

/** Ends a connection; what waits for a Redis that is away fails. */
export async function disconnect(redis: Redis): Promise<void> {
  // `disconnect` alone keeps the process for two seconds.
  if (redis.status === 'ready') await redis.quit().catch(() => redis.disconnect());
  else redis.disconnect();
}

function missing(name: string) {
  return (cause: unknown): never => {
    const message = `Jobs in Redis need the package '${name}': npm install ${name}`;
    throw new EnvironmentError('ERR_DEPENDENCY', message, { cause });
  };
}
