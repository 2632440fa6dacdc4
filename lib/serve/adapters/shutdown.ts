/**
 * Signals: one listener per signal for all servers of the process, there only while a server is. The first SIGTERM or
 * SIGINT closes them all; the listeners are gone by then, so that a second one ends the process at once.
 */

type Close = () => Promise<void>;

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
const open = new Set<Close>();

/** Closes `close` when the process is told to end. @returns a function that takes it back */
export function closeOnSignal(close: Close): () => void {
  if (open.size === 0) for (const signal of SIGNALS) process.on(signal, closeAll);
  open.add(close);
  return () => {
    if (open.delete(close) && open.size === 0) stopListening();
  };
}

function stopListening(): void {
  for (const signal of SIGNALS) process.off(signal, closeAll);
}

function closeAll(signal: NodeJS.Signals): void {
  const closing = [...open];
  open.clear();
  stopListening();
  void Promise.allSettled(closing.map((close) => close())).then(() => {
    // With the servers gone an idle process ends by itself, with code 0. One that something else keeps alive, and
    // that does not handle the signal itself, gets what the signal would have done without us.
    if (process.listenerCount(signal) === 0) setTimeout(() => process.kill(process.pid, signal), 500).unref();
  });
}
