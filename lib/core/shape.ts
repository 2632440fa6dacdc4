/** Shapes of arrays of several axes, whose last axis runs fastest. */

/** The number of values. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** How far values that follow one another on each axis lie apart. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = stride;
    stride *= shape[d];
  }
  return strides;
}

/** Strides with which an array of `shape` is read as one of `wide`, to which it broadcasts: 0 along what is repeated. */
export function broadcastStrides(shape: readonly number[], wide: readonly number[]): number[] {
  const own = stridesOf(shape);
  const lead = wide.length - shape.length;
  return wide.map((_, d) => (d < lead || shape[d - lead] === 1 ? 0 : own[d - lead]));
}
