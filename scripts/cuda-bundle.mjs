/**
 * Packs what a bare machine with a GPU needs to test and time the CUDA plug-in: `node scripts/cuda-bundle.mjs [--emulated] [NODE]`,
 * NODE being the Node binary to pack (default: the one that runs this). Builds plug-in, tests and benchmark, and writes
 * build-cuda/boreal-cuda-bundle.tar.gz. There, `./run.sh` in the unpacked folder runs all of it within eight minutes and
 * writes result.json. Build addon and dist before (`npm run build`). With --emulated the emulation stands in for the plug-in and
 * shapes are small: a trial of everything but the GPU, which needs no CUDA compiler.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './files.mjs';

const build = join(root, 'build-cuda');
const bundle = join(build, 'boreal-cuda-bundle');
const isEmulated = process.argv.includes('--emulated');
const node = process.argv.slice(2).find((argument) => argument !== '--emulated') ?? process.execPath;
const run = (command, ...args) => execFileSync(command, args, { cwd: root, stdio: 'inherit' });

for (const needed of ['dist/index.js', 'build/Release/boreal.node']) {
  if (!existsSync(join(root, needed))) {
    console.error(`cuda-bundle: ${needed} is missing; 'npm run build' makes it`);
    process.exit(1);
  }
}
const plugin = isEmulated ? 'boreal_cuda_emulated' : 'boreal_cuda';
const options = [
  ...[`BOREAL_CUDA=${isEmulated ? 'OFF' : 'ON'}`, 'BOREAL_TESTS=ON', 'BOREAL_BENCH=ON'],
  'BOREAL_ADDON=OFF',
];
for (const target of [plugin, 'boreal_cuda_tests', 'bench_cuda']) {
  const given = options.map((option) => `--CD${option}`);
  run('npx', 'cmake-js', 'build', '--out', 'build-cuda', ...given, '--parallel', '2', '--target', target);
}

rmSync(bundle, { recursive: true, force: true });
mkdirSync(bundle, { recursive: true });
const put = (from, to) => cpSync(from, join(bundle, to), { recursive: true, dereference: true });
put(join(build, 'Release', `lib${plugin}.so`), 'libboreal_cuda.so');
if (isEmulated) writeFileSync(join(bundle, 'emulated'), '');
put(join(build, 'native', 'cuda', 'boreal_cuda_tests'), 'boreal_cuda_tests');
put(join(build, 'bench_cuda'), 'bench_cuda');
put(join(root, 'build', 'Release', 'boreal.node'), 'package/build/Release/boreal.node');
put(join(root, 'dist'), 'package/dist');
put(join(root, 'data'), 'package/data');
put(join(root, 'package.json'), 'package/package.json');
// What dist imports at run time.
const installed = execFileSync('npm', ['ls', '--omit=dev', '--all', '--parseable'], {
  cwd: root,
  encoding: 'utf8',
});
for (const path of installed.trim().split('\n').slice(1)) put(path, join('package', relative(root, path)));
put(node, 'node-bin/node');
for (const file of ['run.sh', 'plans.mjs', 'training.mjs', 'peers.py', 'result.mjs'])
  put(join(root, 'bench', 'cuda', file), file);
for (const file of ['run.sh', 'node-bin/node', 'boreal_cuda_tests', 'bench_cuda'])
  chmodSync(join(bundle, file), 0o755);
const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
writeFileSync(join(bundle, 'commit.txt'), `${commit}\n`);
run('tar', '-czf', `${bundle}.tar.gz`, '-C', build, 'boreal-cuda-bundle');
console.log(`cuda-bundle: ${bundle}.tar.gz`);
