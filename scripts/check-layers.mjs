/**
 * Who may import whom, for `#include` in native/ and for imports in lib/; the reasons are in
 * docs/architecture.md. Prints each violation as file:line and exits 1 if there is one.
 */
import { readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { findFiles, root } from './files.mjs';

/** Folder of native/ -> the other folders it may include. */
const cppRules = {
  base: [],
  kernels: ['base'],
  plan: ['base', 'kernels'],
  linalg: ['base', 'kernels'],
  text: ['base'],
  nn: ['base', 'kernels', 'linalg'],
  neighbors: ['base', 'kernels', 'linalg'],
  device: ['base', 'kernels', 'plan', 'linalg', 'neighbors', 'nn'],
  // The CUDA plug-in shares with the core what is plain data only.
  cuda: ['base', 'device', 'kernels', 'linalg', 'neighbors', 'nn'],
  train: ['base', 'kernels', 'plan', 'linalg', 'neighbors', 'device', 'nn'],
  explain: ['base', 'kernels', 'plan', 'device'],
  io: ['base', 'plan'],
  binding: [
    'base',
    'kernels',
    'plan',
    'linalg',
    'neighbors',
    'nn',
    'text',
    'device',
    'train',
    'explain',
    'io',
  ],
  test: ['base', 'kernels', 'plan', 'linalg', 'neighbors', 'nn', 'text', 'device', 'train', 'explain', 'io'],
  bench: [
    'base',
    'kernels',
    'plan',
    'linalg',
    'neighbors',
    'nn',
    'text',
    'device',
    'train',
    'explain',
    'io',
    'test',
  ],
};
const nodeHeader = /^<(napi|node_api|js_native_api|node|uv|v8)\.h>$/;
/** Files compiled for one instruction set may include these only, so that they emit no weak symbol. */
const isaFile = /^native\/kernels\/(?!dispatch)/;
const isaInclude = /^(<(immintrin|arm_neon|stddef|stdint|string)\.h>|"kernels\/.*")$/;

const foundation = ['native', 'errors', 'core'];
const families = [
  ...[
    'linear-model',
    'tree',
    'ensemble',
    'svm',
    'naive-bayes',
    'neighbors',
    'cluster',
    'decomposition',
    'mixture',
    'covariance',
    'multiclass',
    'dummy',
  ],
  ...['manifold', 'preprocessing', 'impute', 'feature-selection', 'feature-extraction', 'nn'],
];
const anything = [
  ...[...foundation, ...families, 'pipeline', 'model-selection', 'metrics', 'datasets', 'inspection', 'plot'],
  ...['interchange', 'multioutput'],
  ...['monitor', 'serve', 'testing', 'cli', 'estimators', 'index'],
];
const without = (list, ...names) => list.filter((name) => !names.includes(name));

/** Folder or top-level file of lib/ -> the others it may import. */
const tsRules = {
  errors: [],
  native: ['errors'],
  core: ['native', 'errors'],
  ...Object.fromEntries(families.map((family) => [family, foundation])),
  // metrics: early stopping watches a scorer by name.
  ensemble: [...foundation, 'tree', 'metrics'],
  // metrics: generalised linear models are scored by their deviance.
  'linear-model': [...foundation, 'metrics'],
  // linear-model: missing values are predicted by Bayesian ridge regression unless told otherwise.
  impute: [...foundation, 'linear-model'],
  // nn: Keras's files are read as a Sequential.
  interchange: [...foundation, 'nn'],
  pipeline: [...foundation, ...families],
  'model-selection': [...foundation, ...families, 'pipeline', 'metrics'],
  // model-selection: chains learn from what models of folds say of rows they have not seen.
  multioutput: [...foundation, 'model-selection'],
  metrics: foundation,
  datasets: foundation,
  inspection: [...foundation, 'pipeline', 'metrics'],
  // datasets, inspection: a report is made of their answers.
  plot: [...foundation, 'metrics', 'datasets', 'inspection'],
  monitor: [...foundation, 'metrics'],
  // estimators: so that model files can be read by whoever imports boreal/serve alone.
  serve: [...foundation, 'monitor', 'inspection', 'estimators'],
  estimators: ['core', ...families, 'pipeline', 'model-selection', 'multioutput', 'interchange'],
  index: without(anything, 'serve', 'testing', 'cli'),
  testing: without(anything, 'serve', 'cli'),
  cli: anything,
};

const violations = [];
const paths = [];

/** Relative path and text of each file, comments blanked out (line numbers stay). */
function* read(folder, endings) {
  for (const file of findFiles(join(root, folder), endings)) {
    const path = relative(root, file).split(sep).join('/');
    const source = readFileSync(file, 'utf8');
    paths.push(path);
    yield [
      path,
      source.replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*/g, (comment) => comment.replace(/[^\n]/g, ' ')),
    ];
  }
}

function violation(path, source, index, message) {
  violations.push(`${path}:${source.slice(0, index).split('\n').length}: ${message}`);
}

function checkLayer(rules, from, to, path, source, index) {
  const allowed = rules[from];
  if (!allowed) violation(path, source, index, `'${from}' is not in the table of scripts/check-layers.mjs`);
  else if (from !== to && !allowed.includes(to)) {
    const list = allowed.length > 0 ? allowed.join(', ') : 'nothing else';
    violation(path, source, index, `${from} may not import ${to} (it may import ${list})`);
  }
}

function checkCpp(path, source) {
  const layer = path.startsWith('bench/') ? 'bench' : path.split('/')[1];
  for (const match of source.matchAll(/^[ \t]*#[ \t]*include[ \t]+(<[^>\n]+>|"[^"\n]+")/gm)) {
    const target = match[1];
    if (nodeHeader.test(target) && layer !== 'binding') {
      violation(path, source, match.index, `only native/binding may include ${target}`);
    }
    if (isaFile.test(path) && !isaInclude.test(target)) {
      violation(
        path,
        source,
        match.index,
        `a file compiled for one instruction set may not include ${target}`,
      );
    }
    if (target.startsWith('"'))
      checkLayer(cppRules, layer, target.slice(1).split('/')[0], path, source, match.index);
  }
}

/** Top-level folder of lib/ a path lies in, or its name without ending when it stands directly in lib/. */
const tsLayer = (path) => path.split('/')[1].replace(/\.[jt]s$/, '');

function checkTs(path, source) {
  for (const match of source.matchAll(/\b(?:from|import)\s*\(?\s*['"](\.[^'"\n]*)['"]/g)) {
    const target = join(path, '..', match[1]).split(sep).join('/');
    if (target.startsWith('lib/'))
      checkLayer(tsRules, tsLayer(path), tsLayer(target), path, source, match.index);
    else violation(path, source, match.index, `'${match[1]}' leaves lib/`);
  }
  for (const match of source.matchAll(/\.node['"`]|\bdlopen\b/g)) {
    if (path !== 'lib/native.ts')
      violation(path, source, match.index, 'only lib/native.ts may load an addon');
  }
}

/** Blanks out what lib/index.ts may hold; whatever is left is a violation. */
function checkIndex(path, source) {
  const allowed =
    /export\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s+from\s+'[^']+'\s*;|import\s+'[^']+'\s*;/g;
  const rest = source.replace(allowed, (statement) => statement.replace(/[^\n]/g, ' '));
  const index = rest.search(/\S/);
  if (index >= 0) violation(path, source, index, 'lib/index.ts re-exports, nothing else');
}

for (const folder of ['native', 'bench/native']) {
  for (const [path, source] of read(folder, ['.h', '.cc', '.cu', '.cuh'])) checkCpp(path, source);
}
for (const [path, source] of read('lib', ['.ts'])) {
  checkTs(path, source);
  if (path === 'lib/index.ts') checkIndex(path, source);
}

for (const line of violations) console.error(line);
if (paths.length === 0) console.error('check-layers: found no source files');
else console.log(`check-layers: ${paths.length} files, ${violations.length} violations`);
process.exitCode = violations.length > 0 || paths.length === 0 ? 1 : 0;
