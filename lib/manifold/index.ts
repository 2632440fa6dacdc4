export { TSNE, type TSNEParams, type TSNEState } from './tsne.js';
export { UMAP, type UMAPParams, type UMAPState } from './umap.js';
