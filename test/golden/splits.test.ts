/** Golden values of splitters that draw nothing at random. */
import { expect, test } from 'vitest';
import {
  GroupKFold,
  LeaveOneGroupOut,
  LeaveOneOut,
  LeavePGroupsOut,
  LeavePOut,
  PredefinedSplit,
  StratifiedGroupKFold,
  TimeSeriesSplit,
} from '../../lib/index.js';
import { readGolden } from './read.js';

const SPLITTERS = {
  ...{
    GroupKFold,
    LeaveOneGroupOut,
    LeaveOneOut,
    LeavePGroupsOut,
    LeavePOut,
    StratifiedGroupKFold,
    TimeSeriesSplit,
  },
  PredefinedSplit: class extends PredefinedSplit {
    constructor({ testFold }: { testFold: number[] }) {
      super(testFold);
    }
  },
};
interface Case {
  name: string;
  splitter: keyof typeof SPLITTERS;
  params: Record<string, never>;
  rows: number;
  y?: number[];
  groups?: Array<string | number>;
  folds: Array<{ train: number[]; test: number[] }>;
}

test.each(readGolden<{ cases: Case[] }>('splits').cases)(
  '$name',
  ({ splitter, params, rows, y, groups, folds }) => {
    const X = Array.from({ length: rows }, () => [0]);
    const ours = [...new SPLITTERS[splitter](params as never).split(X, y, groups)];
    expect(ours.map(({ train, test }) => ({ train: [...train], test: [...test] }))).toEqual(folds);
  },
);
