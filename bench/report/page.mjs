// docs/performance.md out of the results: what was measured and how, then per suite the targets, charts and a table.
import { inUnit } from '../support/suite.mjs';
import { costs, ratesByShape, ratesBySize, ratios, timesBySize } from './charts.mjs';
import { judge } from './targets.mjs';

/** Results further apart than this, relative to the largest value, are no longer a matter of rounding. */
const DIFFERENT = 1e-3;

const number = (value, digits = 3) => String(Number(value.toPrecision(digits)));
const giga = (rate) => number(rate / 1e9);
const tableLine = (cells) => `| ${cells.join(' | ')} |`;

function table(head, lines) {
  return [
    tableLine(head),
    tableLine(head.map((_, i) => (i === 0 ? '---' : '--:'))),
    ...lines.map(tableLine),
  ].join('\n');
}

/** What each suite's section says and shows; `pictures(result)` -> [[name, what it shows, specification]]. */
const SECTIONS = {
  gemm: {
    title: 'Matrix products',
    text:
      'C = A B. The square ones pack inside the call, as the peers do; the skinny ones have their right operand packed ' +
      'ahead where a library can (boreal, oneDNN).',
    pictures: ({ rows, limits }) =>
      ['f32', 'f64'].flatMap((dtype) => {
        const name = dtype === 'f32' ? 'float32' : 'float64';
        const mine = (group) => rows.filter((row) => row.dtype === dtype && row.group === group);
        return [
          [
            `gemm-${dtype}`,
            `square ${name} products by size`,
            ratesBySize(`Square products, ${name}`, mine('square'), limits, dtype),
          ],
          [
            `gemm-${dtype}-skinny`,
            `skinny ${name} products`,
            ratesByShape(`Few rows times packed weights, ${name}`, mine('skinny')),
          ],
        ];
      }),
  },
  'gemm-int8': {
    title: 'int8 products',
    text:
      'u8 activations times packed s8 weights. boreal and oneDNN keep exact int32 sums; torch (its quantised Linear) ' +
      'rounds to u8 on the way out. The limit is that of exact sums. On a CPU without a dot-product instruction a peer may ' +
      'use vpmaddubsw, whose 16-bit sums saturate: its results then differ, and the case has a †.',
    pictures: ({ rows, limits }) => {
      const mine = (group) => rows.filter((row) => row.group === group);
      return [
        [
          'gemm-int8',
          'square int8 products by size',
          ratesBySize('Square products, u8 x s8', mine('square'), limits, 'int8'),
        ],
        [
          'gemm-int8-skinny',
          'skinny int8 products',
          ratesByShape('Few rows times packed weights, u8 x s8', mine('skinny')),
        ],
      ];
    },
  },
  elementwise: {
    title: 'Elementwise functions and reductions',
    text:
      'GB/s of operands read and results written, each counted once. numpy has no sigmoid, softmax or gelu: sigmoid and ' +
      'softmax are put together from its own functions there. The limit is memory alone, so functions that compute a lot ' +
      'stay below it in the small sizes. A call from Python costs a few hundred nanoseconds, which is what the size of 32 shows.',
    pictures: ({ rows }) =>
      ['f32', 'f64'].map((dtype) => [
        `elementwise-${dtype}`,
        `elementwise ${dtype} against the best peer`,
        ratios(
          `Elementwise functions, ${dtype === 'f32' ? 'float32' : 'float64'}`,
          rows.filter((row) => row.dtype === dtype),
          (row) => row.group,
        ),
      ]),
  },
  decompositions: {
    title: 'Decompositions',
    text:
      'Square float64 matrices. OpenBLAS is its LAPACK called directly: getrf + getrs, getri, potrf, geqrf + orgqr, gesdd, ' +
      'syevd. The limit counts the textbook operations at the peak of multiply-adds, which no two-sided reduction reaches: half ' +
      'of its work is bound by memory.',
    pictures: ({ rows }) => [
      [
        'decompositions',
        'decompositions against the best peer',
        ratios('Decompositions, float64', rows, (row) => String(row.n)),
      ],
    ],
  },
  boosting: {
    title: 'Training: histogram boosting',
    text:
      '100 rounds, learning rate 0.1, 255 bins, two classes: `leaves255` grows the best leaf first up to 255 leaves, `depth6` ' +
      'level by level. Seconds from the matrix to the model, binning included; AUC of 100,000 rows held out.',
    table: trainingTable,
    pictures: ({ rows }) => [
      [
        'boosting-cost',
        'cost of boosting against rows, columns and threads',
        costs(
          'Histogram boosting, 255 leaves',
          rows.filter((row) => row.model === 'leaves255'),
          { rows: 100_000, cols: 28, threads: 2 },
        ),
      ],
    ],
  },
  'forest-training': {
    title: 'Training: random forests',
    text:
      'Full trees of two classes on bootstrap samples, a root of the columns at each split. Seconds from the matrix to the ' +
      'model; AUC of 100,000 rows held out. A million rows get 10 trees, as scikit-learn takes 5 to 10 seconds for each.',
    table: trainingTable,
    pictures: ({ rows }) => [
      [
        'forest-cost',
        'cost of a tree against rows, columns and threads',
        costs(
          'Random forest, full trees',
          rows.filter((row) => row.group !== 'bins'),
          { rows: 100_000, cols: 28, threads: 2 },
        ),
      ],
    ],
  },
  estimators: {
    title: 'Estimators',
    text:
      'Fits, transforms and predictions on the same bytes as scikit-learn, in turn; from JavaScript, whose X is an ordinary array that ' +
      'every fit and prediction off the event loop copies first. Medians of a few turns. Data sets are those of ' +
      '[bench/estimators/data.mjs](../bench/estimators/data.mjs), 100,000 x 28 unless the algorithm costs more than its rows; ' +
      '`quality` is a score or an inertia of ours | theirs, to show that both did the same work.',
    table: estimatorsTable,
    pictures: () => [],
  },
  calls: {
    title: 'From JavaScript',
    text:
      'One synchronous call from JavaScript: boreal into an existing matrix; ml-matrix (float64 only) into a new one; ' +
      "TensorFlow.js (float32 only) until the result is JavaScript's. Each with the threads it takes by default.",
    pictures: ({ rows }) => {
      const shown = ['matmul', 'exp'].flatMap((op) => rows.filter((row) => row.op === op));
      return [['calls', 'time of a call by size', timesBySize('A call from JavaScript', shown)]];
    },
  },
};

function picture(name, text, folder) {
  return [
    '<picture>',
    `  <source media="(prefers-color-scheme: dark)" srcset="${folder}/${name}-dark.svg">`,
    `  <img alt="${text}" src="${folder}/${name}-light.svg">`,
    '</picture>',
  ].join('\n');
}

function comparisonTable({ rows, engines }) {
  const head = ['case', 'unit', ...engines, 'best peer', 'ratio', 'of limit'];
  const lines = rows.map((row) => [
    `${row.name}${row.threads ? `, ${row.threads} thr` : ''}${row.disturbed.length > 0 ? ' *' : ''}${row.difference > DIFFERENT ? ' †' : ''}`,
    row.unit,
    ...engines.map((engine) => (row.seconds[engine] ? number(inUnit(row, row.seconds[engine])) : '')),
    row.bestPeer ?? '',
    row.ratio === null ? '' : row.ratio >= 1 ? `**${number(row.ratio)}**` : number(row.ratio),
    row.fraction === null ? '' : `${Math.round(100 * row.fraction)} % ${row.limitedBy}`,
  ]);
  return table(head, lines);
}

function trainingTable({ rows, engines }) {
  const head = [
    'case',
    'threads',
    ...engines.map((engine) => `${engine}, s`),
    ...engines.map((engine) => `${engine}, AUC`),
    'ratio',
  ];
  const lines = rows.map((row) => [
    row.name,
    row.threads,
    ...engines.map((engine) => (row.seconds[engine] ? number(row.seconds[engine]) : '')),
    ...engines.map((engine) => row.auc[engine]?.toFixed(4) ?? ''),
    row.ratio === null ? '' : row.ratio >= 1 ? `**${number(row.ratio)}**` : number(row.ratio),
  ]);
  return table(head, lines);
}

function estimatorsTable({ rows }) {
  const head = [
    'family',
    'case',
    'data',
    'threads',
    'boreal, ms',
    'scikit-learn, ms',
    'ratio',
    'wanted',
    'quality',
  ];
  const sorted = [...rows].sort(
    (a, b) => a.family.localeCompare(b.family) || a.name.localeCompare(b.name) || a.threads - b.threads,
  );
  const time = (seconds) => (seconds ? number(seconds * 1e3) : '');
  const lines = sorted.map(({ family, name, data, threads, seconds, ratio, bar, quality }) => [
    ...[family, name, data, threads, time(seconds.boreal), time(seconds['scikit-learn'])],
    ratio === null ? '' : ratio >= bar ? `**${number(ratio)}**` : number(ratio),
    number(bar),
    Object.values(quality)
      .map((value) => number(value, 4))
      .join(' \\| '),
  ]);
  return table(head, lines);
}

function targetsTable(suite, rows) {
  const targets = judge(suite, rows);
  if (targets.length === 0) return [];
  const lines = targets.map(({ text, met, of, misses }) => [
    text,
    met === of ? `yes, ${of} of ${of}` : `${met} of ${of}`,
    misses.length > 8 ? `${misses.slice(0, 8).join('; ')}; and ${misses.length - 8} more` : misses.join('; '),
  ]);
  return [table(['target', 'met', 'missed by'], lines), ''];
}

function machineText(result) {
  const { cpu, logicalCpus, memoryGiB, platform, node, boreal, isa, vectorFlags } = result.machine;
  const peers = Object.entries(result.peers)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
  return (
    `${result.date}: ${cpu}, ${logicalCpus} CPUs, ${memoryGiB} GiB, ${platform}, Node ${node}, boreal ${boreal} (${isa})` +
    `${vectorFlags ? `; the CPU has ${vectorFlags}` : ''}.${peers ? ` In the same run: ${peers}.` : ''}`
  );
}

function limitsTable(limits) {
  const threads = Object.keys(limits ?? {}).filter((key) => limits[key]);
  if (threads.length === 0) return [];
  const [first] = threads.map((key) => limits[key]);
  const lines = [
    ...Object.keys(first.peaks).map((dtype) => [
      `${dtype}, ${dtype.startsWith('int8') ? 'GOP/s' : 'GFLOP/s'} (${first.peaks[dtype].instruction})`,
      ...threads.map((key) => giga(limits[key].peaks[dtype].rate)),
    ]),
    ...first.levels.map(({ name }, i) => [
      `${name}, GB/s read / c = a + b`,
      ...threads.map((key) => `${giga(limits[key].levels[i].read)} / ${giga(limits[key].levels[i].add)}`),
    ]),
  ];
  return ['', table(['limit of the machine', ...threads.map((key) => `${key} thr`)], lines), ''];
}

const otherTable = ({ rows }) => {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const show = (value) => (typeof value === 'number' ? number(value) : (value ?? ''));
  return table(
    columns,
    rows.map((row) => columns.map((column) => show(row[column]))),
  );
};

/** @param results suite -> document of bench/results; @returns { markdown, pictures: name -> specification } */
export function makePage(results, folder = 'img') {
  const pictures = {};
  const lines = [
    '# Performance',
    '',
    '<!-- Made by `npm run bench:report` from bench/results; do not edit. -->',
    '',
    'Measured with `npm run bench`, peers in the same run; run it on your own machine, for they differ. How it measures is in',
    '[bench/README.md](../bench/README.md). `ratio` is how many times as fast as the best peer boreal is: **bold** where it',
    'wins, below 1 where it loses. `of limit` is the share of what the machine can do at all, and which limit that is. A case',
    'with a * has an engine of which every repetition was disturbed by other work on the machine. In one with a † the results',
    'of the native engines are apart by more than rounding: a peer that saturates does less work.',
    '',
  ];
  for (const [suite, section] of Object.entries(SECTIONS)) {
    const result = results[suite];
    if (!result) continue;
    lines.push(`## ${section.title}`, '', section.text, '', ...targetsTable(suite, result.rows));
    for (const [name, text, spec] of section.pictures(result)) {
      pictures[name] = spec;
      lines.push(picture(name, text, folder), '');
    }
    lines.push('<details><summary>All figures</summary>', '', (section.table ?? comparisonTable)(result));
    lines.push(...limitsTable(result.limits), '', machineText(result), '', '</details>', '');
  }
  for (const [suite, result] of Object.entries(results)) {
    if (SECTIONS[suite]) continue;
    lines.push(`## Suite ${suite}`, '', otherTable(result), '', machineText(result), '');
  }
  return { markdown: `${lines.join('\n').trimEnd()}\n`, pictures };
}
