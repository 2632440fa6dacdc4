/** What the server answers, as far as the console reads it. */

export type Label = string | number | boolean;

export interface VersionStatus {
  version: string;
  state: 'loading' | 'ready' | 'unloading' | 'failed' | 'unloaded';
  reason?: string;
  aliases: string[];
  production: boolean;
  loadedAt?: string;
}

export interface ModelStatus {
  name: string;
  versions: VersionStatus[];
}

export interface Column {
  name: string;
  kind: 'number' | 'boolean' | 'category' | 'text';
  categories?: Label[];
  range?: [number, number];
  required: boolean;
}

export interface ModelInfo {
  name: string;
  version: string;
  type: string;
  kind: string;
  columns: Column[];
  target: { kind: 'class' | 'number' | 'none'; classes?: Label[] };
  outputs?: string[];
  precision: string;
  plan: string;
}

export interface Prediction {
  prediction: Label | null | (Label | null)[];
  probabilities?: Record<string, number>;
  interval?: { lower: number; upper: number; coverage: number };
}

export interface FeedSecond {
  at: number;
  requests: number;
  refused: number;
  failed: number;
  p50: number | null;
  p95: number | null;
  p99: number | null;
  batches: number;
  rows: number;
  queueMs: number;
  loopMs: number;
}

export interface FeedAnswer {
  id: number;
  seconds: FeedSecond[];
}

export interface Experiment {
  model: string;
  metric: 'rate' | 'mean';
  variants: {
    variant: string;
    version: string;
    requests: number | null;
    outcomes: number;
    mean: number | null;
    interval: [number, number] | null;
  }[];
  test: { name: string; statistic: number; dof: number; pvalue: number } | null;
  comparisons: { variant: string; difference: number; pvalue: number }[];
  significant: boolean;
  winner: string | null;
  verdict: string;
  shadow?: { version: string; rows: number; agreement: number | null; errors: number };
}

export interface ColumnDrift {
  name: string;
  test: 'ks' | 'chi2';
  statistic: number | null;
  pvalue: number | null;
  adjustedPvalue: number | null;
  psi: number | null;
  missing: { reference: number; live: number };
  histogram: { bins: string[]; reference: number[]; live: number[] };
  drifted: boolean;
  alert: boolean;
}

/** A model has a reason where it has no report. */
export interface DriftReport {
  name: string;
  version: string;
  reason?: string;
  rows?: number;
  window?: number;
  drifted?: boolean;
  columns?: ColumnDrift[];
  prediction?: ColumnDrift;
  performance?: ColumnDrift;
}
