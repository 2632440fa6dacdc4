/** Golden values of splitters that draw nothing at random. */
import { expect, test } from 'vitest';
import { GroupKFold, LeaveOneGroupOut, LeaveOneOut, TimeSeriesSplit } from '../../lib/index.js';
import { readGolden } from './read.js';

const SPLITTERS = { GroupKFold, LeaveOneGroupOut, LeaveOneOut, TimeSeriesSplit };
interface Case {
  name: string;
  splitter: keyof typeof SPLITTERS;
  params: Record<string, never>;
  rows: number;
  groups?: Array<string | number>;
  folds: Array<{ train: number[]; test: number[] }>;
}

test.each(readGolden<{ cases: Case[] }>('splits').cases)(
  '$name',
  ({ splitter, params, rows, groups, folds }) => {
    const X = Array.from({ length: rows }, () => [0]);
    const ours = [...new SPLITTERS[splitter](params).split(X, undefined, groups)];
    expect(ours.map(({ train, test }) => ({ train: [...train], test: [...test] }))).toEqual(folds);
  },
);
