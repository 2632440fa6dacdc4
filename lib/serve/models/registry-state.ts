/**
 * What a registry knows of a model beside its files: production, aliases, history. It is the JSON file registry-N.json
 * with the highest N. A change is written as a whole to a file of its own and linked to the next number, which fails when
 * another process was faster; then the change is made again, on what that one wrote. There is no lock to be left behind.
 */
import { randomUUID } from 'node:crypto';
import { link, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FileFormatError, ValidationError } from '../../errors.js';

/** A change that was made. */
export interface HistoryEntry {
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
  readonly action: 'promote' | 'rollback' | 'alias' | 'unalias' | 'remove';
  readonly version?: string;
  readonly alias?: string;
}

/** The state of one model. */
export interface RegistryState {
  readonly production?: string;
  /** Versions that were in production, the last one at the end. */
  readonly previous: readonly string[];
  readonly aliases: ReadonlyMap<string, string>;
  /** The newest version that was removed: numbers are not given twice. */
  readonly removed?: string;
  /** The last changes, oldest first. */
  readonly history: readonly HistoryEntry[];
}

/** What a change makes of a state. */
export type StateChange = Omit<RegistryState, 'history'> & {
  readonly entry: Omit<HistoryEntry, 'id' | 'at'>;
};

const FILE = /^registry-(\d{1,15})\.json$/;
const KEPT = 100;
const ATTEMPTS = 200;
const EMPTY: RegistryState = { previous: [], aliases: new Map(), history: [] };

/** The state of the model in `folder`. @throws {ERR_REGISTRY} when its file is damaged */
export async function readState(folder: string): Promise<RegistryState> {
  return (await readLatest(folder)).state;
}

/**
 * Changes the state of the model in `folder`.
 *
 * @param change - may be called more than once; undefined leaves everything as it is
 * @throws {ERR_REGISTRY} when its file is damaged
 * @throws {ERR_CONFLICT} when other processes were faster each time
 */
export async function updateState(
  folder: string,
  change: (state: RegistryState) => StateChange | undefined | Promise<StateChange | undefined>,
): Promise<RegistryState> {
  const id = randomUUID();
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { state, revision } = await readLatest(folder);
    const changed = await change(state);
    if (changed === undefined) return state;
    const { entry, ...rest } = changed;
    const made: HistoryEntry = { id, at: new Date().toISOString(), ...entry };
    const next = { ...rest, history: [...state.history, made].slice(-KEPT) };
    if (await publish(folder, revision + 1, next)) {
      // One who slept since it read may have taken a number that is long past; then the file counts for nothing.
      const latest = await readLatest(folder);
      if (latest.state.history.some((each) => each.id === id)) {
        await clean(folder, latest.revision);
        return next;
      }
    }
    await sleep(Math.random() * Math.min(100, 2 ** attempt));
  }
  throw new ValidationError('ERR_CONFLICT', `Other processes keep changing ${folder}; try again.`);
}

async function publish(folder: string, revision: number, state: RegistryState): Promise<boolean> {
  const temporary = join(folder, `.state-${randomUUID()}`);
  const text = JSON.stringify({ ...state, aliases: Object.fromEntries(state.aliases) }, undefined, 2);
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(`${text}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(temporary, join(folder, `registry-${revision}.json`));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function readLatest(folder: string): Promise<{ state: RegistryState; revision: number }> {
  for (;;) {
    const revision = Math.max(0, ...(await revisionsIn(folder)));
    if (revision === 0) return { state: EMPTY, revision };
    const path = join(folder, `registry-${revision}.json`);
    try {
      return { state: parse(await readFile(path, 'utf8'), path), revision };
    } catch (error) {
      // A newer one has taken its place since the folder was read.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

async function revisionsIn(folder: string): Promise<number[]> {
  return (await readdir(folder)).flatMap((name) => {
    const match = FILE.exec(name);
    return match === null ? [] : [Number(match[1])];
  });
}

async function clean(folder: string, latest: number): Promise<void> {
  const old = (await revisionsIn(folder)).filter((revision) => revision < latest);
  await Promise.all(old.map((revision) => rm(join(folder, `registry-${revision}.json`), { force: true })));
}

function parse(text: string, path: string): RegistryState {
  const isText = (value: unknown): value is string => typeof value === 'string';
  try {
    const { production, previous, aliases, removed, history } = JSON.parse(text);
    const targets = new Map(Object.entries(aliases));
    const fine =
      (production === undefined || isText(production)) &&
      (removed === undefined || isText(removed)) &&
      Array.isArray(previous) &&
      previous.every(isText) &&
      [...targets.values()].every(isText) &&
      Array.isArray(history) &&
      history.every((entry) => isText(entry?.id));
    if (fine) return { production, previous, aliases: targets as Map<string, string>, removed, history };
  } catch {
    // Told below.
  }
  throw new FileFormatError('ERR_REGISTRY', `The registry file ${path} is damaged.`);
}
