/** `boreal doctor`: what boreal found on this machine. */
import type { CudaDevice } from '../core/devices.js';
import type { NativeInfo } from '../native.js';
import { version } from '../serve/version.js';
import { bytes, pairs } from './format.js';

/** What doctor reports. */
export interface Diagnosis {
  readonly ok: boolean;
  readonly version: string;
  readonly node: string;
  readonly platform: string;
  /** The addon's own report; absent when it does not load. */
  readonly native?: NativeInfo;
  /** The file of the addon. */
  readonly addon?: string;
  readonly gpu?: {
    readonly available: boolean;
    readonly devices: readonly CudaDevice[];
    readonly reason?: string;
  };
  /** Why the addon does not load. */
  readonly error?: { readonly code?: string; readonly message: string };
}

/** Looks at the machine; never throws. */
export async function diagnose(): Promise<Diagnosis> {
  const environment = { version, node: process.version, platform: `${process.platform}-${process.arch}` };
  try {
    const { native } = await import('../native.js');
    return { ok: true, ...environment, native: native.info(), addon: addonPath(), gpu: await gpu() };
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    return { ok: false, ...environment, error: { code, message } };
  }
}

/** Prints the diagnosis; exit code 1 when boreal cannot work here. */
export async function doctor({ json = false }: { json?: boolean }): Promise<void> {
  const diagnosis = await diagnose();
  process.stdout.write(json ? `${JSON.stringify(diagnosis, null, 2)}\n` : format(diagnosis));
  if (diagnosis.ok) return;
  if (!json) process.stderr.write(`\n${diagnosis.error?.message}\n`);
  process.exitCode = 1;
}

function format({ version, node, platform, native, addon, gpu }: Diagnosis): string {
  const entries: Array<[string, string]> = [['Node', `${node}, ${platform}`]];
  if (native === undefined) {
    entries.push(['addon', 'does not load']);
  } else {
    entries.push(
      ['addon', `${addon ?? 'loaded'}, version ${native.version}`],
      ['CPU', native.cpu],
      ['instruction set', `${native.isa} (this CPU has ${native.isas.join(', ')})`],
      ['threads', String(native.threads)],
      ['memory limit', bytes(native.memoryLimitBytes)],
      ['GPU', gpu?.devices.map(describeGpu).join('; ') || `none: ${gpu?.reason}`],
    );
  }
  return `boreal ${version}\n${pairs(entries)}`;
}

function describeGpu({ device, name, capability, memoryBytes }: CudaDevice): string {
  return `${device}, ${name}, compute ${capability}, ${bytes(memoryBytes)}`;
}

/** Node's own report lists the libraries of the process; the addon is one. */
function addonPath(): string | undefined {
  const { sharedObjects = [] } = process.report.getReport() as { sharedObjects?: string[] };
  return sharedObjects.find((path) => /boreal[^/\\]*\.node$/.test(path));
}

async function gpu(): Promise<Diagnosis['gpu']> {
  const { devices } = await import('../core/devices.js');
  const { gpus, reason } = devices();
  return { available: gpus.length > 0, devices: gpus, reason };
}
