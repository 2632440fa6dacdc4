/** Neighbours of floating-point numbers: x < t is x <= the number below t. */

const bits = new DataView(new ArrayBuffer(8));

/** The greatest float32 below t. */
export function belowFloat32(t: number): number {
  const value = Math.fround(t);
  if (value === 0) return -(2 ** -149);
  if (value === -Infinity) return value;
  bits.setFloat32(0, value);
  bits.setInt32(0, bits.getInt32(0) + (value > 0 ? -1 : 1));
  return bits.getFloat32(0);
}

/** The greatest float64 below t. */
export function belowFloat64(t: number): number {
  if (t === 0) return -(2 ** -1074);
  if (t === -Infinity) return t;
  bits.setFloat64(0, t);
  bits.setBigInt64(0, bits.getBigInt64(0) + (t > 0 ? -1n : 1n));
  return bits.getFloat64(0);
}

/** The greatest float32 that is not above t: for a float32 x, x <= t is x <= it. */
export function floorToFloat32(t: number): number {
  const nearest = Math.fround(t);
  return nearest > t ? belowFloat32(nearest) : nearest;
}
