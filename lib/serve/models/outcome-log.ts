/**
 * Outcomes on disk: one line of JSON each, appended, and read again at the next start. Lines that arrive together are
 * written and flushed together. A line that a crash has torn is skipped. A file that has grown too long gives way to one
 * that begins with the sums of all before it, by a rename; the old one is kept beside it for a while.
 */
import { createReadStream } from 'node:fs';
import { copyFile, type FileHandle, link, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { type OutcomeSums, Outcomes } from '../../monitor/outcomes.js';

/** What became of a prediction. */
export interface OutcomeRecord {
  /** ISO 8601. */
  readonly at: string;
  /** Names the outcome: the second one of the same name does not count. */
  readonly id?: string;
  readonly model: string;
  readonly version: string;
  readonly variant?: string;
  readonly user?: string;
  readonly value: boolean | number;
  readonly label?: string | number | boolean;
  readonly predicted?: unknown;
}

/**
 * When an outcome is on disk: 'always' before it is acknowledged, 'interval' within a second, 'never' when the system
 * sees fit. With all three it survives the end of the process once acknowledged; with 'always' that of the machine, too.
 */
export type FsyncPolicy = 'always' | 'interval' | 'never';

/** Options of {@link OutcomeLog.open}. */
export interface OutcomeLogOptions {
  readonly fsync?: FsyncPolicy;
  /** Bytes after which a new file is begun. */
  readonly maxBytes?: number;
  /** Old files that are kept. */
  readonly keep?: number;
}

interface Waiting {
  readonly record: OutcomeRecord;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface SumsLine {
  readonly sums: ReadonlyArray<{ readonly model: string; readonly variant: string } & OutcomeSums>;
}

/** Ids that are remembered; of older ones a second outcome counts. */
const MAX_IDS = 200_000;
const IDS_PER_LINE = 1000;
const SYNC_MS = 1000;
const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;

/** See the head of this file. Without a path it keeps the sums only, in memory. */
export class OutcomeLog {
  readonly #path: string | undefined;
  readonly #fsync: FsyncPolicy;
  readonly #maxBytes: number;
  readonly #keep: number;
  readonly #sums = new Map<string, Map<string, Outcomes>>();
  readonly #ids = new Set<string>();
  /** Of outcomes that are not written yet. */
  readonly #pending = new Set<string>();
  #file: FileHandle | undefined;
  #bytes = 0;
  /** The file ends within a line. */
  #torn = false;
  #skipped = 0;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #unsynced = false;
  #timer: NodeJS.Timeout | undefined;

  private constructor(path: string | undefined, options: OutcomeLogOptions) {
    this.#path = path;
    this.#fsync = options.fsync ?? 'always';
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    this.#keep = options.keep ?? 5;
  }

  /** Opens the file, or makes it, and reads what it holds. */
  static async open(path: string | undefined, options: OutcomeLogOptions = {}): Promise<OutcomeLog> {
    const log = new OutcomeLog(path, options);
    if (path === undefined) return log;
    await mkdir(dirname(path), { recursive: true });
    await log.#openFile(path);
    await log.#replay(path);
    if (log.#fsync === 'interval') log.#timer = setInterval(() => void log.#syncSoon(), SYNC_MS).unref();
    return log;
  }

  /** Model -> variant, or '@' and version for outcomes of none -> sums of its outcomes. */
  get sums(): ReadonlyMap<string, ReadonlyMap<string, Outcomes>> {
    return this.#sums;
  }

  /** Lines that could not be read at the start. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Whether an outcome of this name is there. */
  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /**
   * Adds an outcome.
   *
   * @returns when it is as safe as the policy says; false when one with its id is there already
   * @throws what the file system throws; then it does not count
   */
  async add(record: OutcomeRecord): Promise<boolean> {
    const { id } = record;
    if (id !== undefined) {
      // The first one may still be on its way; the second is not to be acknowledged before it.
      while (this.#pending.has(id)) await this.#writing;
      if (this.#ids.has(id)) return false;
      this.#pending.add(id);
    }
    try {
      if (this.#path === undefined) this.#count(record);
      else await this.#append(record);
    } finally {
      if (id !== undefined) this.#pending.delete(id);
    }
    return true;
  }

  /** Writes what is waiting and closes the file. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
    if (this.#unsynced) await this.#file?.datasync();
    await this.#file?.close();
    this.#file = undefined;
  }

  #append(record: OutcomeRecord): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record, resolve, reject });
      this.#writing ??= this.#drain().finally(() => {
        this.#writing = undefined;
      });
    });
  }

  /** Writes in one go what has come while the last write was under way. */
  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        const lines = batch.map(({ record }) => `${JSON.stringify(record)}\n`).join('');
        await this.#write(lines);
        for (const { record, resolve } of batch) {
          this.#count(record);
          resolve();
        }
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
      if (this.#bytes > this.#maxBytes) await this.#rotate().catch(() => undefined);
    }
  }

  async #write(lines: string): Promise<void> {
    const bytes = Buffer.from(this.#torn ? `\n${lines}` : lines);
    this.#torn = true;
    await writeAll(this.#file!, bytes);
    this.#torn = false;
    this.#bytes += bytes.length;
    if (this.#fsync === 'always') await this.#file!.datasync();
    else this.#unsynced = true;
  }

  async #syncSoon(): Promise<void> {
    if (!this.#unsynced || this.#file === undefined) return;
    this.#unsynced = false;
    await this.#file.datasync().catch(() => {
      this.#unsynced = true;
    });
  }

  /** Begins a new file with the sums; the old one becomes path.1, and so on. */
  async #rotate(): Promise<void> {
    const path = this.#path!;
    const temporary = `${path}.tmp`;
    const file = await open(temporary, 'w');
    try {
      await writeAll(file, Buffer.from(this.#summary()));
      await file.datasync();
    } finally {
      await file.close();
    }
    await rm(`${path}.${this.#keep}`, { force: true });
    for (let i = this.#keep - 1; i >= 1; i--)
      await rename(`${path}.${i}`, `${path}.${i + 1}`).catch(() => undefined);
    // A second name, so that there is a file at `path` at all times.
    if (this.#keep > 0) await link(path, `${path}.1`).catch(() => copyFile(path, `${path}.1`));
    await rename(temporary, path);
    const old = this.#file;
    await this.#openFile(path);
    await old?.close();
  }

  #summary(): string {
    const sums = [...this.#sums].flatMap(([model, variants]) =>
      [...variants].map(([variant, outcomes]) => ({ model, variant, ...outcomes.toJSON() })),
    );
    const ids = [...this.#ids];
    const lines: unknown[] = [{ sums }];
    for (let i = 0; i < ids.length; i += IDS_PER_LINE) lines.push({ ids: ids.slice(i, i + IDS_PER_LINE) });
    return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  }

  async #openFile(path: string): Promise<void> {
    this.#file = await open(path, 'a');
    this.#bytes = (await stat(path)).size;
    this.#unsynced = false;
  }

  async #replay(path: string): Promise<void> {
    const lines = createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity });
    for await (const line of lines) if (line !== '' && !this.#read(line)) this.#skipped += 1;
    if (this.#bytes === 0) return;
    const file = await open(path, 'r');
    const last = await file.read(Buffer.alloc(1), 0, 1, this.#bytes - 1).finally(() => file.close());
    this.#torn = last.buffer[0] !== 0x0a;
  }

  /** @returns false for a line that makes no sense */
  #read(line: string): boolean {
    try {
      const parsed = JSON.parse(line) as Partial<OutcomeRecord & SumsLine & { ids: string[] }>;
      if (parsed.sums !== undefined) {
        for (const { model, variant, ...sums } of parsed.sums)
          this.#variantsOf(model).set(variant, Outcomes.from(sums));
        return true;
      }
      if (parsed.ids !== undefined) {
        for (const id of parsed.ids) this.#remember(id);
        return true;
      }
      const { id, model, version, value } = parsed;
      if (typeof model !== 'string' || typeof version !== 'string') return false;
      if (typeof value !== 'boolean' && !Number.isFinite(value)) return false;
      if (id === undefined || !this.#ids.has(id)) this.#count(parsed as OutcomeRecord);
      return true;
    } catch {
      return false;
    }
  }

  #count({ id, model, version, variant = `@${version}`, value }: OutcomeRecord): void {
    if (id !== undefined) this.#remember(id);
    const variants = this.#variantsOf(model);
    const outcomes = variants.get(variant) ?? new Outcomes();
    variants.set(variant, outcomes);
    outcomes.add(value);
  }

  #variantsOf(model: string): Map<string, Outcomes> {
    const variants = this.#sums.get(model) ?? new Map<string, Outcomes>();
    this.#sums.set(model, variants);
    return variants;
  }

  #remember(id: string): void {
    this.#ids.add(id);
    if (this.#ids.size > MAX_IDS) this.#ids.delete(this.#ids.values().next().value!);
  }
}

async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  let written = 0;
  while (written < bytes.length) written += (await file.write(bytes, written)).bytesWritten;
}
