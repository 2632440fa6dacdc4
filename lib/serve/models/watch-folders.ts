/** Tells when something in a folder or the folders in it changes: at once where the system says so, else by and by. */
import { type FSWatcher, watch } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A burst of changes is one change. */
const BURST_MS = 25;

/**
 * @param folder - watched with the folders in it
 * @param pollMs - `changed` is also called this often, in milliseconds, as network file systems tell nothing; 0 for never
 * @returns a function that stops it
 */
export function watchFolders(folder: string, pollMs: number, changed: () => void): () => void {
  const watchers = new Map<string, FSWatcher>();
  let burst: NodeJS.Timeout | undefined;
  let stopped = false;
  const attach = (path: string) => {
    if (stopped || watchers.has(path)) return;
    try {
      const watcher = watch(path, { persistent: false }, notify);
      watchers.set(path, watcher);
      watcher.on('error', () => {
        watcher.close();
        watchers.delete(path);
      });
    } catch {
      // It is gone, or the system has no more watches: polling sees it.
    }
  };
  const attachAll = async () => {
    attach(folder);
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    const folders = new Set(
      entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name)),
    );
    for (const path of folders) attach(path);
    for (const [path, watcher] of watchers) {
      if (path === folder || folders.has(path)) continue;
      watcher.close();
      watchers.delete(path);
    }
  };
  const notify = () => {
    burst ??= setTimeout(async () => {
      burst = undefined;
      // First, so that no change falls between the watch and the look that follows.
      await attachAll();
      if (!stopped) changed();
    }, BURST_MS).unref();
  };
  notify();
  const poll = pollMs > 0 ? setInterval(notify, pollMs).unref() : undefined;
  return () => {
    stopped = true;
    clearTimeout(burst);
    clearInterval(poll);
    for (const watcher of watchers.values()) watcher.close();
  };
}
