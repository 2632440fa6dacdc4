/** Puts the CUDA plug-in that build:cuda has made into the package @boreal/cuda, and packs that: `npm run pack:cuda`. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './files.mjs';

const library = join(root, 'build-cuda', 'Release', 'libboreal_cuda.so');
if (!existsSync(library)) {
  console.error("pack-cuda: there is no plug-in; 'npm run build:cuda' makes it where nvcc is installed");
  process.exit(1);
}
const out = join(root, 'build-cuda', 'package');
rmSync(out, { recursive: true, force: true });
mkdirSync(join(out, 'lib', `${process.platform}-${process.arch}`), { recursive: true });
cpSync(library, join(out, 'lib', `${process.platform}-${process.arch}`, 'libboreal_cuda.so'));
cpSync(join(root, 'packages', 'cuda', 'README.md'), join(out, 'README.md'));
cpSync(join(root, 'LICENSE'), join(out, 'LICENSE'));

// The plug-in and the addon belong to one release.
const manifest = JSON.parse(readFileSync(join(root, 'packages', 'cuda', 'package.json'), 'utf8'));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const packed = { ...manifest, version, cpu: [process.arch] };
writeFileSync(join(out, 'package.json'), `${JSON.stringify(packed, null, 2)}\n`);
execFileSync('npm', ['pack', '--pack-destination', join(root, 'build-cuda')], { cwd: out, stdio: 'inherit' });
