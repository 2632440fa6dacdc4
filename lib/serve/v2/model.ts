/** A served model as the Open Inference Protocol sees it: tensors in, tensors out, and what they look like. */
import type { FloatArray } from '../../core/matrix.js';
import type { Column } from '../../core/schema.js';
import type { Batch } from '../model/batch.js';
import { allocate, type Call } from '../model/batcher.js';
import type { ModelEndpoint } from '../model/endpoint.js';
import { list, quote, RowReader } from '../model/row-reader.js';
import { RequestError } from '../request-error.js';
import { type Numbers, tensorError } from './datatypes.js';
import { type OutputSpec, type OutputTensor, outputsOf } from './outputs.js';
import type { Tensor } from './tensor.js';

/** What the metadata says of a tensor; -1 is any number of rows. */
export interface TensorSpec {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

const known = new WeakMap<ModelEndpoint, V2Model>();

/** See the head of this file. */
export class V2Model {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly OutputSpec[];
  readonly #endpoint: ModelEndpoint;
  readonly #reader: RowReader;
  readonly #onlyNumbers: boolean;

  private constructor(endpoint: ModelEndpoint) {
    const { columns, named } = endpoint.schema;
    this.#endpoint = endpoint;
    this.#reader = new RowReader(endpoint.schema);
    this.#onlyNumbers = columns.every(({ kind }) => kind === 'number');
    this.inputs = named
      ? columns.map((column) => ({ name: column.name, datatype: datatypeOf(column), shape: [-1, 1] }))
      : [{ name: 'input', datatype: floats(endpoint), shape: [-1, columns.length] }];
    this.outputs = outputsOf(endpoint, floats(endpoint));
  }

  /** Made once for each endpoint. */
  static of(endpoint: ModelEndpoint): V2Model {
    let model = known.get(endpoint);
    if (model === undefined) {
      model = new V2Model(endpoint);
      known.set(endpoint, model);
    }
    return model;
  }

  /**
   * Answers a request.
   *
   * @param tensors - one [rows, columns of the model] of any name, or one [rows] or [rows, 1] per column, by its name
   * @param wanted - names of outputs; empty for the first one
   * @throws {ERR_REQUEST | ERR_EMPTY | ERR_TOO_MANY_ROWS | ERR_INPUT_NAN | ERR_INPUT_INFINITE | ERR_UNKNOWN_CATEGORY}
   */
  async infer(tensors: readonly Tensor[], wanted: readonly string[], call: Call): Promise<OutputTensor[]> {
    const specs = wanted.length === 0 ? this.outputs.slice(0, 1) : wanted.map((name) => this.#output(name));
    const batch = this.read(tensors);
    const { rows } = batch;
    const out = await this.#endpoint.runRows(batch, call);
    return specs.map(({ name, datatype, shape, read }) => ({
      name,
      datatype,
      shape: [rows, shape[1]],
      values: read(out, rows),
    }));
  }

  /** The rows of a request, encoded for the plan. @throws as {@link V2Model.infer} */
  read(tensors: readonly Tensor[]): Batch {
    const { plan, schema } = this.#endpoint;
    const width = schema.columns.length;
    const matrix = this.#matrixOf(tensors);
    const columns = matrix === undefined ? this.#columnsOf(tensors) : undefined;
    const rows = tensors[0].rows;
    this.#checkRows(rows);
    const slab = allocate(plan.precision, rows * width);
    const at: At =
      matrix === undefined
        ? (i, j) => columns![j]?.elements[i] ?? null
        : (i, j) => matrix.elements[i * width + j];
    this.#encode(rows, slab, at, tensors);
    return { input: slab, rows, valueAt: at };
  }

  #output(name: string): OutputSpec {
    const spec = this.outputs.find((each) => each.name === name);
    if (spec !== undefined) return spec;
    const names = list(this.outputs.map((each) => each.name));
    const message = `There is no output ${quote(name)}; the model has ${names}.`;
    throw new RequestError(400, 'ERR_REQUEST', message, { field: name.slice(0, 60) });
  }

  #checkRows(rows: number): void {
    const { maxRows } = this.#endpoint.info;
    if (rows === 0) throw new RequestError(400, 'ERR_EMPTY', 'The tensors have no rows.');
    if (rows > maxRows) {
      const message = `The tensors have ${rows} rows; this server takes ${maxRows} at a time.`;
      throw new RequestError(413, 'ERR_TOO_MANY_ROWS', message);
    }
  }

  /** The tensor that holds all columns, if there is one. */
  #matrixOf(tensors: readonly Tensor[]): Tensor | undefined {
    if (tensors.length === 0) throw new RequestError(400, 'ERR_REQUEST', 'The request has no inputs.');
    const [tensor] = tensors;
    const { schema } = this.#endpoint;
    if (tensors.length > 1 || schema.indexOf(tensor.name) >= 0) return undefined;
    if (tensor.cols === schema.columns.length) return tensor;
    throw tensorError(tensor.name, `the model takes ${this.#wanted()}; got ${tensor.cols} columns`);
  }

  #columnsOf(tensors: readonly Tensor[]): (Tensor | undefined)[] {
    const { schema } = this.#endpoint;
    const columns = new Array<Tensor | undefined>(schema.columns.length).fill(undefined);
    for (const tensor of tensors) {
      const j = schema.indexOf(tensor.name);
      if (j < 0) throw tensorError(tensor.name, `the model takes ${this.#wanted()}`);
      if (columns[j] !== undefined) throw tensorError(tensor.name, 'it is there twice');
      if (tensor.cols !== 1) throw tensorError(tensor.name, 'the shape of a column is [rows] or [rows, 1]');
      if (tensor.rows !== tensors[0].rows) {
        const { name, rows } = tensors[0];
        throw tensorError(tensor.name, `it has ${tensor.rows} rows, and ${quote(name)} has ${rows}`);
      }
      columns[j] = tensor;
    }
    return columns;
  }

  #wanted(): string {
    const { columns } = this.#endpoint.schema;
    const names = list(columns.map(({ name }) => name));
    return `one tensor [rows, ${columns.length}], or one per column, named ${names}`;
  }

  /** Numbers for columns of numbers are copied; whatever else there is goes the way of JSON rows. */
  #encode(rows: number, slab: FloatArray, at: At, tensors: readonly Tensor[]): void {
    const { columns } = this.#endpoint.schema;
    const width = columns.length;
    const isPlain = this.#onlyNumbers && tensors.every(({ datatype }) => datatype !== 'BYTES');
    const row: unknown[] = new Array(width);
    for (let i = 0; i < rows; i++) {
      const offset = i * width;
      if (isPlain && copyRow(i, offset, width, slab, at)) continue;
      for (let j = 0; j < width; j++) row[j] = cellOf(at(i, j));
      const problems = this.#reader.read(row, slab, offset);
      if (problems.length > 0) throw RequestError.ofRow(problems, i);
    }
  }
}

type At = (i: number, j: number) => Numbers[number] | string | null;

/** @returns whether all values are there and finite */
function copyRow(i: number, offset: number, width: number, slab: FloatArray, at: At): boolean {
  for (let j = 0; j < width; j++) {
    slab[offset + j] = at(i, j) as number;
    // Zero for every finite number, NaN for the others.
    if (slab[offset + j] - slab[offset + j] !== 0) return false;
  }
  return true;
}

function cellOf(value: number | string | null): number | string | null {
  return Number.isNaN(value) ? null : value;
}

function floats({ plan }: ModelEndpoint): 'FP32' | 'FP64' {
  return plan.precision === 'float32' ? 'FP32' : 'FP64';
}

function datatypeOf({ kind, categories = [] }: Column): string {
  if (kind === 'boolean') return 'BOOL';
  if (kind === 'text') return 'BYTES';
  return kind === 'category' && typeof (categories[0] ?? '') === 'string' ? 'BYTES' : 'FP64';
}
