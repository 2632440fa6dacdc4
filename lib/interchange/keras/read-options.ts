/** Objects of Keras's configuration: their class, and their options, of which none is passed over. */
import { show } from '../../core/params.js';
import type { FileFormatError } from '../../errors.js';
import { Reader } from '../foreign.js';
import { optionOf } from './names.js';

/** An object that Keras has serialised. */
export interface Serialised {
  readonly className: string;
  readonly config: Record<string, unknown>;
}

/** How the options of an object are read. */
export interface OptionRules {
  /** Those that ours has too, in Keras's spelling. */
  readonly options: readonly string[];
  /** Values at which options that ours has not make no difference; null and false never do. */
  readonly neutral?: Readonly<Record<string, readonly unknown[]>>;
  /** Options that only say how the model is trained. */
  readonly training?: readonly string[];
}

/** Reads a configuration. `trains` is false where only what predictions need is read. */
export class OptionReader extends Reader {
  constructor(
    readonly trains: boolean,
    where = '',
  ) {
    super('Keras', where);
  }

  override within(where: string): OptionReader {
    return new OptionReader(this.trains, `${where}: `);
  }

  /** What only training needs and is not supported. */
  failTraining(why: string): FileFormatError {
    return this.fail(`${why}; { compile: false } reads the model for predictions only`);
  }

  /** An object of Keras itself: those of other packages are code that is not here. */
  serialised(given: unknown, what: string): Serialised {
    if (typeof given !== 'object' || given === null || Array.isArray(given))
      throw this.fail(`${what} is ${show(given)}`);
    const className = this.string(given, 'class_name');
    const module = this.find(given, ['module']) ?? null;
    const registered = this.find(given, ['registered_name']) ?? null;
    const isKeras = module === null || /^(keras|builtins)(\.|$)/.test(String(module));
    if (!isKeras || String(registered).includes('>'))
      throw this.fail(`${what} ${show(registered ?? className)} is not one of Keras itself`);
    // A function has its name there.
    if (className === 'function') return { className: this.string(given, 'config'), config: {} };
    return { className, config: this.object(given, 'config') };
  }

  /** The options of an object in our spelling; those that are null are left out. */
  options(config: object, { options, neutral = {}, training = [] }: OptionRules): Record<string, unknown> {
    const own: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(config)) {
      if (options.includes(key)) {
        if (value !== null) own[optionOf(key)] = value;
      } else if (value !== null && value !== false && !isOneOf(value, neutral, key)) {
        const why = `its option ${show(key)} is ${show(value)}, which is not supported`;
        if (!training.includes(key)) throw this.fail(why);
        if (this.trains) throw this.failTraining(why);
      }
    }
    return own;
  }
}

/** Marks an option that may have any value. */
export const ANY: readonly unknown[] = [Symbol('any')];

function isOneOf(value: unknown, neutral: OptionRules['neutral'] & object, key: string): boolean {
  if (!Object.hasOwn(neutral, key)) return false;
  const plain = Array.isArray(value) && value.length === 1 ? value[0] : value;
  return neutral[key] === ANY || neutral[key].includes(plain);
}
