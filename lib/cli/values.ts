/** Reads the values of options. */
import { InvalidArgumentError } from 'commander';

/** A reader of whole numbers. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

/** A reader of numbers. */
export function number(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a number from ${min} to ${max}.`);
  };
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** Reads bytes: a number, or one with k, m or g (KiB, MiB, GiB). */
export function size(text: string): number {
  const [, digits, unit] = /^(\d+)([kmg]?)$/i.exec(text) ?? [];
  const value = Number(digits) * UNITS[unit?.toLowerCase()];
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError(
    "It must be a number of bytes, with 'k', 'm' or 'g' if you like, such as 4m.",
  );
}
