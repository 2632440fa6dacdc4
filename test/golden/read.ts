/** Reads golden files and the data they refer to; the conventions are those of generate/common.py. */
import { readFileSync } from 'node:fs';
import type { Matrix } from '../../lib/core/matrix.js';
import { loadBreastCancer, loadDiabetes, loadDigits, loadIris, loadWine } from '../../lib/datasets/load.js';

const SPECIAL: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

/** A golden file, its "NaN" and "Infinity" turned back into numbers. */
export function readGolden<T>(name: string): T {
  const text = readFileSync(new URL(`./${name}.json`, import.meta.url), 'utf8');
  return JSON.parse(text, (_, value) =>
    typeof value === 'string' && Object.hasOwn(SPECIAL, value) ? SPECIAL[value] : value,
  ) as T;
}

/** A reference to a bundled data set. */
export interface DatasetRef {
  dataset: 'iris' | 'wine' | 'breastCancer' | 'digits' | 'diabetes';
  columns?: number[];
  target?: number;
  standardised?: boolean;
  float32?: boolean;
  missing?: boolean;
}

const LOADERS = {
  iris: loadIris,
  wine: loadWine,
  breastCancer: loadBreastCancer,
  digits: loadDigits,
  diabetes: loadDiabetes,
};

/** X and y of a reference. */
export function loadRef(ref: DatasetRef): { X: Matrix<Float64Array>; y: number[] } {
  const { data, target } = LOADERS[ref.dataset]();
  let X = ref.columns === undefined ? data : data.columns(ref.columns);
  let y = Array.from(target);
  if (ref.target !== undefined) {
    const column = ref.target;
    y = Array.from({ length: X.rows }, (_, i) => X.data[i * X.cols + column]);
    X = X.columns(Array.from({ length: X.cols }, (_, j) => j).filter((j) => j !== column));
  }
  if (ref.standardised) standardise(X);
  if (ref.float32) X.data.set(Float32Array.from(X.data));
  if (ref.missing) {
    const { cols } = X;
    for (let k = 0; k < X.data.length; k++) {
      if ((7 * Math.floor(k / cols) + 3 * (k % cols)) % 11 === 0) X.data[k] = Number.NaN;
    }
  }
  return { X, y };
}

function standardise({ data, rows, cols }: Matrix<Float64Array>): void {
  for (let j = 0; j < cols; j++) {
    let sum = 0;
    for (let k = j; k < data.length; k += cols) sum += data[k];
    const mean = sum / rows;
    let squares = 0;
    for (let k = j; k < data.length; k += cols) squares += (data[k] - mean) ** 2;
    const deviation = Math.sqrt(squares / rows);
    for (let k = j; k < data.length; k += cols) data[k] = (data[k] - mean) / deviation;
  }
}

/** The training and test rows of n: every fourth row tests. */
export function split(n: number): { train: number[]; test: number[] } {
  const index = Array.from({ length: n }, (_, i) => i);
  return { train: index.filter((i) => i % 4 !== 3), test: index.filter((i) => i % 4 === 3) };
}
