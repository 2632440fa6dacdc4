/** Floating-point numbers of 16 bits: IEEE binary16, and bfloat16, the upper half of a float32. */

const word = new Uint32Array(1);
const number = new Float32Array(word.buffer);

/** The value of 16 bits of IEEE binary16. */
export function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The bits of the nearest binary16, ties to even. */
export function toFloat16(value: number): number {
  number[0] = value;
  const sign = (word[0] >>> 16) & 0x8000;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return sign | 0x7e00;
  // From the middle between the largest number and the next power of 2 on.
  if (size >= 65520) return sign | 0x7c00;
  const exponent = size < 2 ** -14 ? -14 : exponentOf(size);
  const steps = roundToEven(size / 2 ** (exponent - 10));
  // A carry into the next power of 2 is a carry into the exponent's bits.
  return sign | (steps + ((exponent + 14) << 10));
}

/** The value of 16 bits of bfloat16. */
export function fromBfloat16(bits: number): number {
  word[0] = bits << 16;
  return number[0];
}

/** The bits of the bfloat16 nearest to a float32, ties to even. */
export function toBfloat16(value: number): number {
  number[0] = value;
  const bits = word[0];
  if (Number.isNaN(value)) return (bits >>> 16) | 0x40;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

/** The exponent of the power of 2 at or below a number that is no subnormal float32. */
function exponentOf(value: number): number {
  number[0] = value;
  const exponent = ((word[0] >>> 23) & 0xff) - 127;
  // Rounding to float32 may have reached the next power.
  return 2 ** exponent > value ? exponent - 1 : exponent;
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
