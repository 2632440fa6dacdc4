/** Queries: which rows are ranked against each other. */
import { ValidationError } from '../errors.js';
import { show } from './params.js';

/** How rows are told to belong to queries; without any all rows are one query. */
export interface QueryOptions {
  /** Rows of each query, in the order of the rows: [3, 2] means rows 0 to 2, then 3 and 4. */
  readonly group?: ArrayLike<number> | null;
  /** The query of each row instead, by any number or text; the rows of a query stand together. */
  readonly qid?: ArrayLike<number | string> | null;
}

/**
 * Where queries begin, and the number of rows.
 *
 * @throws {ERR_SHAPE} when group does not add up to the rows, or qid has not one value per row
 * @throws {ERR_PARAMETER} for a size that is no whole number >= 1, a query whose rows stand apart, or both options
 */
export function encodeQueries({ group, qid }: QueryOptions, rows: number, what: string): Int32Array | null {
  if (group && qid) throw refuse(what, 'takes group or qid, not both.');
  if (group) return offsetsOfGroups(group, rows, what);
  return qid ? offsetsOfIds(qid, rows, what) : null;
}

function offsetsOfGroups(group: ArrayLike<number>, rows: number, what: string): Int32Array {
  const offsets = new Int32Array(group.length + 1);
  let end = 0;
  for (let q = 0; q < group.length; q++) {
    if (!(Number.isSafeInteger(group[q]) && group[q] >= 1)) {
      throw refuse(what, `group must hold whole numbers >= 1; query ${q} has ${show(group[q])}.`);
    }
    end += group[q];
    offsets[q + 1] = end;
  }
  if (end !== rows) {
    throw new ValidationError(
      'ERR_SHAPE',
      `${what}: group adds up to ${end} rows, but X has ${rows}. (For the query of each row use qid.)`,
    );
  }
  return offsets;
}

function offsetsOfIds(qid: ArrayLike<number | string>, rows: number, what: string): Int32Array {
  if (qid.length !== rows) {
    throw new ValidationError('ERR_SHAPE', `${what}: qid has ${qid.length} values, but X has ${rows} rows.`);
  }
  const seen = new Set<number | string>();
  const offsets: number[] = [];
  for (let i = 0; i < rows; i++) {
    if (i > 0 && qid[i] === qid[i - 1]) continue;
    if (seen.has(qid[i])) throw refuse(what, `the rows of query ${show(qid[i])} do not stand together.`);
    seen.add(qid[i]);
    offsets.push(i);
  }
  return Int32Array.from([...offsets, rows]);
}

function refuse(what: string, why: string): ValidationError {
  return new ValidationError('ERR_PARAMETER', `${what}: ${why}`);
}
