/**
 * The operations of Matrix on every instruction set and number of threads: a child process each computes all of them on
 * the same numbers. Threads change no bit; instruction sets change what is rounded, and that within its bounds.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { native } from '../lib/native.js';
import { evaluate } from './support/child.js';
import { dot, expectClose, type Tolerance, ulp } from './support/tolerance.js';

type Precision = 'float32' | 'float64';
/** Of each result: a hash of all its bytes, and some of its values. */
type Report = Record<string, { hash: string; sample: number[] }>;

const { isas } = native.info();
const K = 129;

/** Inputs large enough that two threads share the work, and odd in every dimension. */
const script = `
  import { createHash } from 'node:crypto';
  const report = (values) => ({
    hash: createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex'),
    sample: [...values.filter((_, i) => i % 29 === 0)],
  });
  let state = 1;
  const noise = () => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32) * 6 - 3;
  const out = {};
  for (const dtype of ['float32', 'float64']) {
    state = 7;
    const random = (rows, cols) => {
      const m = boreal.Matrix.zeros(rows, cols, dtype);
      for (let i = 0; i < m.data.length; i++) m.data[i] = noise();
      return m;
    };
    const a = random(331, ${K}), b = random(${K}, 67), row = random(1, ${K}), positive = a.square();
    const results = {
      add: a.add(row), sub: a.sub(0.3), mul: a.mul(a), div: a.div(row), minimum: a.minimum(row), maximum: a.maximum(0),
      pow: positive.pow(1.7), matmul: a.matmul(b), bias: a.matmul(b, { bias: row.data.slice(0, 67), activation: 'relu' }),
      transposed: a.matmul(random(331, 67), { transposeA: true }), row: a.slice(5, 6).matmul(b),
      exact: a.slice(0, 40).floor().matmul(b.floor()), transpose: a.transpose(), softmax: a.softmax(), columns: a.softmax(0),
      sum: a.sum(0), sums: a.sum(1), mean: a.mean(1), variance: a.variance(0), max: a.max(0), norm: a.norm(2, { axis: 1 }),
    };
    const functions = ['exp', 'expm1', 'tanh', 'sigmoid', 'erf', 'gelu', 'silu', 'softplus', 'abs', 'round', 'sign', 'reciprocal'];
    for (const f of functions) results[f] = a[f]();
    for (const f of ['log', 'log1p', 'sqrt']) results[f] = positive[f]();
    for (const [name, m] of Object.entries(results)) out[name + ' ' + dtype] = report(m.data);
    out['argmax ' + dtype] = report(a.argmax(1));
    const later = await a.matmulAsync(b);
    if (later.data.some((v, i) => !Object.is(v, results.matmul.data[i]))) throw new Error('the pool gives other bits');
  }
  console.log(JSON.stringify(out));
`;

/** Anything not here is the same to the bit on every instruction set. */
const within2 = (precision: Precision) => ulp(4, precision);
/** Of sums of `terms` numbers below 3, or products of two such. */
const sums = (terms: number) => (precision: Precision) =>
  dot(terms, 3 * Math.sqrt(terms), 3 * Math.sqrt(terms), precision);
const shares = (precision: Precision) => dot(340, 1, 1, precision);
const tolerances: Record<string, (precision: Precision) => Tolerance> = {
  ...Object.fromEntries(
    ['exp', 'expm1', 'tanh', 'sigmoid', 'erf', 'gelu', 'silu', 'softplus', 'log', 'log1p', 'pow'].map((f) => [
      f,
      within2,
    ]),
  ),
  ...Object.fromEntries(['matmul', 'bias', 'row', 'sums', 'mean', 'norm'].map((f) => [f, sums(K)])),
  ...Object.fromEntries(['transposed', 'sum', 'variance'].map((f) => [f, sums(331)])),
  softmax: shares,
  columns: shares,
};

const reports = new Map<string, Report>();
beforeAll(async () => {
  for (const isa of isas) {
    for (const threads of ['1', '2']) {
      const report = await evaluate<Report>(script, { BOREAL_ISA: isa, BOREAL_NUM_THREADS: threads });
      reports.set(`${isa} ${threads}`, report);
    }
  }
}, 300_000);

describe.each(isas)('%s', (isa) => {
  test('gives the same bits on one thread and on two', () => {
    expect(reports.get(`${isa} 2`)).toEqual(reports.get(`${isa} 1`));
  });

  test('agrees with scalar code', () => {
    const reference = reports.get('scalar 1')!;
    for (const [key, { hash, sample }] of Object.entries(reports.get(`${isa} 1`)!)) {
      const [name, precision] = key.split(' ') as [string, Precision];
      if (Object.hasOwn(tolerances, name)) {
        expectClose(sample, reference[key].sample, tolerances[name](precision), `${isa} ${key}`);
      } else {
        expect([key, hash]).toEqual([key, reference[key].hash]);
      }
    }
  });
});
