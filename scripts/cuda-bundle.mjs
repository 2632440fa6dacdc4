/**
 * Packs what a bare machine with a GPU needs to test and time the CUDA plug-in: no Node, compiler or network is needed there, and no
 * CUDA but the driver.
 *
 *     npm run build && node scripts/cuda-bundle.mjs [--node FILE]
 *
 * builds plug-in, tests and benchmark with nvcc and writes build-cuda/boreal-cuda-bundle.tar.gz. There:
 *
 *     tar xzf boreal-cuda-bundle.tar.gz && boreal-cuda-bundle/run.sh [SECONDS] [STEP...]
 *
 * runs all steps (or those named) within SECONDS (default 470) and writes boreal-cuda-bundle/result.json.
 *
 *     --node FILE     the Node to pack, such as that of npm's package `node`; default: the one that runs this
 *     --emulated      the emulation in place of the plug-in, and small shapes: a trial of everything but the GPU, without nvcc
 *     --built FOLDER  builds nothing: takes what CMake has left there. A program that is not there is a step that is skipped
 *     --out FOLDER    where to put the bundle; default build-cuda
 *     --xz            packs tighter, into a .tar.xz: where xz is missing there, `python3 -m tarfile -e` unpacks it
 *     --no-archive    only the folder
 *
 * The archive has about 45 MiB, as .tar.xz about 32, and the script says how much it is; most of it is Node. Where less may be carried
 * there, leave Node out with `--node none`: the programs without it run all the same, and a Node that is there already is taken.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, resolve, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { root } from './files.mjs';

const { values: given } = parseArgs({
  options: {
    node: { type: 'string', default: process.execPath },
    emulated: { type: 'boolean', default: false },
    built: { type: 'string' },
    out: { type: 'string', default: join(root, 'build-cuda') },
    xz: { type: 'boolean', default: false },
    'no-archive': { type: 'boolean', default: false },
  },
});
const built = resolve(given.built ?? join(root, 'build-cuda'));
const out = resolve(given.out);
const bundle = join(out, 'boreal-cuda-bundle');
const plugin = given.emulated ? 'boreal_cuda_emulated' : 'boreal_cuda';
const run = (command, ...args) => execFileSync(command, args, { cwd: root, stdio: 'inherit' });

for (const needed of ['dist/index.js', 'build/Release/boreal.node']) {
  if (existsSync(join(root, needed))) continue;
  console.error(`cuda-bundle: ${needed} is missing; 'npm run build' makes it`);
  process.exit(1);
}
if (given.built === undefined) {
  const options = [
    `BOREAL_CUDA=${given.emulated ? 'OFF' : 'ON'}`,
    ...['BOREAL_TESTS=ON', 'BOREAL_ADDON=OFF'],
    // The C++ library there may be older.
    'CMAKE_EXE_LINKER_FLAGS=-static-libstdc++ -static-libgcc',
  ].map((option) => `--CD${option}`);
  for (const target of [plugin, 'boreal_cuda_tests', 'bench_cuda'])
    run('npx', 'cmake-js', 'build', '--out', built, ...options, '--parallel', '2', '--target', target);
}

rmSync(bundle, { recursive: true, force: true });
mkdirSync(bundle, { recursive: true });
/** Declarations and maps are nothing that runs. */
const isRun = (path) => !/\.(?:map|d\.[cm]?ts)$/.test(path);
const put = (from, to) =>
  cpSync(from, join(bundle, to), { recursive: true, dereference: true, filter: isRun });
const putProgram = (from, to) => {
  if (!existsSync(from)) return console.log(`cuda-bundle: ${to} is not there, and left out`);
  put(from, to);
  chmodSync(join(bundle, to), 0o755);
  if (to.endsWith('.sh')) return;
  try {
    execFileSync('strip', [join(bundle, to)], { stdio: 'ignore' });
  } catch {
    // Only larger.
  }
};

/** The packages that what runs there imports. */
async function packagesOf(entries) {
  const { metafile } = await build({
    ...{ entryPoints: entries, bundle: true, write: false, metafile: true, outdir: 'unused' },
    ...{ absWorkingDir: root, platform: 'node', format: 'esm', logLevel: 'silent', packages: 'external' },
  });
  const imported = Object.values(metafile.inputs).flatMap(({ imports }) =>
    imports.filter(({ kind, external }) => external && kind === 'import-statement'),
  );
  const names = imported.map(({ path }) => /^(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? path);
  return new Set(names.filter((name) => !isBuiltin(name)));
}

put(join(built, 'Release', `lib${plugin}.so`), 'libboreal_cuda.so');
if (given.emulated) writeFileSync(join(bundle, 'emulated'), '');
putProgram(join(built, 'native', 'cuda', 'boreal_cuda_tests'), 'boreal_cuda_tests');
putProgram(join(built, 'native', 'cuda', 'bench_cuda'), 'bench_cuda');
if (given.node !== 'none') putProgram(given.node, 'node-bin/node');
put(join(root, 'build', 'Release', 'boreal.node'), 'package/build/Release/boreal.node');
for (const name of ['dist', 'data', 'package.json']) put(join(root, name), join('package', name));
const entries = ['index.js', 'nn/index.js', 'testing/index.js'].map((name) => join(root, 'dist', name));
for (const name of await packagesOf(entries))
  put(join(root, 'node_modules', name), `package/node_modules/${name}`);

for (const name of ['plans', 'training', 'lifetimes', 'lines', 'goals', 'result'])
  put(join(root, 'bench', 'cuda', `${name}.mjs`), `${name}.mjs`);
put(join(root, 'bench', 'cuda', 'peers.py'), 'peers.py');
putProgram(join(root, 'bench', 'cuda', 'run.sh'), 'run.sh');
// A test of the sources as a script beside the package.
const lib = join(root, 'lib') + sep;
await build({
  entryPoints: [join(root, 'test', 'device', 'estimators.ts')],
  outfile: join(bundle, 'estimators.mjs'),
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'es2022',
  logLevel: 'warning',
  plugins: [
    {
      name: 'the package in place of lib/',
      setup: ({ onResolve }) => {
        onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
          const to = resolve(resolveDir, path);
          if (!to.startsWith(lib)) return undefined;
          return { path: `./package/dist/${to.slice(lib.length).split(sep).join('/')}`, external: true };
        });
      },
    },
  ],
});
const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' });
writeFileSync(join(bundle, 'commit.txt'), commit);
if (given['no-archive']) {
  console.log(`cuda-bundle: ${bundle}`);
} else {
  const archive = `${bundle}.tar.${given.xz ? 'xz' : 'gz'}`;
  const compressor = given.xz ? 'xz -T2' : 'gzip -9';
  run('tar', '-I', compressor, '-cf', archive, '-C', out, 'boreal-cuda-bundle');
  console.log(`cuda-bundle: ${archive}, ${(statSync(archive).size / 2 ** 20).toFixed(1)} MiB`);
}
