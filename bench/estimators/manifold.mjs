// Layouts. Quality: the divergence of t-SNE, or the value itself. The peer of UMAP is umap-learn.
import { TSNE, trustworthiness, UMAP } from '../../dist/index.js';

const some = (X, rows) => X.slice(0, Math.min(X.rows, rows));

export const cases = {
  'TSNE fit': {
    data: 'small',
    bar: 3,
    make: ({ X }) => {
      const rows = some(X, 10_000);
      return {
        run: () => new TSNE({ randomState: 0, maxIter: 500 }).fit(rows),
        quality: (model) => model.klDivergence,
      };
    },
  },
  'TSNE exact fit': {
    data: 'small',
    bar: 3,
    make: ({ X }) => {
      const rows = some(X, 1000);
      return {
        run: () => new TSNE({ randomState: 0, method: 'exact', maxIter: 300 }).fit(rows),
        quality: (model) => model.klDivergence,
      };
    },
  },
  'UMAP fit': {
    data: 'small',
    make: ({ X }) => {
      const rows = some(X, 10_000);
      return { run: () => new UMAP({ randomState: 0, nEpochs: 200 }).fit(rows) };
    },
  },
  'UMAP transform': {
    data: 'small',
    make: async ({ X }) => {
      const umap = await new UMAP({ randomState: 0, nEpochs: 200 }).fit(some(X, 5000));
      const rows = some(X, 2000);
      await umap.transform(rows.slice(0, 1));
      return () => umap.transform(rows);
    },
  },
  trustworthiness: {
    data: 'small',
    make: ({ X }) => {
      const rows = some(X, 3000);
      const layout = rows.columns([0, 1]);
      return { run: () => trustworthiness(rows, layout), quality: (value) => value };
    },
  },
};
