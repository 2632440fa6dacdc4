// What boreal set out to reach in each numeric suite, held against the rows of a result.
const ours = (row) => row.seconds.boreal !== undefined;
const ratio = (row, least) => (row.ratio === null ? null : row.ratio >= least);
const fraction = (row, least) => (row.fraction === null ? null : row.fraction >= least);
const square = (row) => row.group === 'square';
const large = (row) => square(row) && row.n >= 512;
const seconds = (row, most) => row.seconds.boreal <= most;

const fitted = (row) => row.group === 'fit';
/** By how much our AUC is above that of the best of some peers; null without any. */
const aucLead = (row) => {
  const { boreal, ...peers } = row.auc;
  const best = Math.max(...Object.values(peers));
  return Number.isFinite(best) ? boreal - best : null;
};
const notBelow = (row, margin) => (aucLead(row) === null ? null : aucLead(row) >= -margin);

/** { text, rows: those it speaks of, met(row) -> true, false, or null where the row can't say, value(row) } */
const TARGETS = {
  estimators: [
    {
      text: 'all: at least as fast as scikit-learn',
      rows: () => true,
      met: (row) => ratio(row, 1),
      value: 'ratio',
    },
    {
      text: 'where more is wanted (3 times for k-NN, k-means, logistic regression, scalers, PCA, DBSCAN, t-SNE, text, cross-validation; 1.5 for SVC)',
      rows: (row) => row.bar > 1,
      met: (row) => ratio(row, row.bar),
      value: 'ratio',
    },
  ],
  gemm: [
    {
      text: 'square: at least as fast as the best peer',
      rows: square,
      met: (row) => ratio(row, 1),
      value: 'ratio',
    },
    {
      text: 'square from 512 up: 95 % of the peak',
      rows: large,
      met: (row) => fraction(row, 0.95),
      value: 'fraction',
    },
    {
      text: 'float32, 1 to 32 rows, packed weights: 1.3 times the best peer',
      rows: (row) => row.group === 'skinny' && row.m <= 32 && row.dtype === 'f32',
      met: (row) => ratio(row, 1.3),
      value: 'ratio',
    },
  ],
  'gemm-int8': [
    {
      text: 'at least as fast as the best peer',
      rows: () => true,
      met: (row) => ratio(row, 1),
      value: 'ratio',
    },
    {
      text: 'square from 512 up: 92 % of the peak',
      rows: large,
      met: (row) => fraction(row, 0.92),
      value: 'fraction',
    },
    {
      text: 'square from 512 up: 3.5 times our float32',
      rows: (row) => large(row) && row.seconds['boreal-f32'] !== undefined,
      met: (row) => row.seconds['boreal-f32'] / row.seconds.boreal >= 3.5,
      value: (row) => row.seconds['boreal-f32'] / row.seconds.boreal,
    },
  ],
  elementwise: [
    {
      text: 'at least as fast as the best peer',
      rows: () => true,
      met: (row) => ratio(row, 1),
      value: 'ratio',
    },
  ],
  decompositions: [
    {
      text: 'solve, svd, eigh at 500 and 1000: within twice the time of the best peer',
      rows: (row) => ['solve', 'svd', 'eigh'].includes(row.op) && row.n >= 500,
      met: (row) => ratio(row, 0.5),
      value: 'ratio',
    },
  ],
  boosting: [
    {
      text: 'a million rows: at least as fast as the best peer',
      rows: fitted,
      met: (row) => ratio(row, 1),
      value: 'ratio',
    },
    {
      text: 'AUC no more than 0.0005 below the best peer',
      rows: fitted,
      met: (row) => notBelow(row, 0.0005),
      value: aucLead,
    },
  ],
  'forest-training': [
    { text: '15 times scikit-learn', rows: fitted, met: (row) => ratio(row, 15), value: 'ratio' },
    {
      text: 'AUC no more than 0.001 below scikit-learn',
      rows: fitted,
      met: (row) => notBelow(row, 0.001),
      value: aucLead,
    },
  ],
  calls: [
    {
      text: '16 x 16 matmul into `out`: 400 ns',
      rows: (row) => row.op === 'matmul' && row.cols === 16 && row.rows === 16,
      met: (row) => seconds(row, 400e-9),
      value: (row) => row.seconds.boreal * 1e9,
    },
    {
      text: 'elementwise on 32 values into `out`: 150 ns',
      rows: (row) => ['add', 'exp'].includes(row.op) && row.cols === 32,
      met: (row) => seconds(row, 150e-9),
      value: (row) => row.seconds.boreal * 1e9,
    },
  ],
};

/** [{ text, met, of, misses: ['name (value)'], the lowest value first }] for a suite; targets that no row speaks of are left out. */
export function judge(suite, rows) {
  return (TARGETS[suite] ?? []).flatMap(({ text, rows: about, met, value }) => {
    const judged = rows
      .filter((row) => ours(row) && about(row))
      .map((row) => ({ row, met: met(row) }))
      .filter((one) => one.met !== null);
    if (judged.length === 0) return [];
    const amount = (row) => Number((typeof value === 'string' ? row[value] : value(row)).toPrecision(3));
    const misses = judged
      .filter((one) => !one.met)
      .sort((a, b) => amount(a.row) - amount(b.row))
      .map(({ row }) => `${row.name}${row.threads ? `, ${row.threads} thr` : ''} (${amount(row)})`);
    return [{ text, met: judged.length - misses.length, of: judged.length, misses }];
  });
}
