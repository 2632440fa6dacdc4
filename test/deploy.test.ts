/** The files of deploy/ fit the command line and the routes that they name, and what reads them takes them. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { serveCommand } from '../lib/cli/serve-command.js';
import { LinearRegression } from '../lib/index.js';
import { Service } from '../lib/serve/index.js';

const root = fileURLToPath(new URL('../deploy/', import.meta.url));
const text = (file: string) => readFileSync(join(root, file), 'utf8');
const has = (command: string) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;

// biome-ignore lint/suspicious/noExplicitAny: manifests are anything
type Manifest = any;

const manifests: Array<{ file: string; manifest: Manifest }> = readdirSync(root, {
  recursive: true,
  encoding: 'utf8',
})
  .filter((file) => file.endsWith('.yaml'))
  .flatMap((file) =>
    parseAllDocuments(text(file), { strict: true }).map((document) => {
      expect([file, document.errors, document.warnings]).toEqual([file, [], []]);
      return { file, manifest: document.toJS() };
    }),
  );
const byKind = (kind: string): Manifest => manifests.find(({ manifest }) => manifest.kind === kind)?.manifest;

/** Flags of a command line that serves; what `boreal serve` would refuse fails. */
function flagsOf([name, ...args]: readonly string[]): Manifest {
  expect(name).toBe('serve');
  const command = serveCommand().exitOverride();
  const { operands, unknown } = command.parseOptions([...args]);
  expect({ operands: operands.length, unknown }).toEqual({ operands: 1, unknown: [] });
  return command.opts();
}

let paths: readonly string[];
beforeAll(async () => {
  const service = await Service.create(await new LinearRegression().fit([[1], [2]], [1, 2]));
  paths = service.routes.filter(({ method }) => method === 'GET').map(({ path }) => path);
  await service.close();
});

describe('manifests of Kubernetes', () => {
  it('are all that a guide promises', () => {
    expect(manifests.map(({ manifest }) => manifest.kind).sort()).toEqual([
      'Deployment',
      'HorizontalPodAutoscaler',
      'InferenceService',
      'PersistentVolumeClaim',
      'PodDisruptionBudget',
      'Service',
      'ServiceMonitor',
      'ServingRuntime',
    ]);
    for (const { file, manifest } of manifests)
      expect([file, typeof manifest.apiVersion, typeof manifest.metadata.name]).toEqual([
        file,
        'string',
        'string',
      ]);
  });

  it.each([
    ['Deployment', () => byKind('Deployment').spec.template.spec.containers[0]],
    ['ServingRuntime', () => byKind('ServingRuntime').spec.containers[0]],
  ])('%s: flags exist, ports are those listened on, probes ask routes', (_kind, find) => {
    const container = find();
    const flags = flagsOf(container.args);
    expect(flags.host).toBe('0.0.0.0');
    const listening = [flags.port, flags.grpcPort].filter((port) => port !== undefined);
    expect(container.ports.map((port: Manifest) => port.containerPort)).toEqual(listening);
    for (const name of ['startupProbe', 'readinessProbe', 'livenessProbe']) {
      const probe = container[name]?.httpGet;
      if (probe === undefined) continue;
      const port =
        container.ports.find((each: Manifest) => each.name === probe.port)?.containerPort ?? probe.port;
      expect([name, port]).toEqual([name, flags.port]);
      expect(paths).toContain(probe.path);
    }
  });

  it('give the end enough time, and the pods the same name everywhere', () => {
    const { spec, metadata } = byKind('Deployment');
    const { drainDelay, closeTimeout } = flagsOf(spec.template.spec.containers[0].args);
    expect(spec.template.spec.terminationGracePeriodSeconds * 1000).toBeGreaterThan(
      drainDelay + closeTimeout,
    );
    const labels = spec.template.metadata.labels;
    expect(spec.selector.matchLabels).toEqual(labels);
    expect(byKind('Service').spec.selector).toEqual(labels);
    expect(byKind('PodDisruptionBudget').spec.selector.matchLabels).toEqual(labels);
    expect(byKind('Service').metadata.labels).toEqual(byKind('ServiceMonitor').spec.selector.matchLabels);
    expect(byKind('HorizontalPodAutoscaler').spec.scaleTargetRef.name).toBe(metadata.name);
    const names = spec.template.spec.containers[0].ports.map((port: Manifest) => port.name);
    for (const { targetPort } of byKind('Service').spec.ports) expect(names).toContain(targetPort);
    const [{ port, path }] = byKind('ServiceMonitor').spec.endpoints;
    expect(byKind('Service').spec.ports.map((each: Manifest) => each.name)).toContain(port);
    expect(paths).toContain(path);
    const volumes = spec.template.spec.volumes.map((volume: Manifest) => volume.name);
    for (const { name } of spec.template.spec.containers[0].volumeMounts) expect(volumes).toContain(name);
    expect(byKind('InferenceService').spec.predictor.model.runtime).toBe(
      byKind('ServingRuntime').metadata.name,
    );
  });
});

describe('the Dockerfile', () => {
  const dockerfile = text('Dockerfile');

  it('runs a command line that exists, not as root, and asks a route whether it lives', () => {
    const flags = flagsOf(JSON.parse(/^CMD (\[.*\])$/m.exec(dockerfile)![1]));
    expect(flags.host).toBe('0.0.0.0');
    const [, port, path] = /fetch\('http:\/\/127\.0\.0\.1:(\d+)(\/\w+)'\)/.exec(dockerfile)!;
    expect(Number(port)).toBe(flags.port);
    expect(paths).toContain(path);
    expect(dockerfile).toMatch(new RegExp(`^EXPOSE ${flags.port}\\b`, 'm'));
    expect(dockerfile.lastIndexOf('\nUSER node')).toBeGreaterThan(dockerfile.lastIndexOf('\nFROM'));
    expect(dockerfile).toMatch(/^ENTRYPOINT \["node", "node_modules\/boreal\/dist\/cli\/main\.js"\]$/m);
  });
});

describe('boreal.service', () => {
  it('runs a command line that exists', () => {
    const [, line] = /^ExecStart=.*main\.js (.*)$/m.exec(text('boreal.service'))!;
    expect(flagsOf(line.split(' ')).apiKeyFile).toMatch(/keys\.txt$/);
  });

  it.skipIf(!has('systemd-analyze'))(
    'is taken by systemd-analyze (skipped where it is not installed)',
    () => {
      const { status, stderr } = spawnSync(
        'systemd-analyze',
        ['verify', '--man=no', join(root, 'boreal.service')],
        {
          encoding: 'utf8',
        },
      );
      expect([status, stderr.split('\n').filter((each) => each.includes('boreal.service'))]).toEqual([0, []]);
    },
  );
});

it.skipIf(!has('nginx') || !has('openssl'))(
  'nginx takes nginx.conf (skipped where it is not installed)',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'boreal-nginx-'));
    mkdirSync(join(folder, 'tls'));
    const key = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=test', '-days', '1'];
    const files = ['-keyout', join(folder, 'tls/privkey.pem'), '-out', join(folder, 'tls/fullchain.pem')];
    expect(spawnSync('openssl', [...key, ...files]).status).toBe(0);
    const config = join(folder, 'nginx.conf');
    writeFileSync(config, text('nginx.conf').replaceAll('/etc/nginx/tls', join(folder, 'tls')));
    const { status, stderr } = spawnSync(
      'nginx',
      ['-t', '-c', config, '-p', folder, '-g', `pid ${folder}/pid;`],
      {
        encoding: 'utf8',
      },
    );
    expect([status, stderr]).toEqual([0, expect.stringMatching(/test is successful/)]);
  },
);
