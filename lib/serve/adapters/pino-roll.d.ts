/** The part of pino-roll that is used here; it comes without types. */
declare module 'pino-roll' {
  export default function roll(options: {
    readonly file: string;
    readonly size?: string;
    readonly frequency?: string;
    readonly mkdir?: boolean;
    readonly limit?: { readonly count: number; readonly removeOtherLogFiles?: boolean };
  }): Promise<NodeJS.WritableStream>;
}
