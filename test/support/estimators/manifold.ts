import { TSNE, UMAP } from '../../../lib/index.js';
import { type Example, WEIGHTS } from './example.js';

const LAYOUT = {
  [WEIGHTS]: 'rows have places, not weights',
  'float32 gives the results of float64 up to rounding': 'the descent makes of rounding another layout',
};
const PLACED = {
  ...LAYOUT,
  'a transformer may stand in the middle of a pipeline':
    'what the next step learns from is the layout itself, as by fitTransform',
};

export const EXAMPLES: readonly Example[] = [
  {
    name: 'TSNE',
    make: () => new TSNE({ perplexity: 8, maxIter: 60 }),
    exceptions: LAYOUT,
  },
  {
    name: 'TSNE, exact, of three dimensions',
    make: () =>
      new TSNE({
        nComponents: 3,
        perplexity: 5,
        maxIter: 20,
        method: 'exact',
        init: 'random',
        metric: 'manhattan',
      }),
    exceptions: LAYOUT,
  },
  { name: 'UMAP', make: () => new UMAP({ nNeighbors: 6, nEpochs: 30 }), exceptions: PLACED },
  {
    name: 'UMAP of one dimension',
    make: () =>
      new UMAP({
        nComponents: 1,
        nNeighbors: 4,
        nEpochs: 9,
        init: 'random',
        localConnectivity: 1.5,
        metric: 'cosine',
      }),
    exceptions: PLACED,
  },
];
