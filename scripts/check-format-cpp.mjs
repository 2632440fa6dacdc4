/**
 * clang-format over the C++ sources: `node scripts/check-format-cpp.mjs [--write]`. The CLANG_FORMAT environment
 * variable names another clang-format than the one on the PATH.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { findFiles, root } from './files.mjs';

const tool = process.env.CLANG_FORMAT || 'clang-format';
const files = ['native', 'bench/native', 'bench/compare'].flatMap((folder) =>
  findFiles(join(root, folder), ['.h', '.cc', '.cu', '.cuh']),
);
const mode = process.argv.includes('--write') ? ['-i'] : ['--dry-run', '--Werror'];

const { error, status } = spawnSync(tool, ['--style=file', ...mode, ...files], {
  cwd: root,
  stdio: 'inherit',
});
if (error) {
  console.error(
    `check-format-cpp: cannot run '${tool}' (${error.code}). Install clang-format (Debian: apt-get install ` +
      'clang-format) or set CLANG_FORMAT to its path.',
  );
} else if (status !== 0) {
  console.error(
    "check-format-cpp: run 'node scripts/check-format-cpp.mjs --write' to format the files above",
  );
} else {
  console.log(`check-format-cpp: ${files.length} files`);
}
process.exitCode = error || status !== 0 ? 1 : 0;
