import { IncrementalPCA, NMF, PCA, TruncatedSVD } from '../../../lib/index.js';
import { AXES, type Example } from './example.js';

export const EXAMPLES: readonly Example[] = [
  { name: 'IncrementalPCA', make: () => new IncrementalPCA({ batchSize: 16 }), exceptions: AXES },
  { name: 'NMF', make: () => new NMF({ nComponents: 1 }), exceptions: AXES },
  {
    name: 'NMF by multiplicative updates',
    make: () => new NMF({ nComponents: 1, solver: 'mu', init: 'random' }),
    exceptions: AXES,
  },
  {
    name: 'NMF by the divergence of Kullback and Leibler',
    make: () => new NMF({ nComponents: 1, solver: 'mu', betaLoss: 'kullback-leibler', init: 'random' }),
    exceptions: AXES,
  },
  { name: 'PCA', make: () => new PCA(), exceptions: AXES },
  {
    name: 'PCA, randomised and white',
    make: () => new PCA({ nComponents: 1, svdSolver: 'randomized', whiten: true }),
    exceptions: AXES,
  },
  {
    name: 'PCA by Lanczos',
    make: () => new PCA({ svdSolver: 'arpack', randomState: 1 }),
    exceptions: {
      ...AXES,
      'one column is enough': 'it finds less than all components, so of one column none',
    },
  },
  { name: 'TruncatedSVD', make: () => new TruncatedSVD({ nComponents: 1 }), exceptions: AXES },
];
