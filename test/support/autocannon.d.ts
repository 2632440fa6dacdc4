/** The part of autocannon that tests use; it comes without types. */
declare module 'autocannon' {
  interface Result {
    readonly errors: number;
    readonly timeouts: number;
    readonly non2xx: number;
    readonly '2xx': number;
    readonly requests: { readonly total: number; readonly sent: number; readonly average: number };
    readonly latency: { readonly p50: number; readonly p99: number };
    readonly statusCodeStats: Readonly<Record<string, { readonly count: number }>>;
  }
  interface Options {
    readonly url: string;
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly connections?: number;
    readonly duration?: number;
    readonly amount?: number;
  }
  /** The load; settles with its figures. `stop` ends it early. */
  interface Instance extends Promise<Result> {
    stop(): void;
    on(event: 'response', listener: (client: unknown, status: number) => void): void;
    on(event: 'reqError', listener: (error: Error) => void): void;
  }
  export default function autocannon(options: Options): Instance;
}
