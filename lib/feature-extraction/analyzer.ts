/** The parameters by which documents become terms, shared by the vectorizers of text, and what they are natively. */
import { bool, custom, either, nothing, oneOf, type Rules } from '../core/params.js';
import { ValidationError } from '../errors.js';
import { native, type TermsHandle, type TextSpec } from '../native.js';
import {
  type Corpus,
  requireDocuments,
  TOKEN_END,
  Utf8Writer,
  type WriteDocument,
  writeCorpus,
} from './corpus.js';
import { ENGLISH_STOP_WORDS } from './english.js';

/** Words of two or more letters, digits or '_', of any script. */
const DEFAULT_PATTERN = '\\b\\w\\w+\\b';

/** How documents become terms. */
export interface AnalyzerParams {
  /** Read all text in lower case. Default true. */
  lowercase: boolean;
  /**
   * Leave accents away: 'unicode' takes characters apart (NFKD) and drops what combines with the one before it, 'ascii' drops
   * all that is not ASCII then. Default null: keep them.
   */
  stripAccents: 'ascii' | 'unicode' | null;
  /**
   * Terms are words ('word'), characters of the text ('char'), or characters of its words with a space on either side
   * ('charWb'). Default 'word'.
   */
  analyzer: 'word' | 'char' | 'charWb';
  /**
   * A regular expression whose matches are the words; its group, if it has one. \\w and \\b are of all scripts. Default: words of
   * two or more letters, digits or '_'.
   */
  tokenPattern: string;
  /** Words that do not count, 'english' for a list of 318. For 'word' only. Default null. */
  stopWords: 'english' | readonly string[] | null;
  /** Least and largest number of words or characters of a term. Default [1, 1]. */
  ngramRange: readonly [least: number, most: number];
}

export const ANALYZER_DEFAULTS: AnalyzerParams = {
  lowercase: true,
  stripAccents: null,
  analyzer: 'word',
  tokenPattern: DEFAULT_PATTERN,
  stopWords: null,
  ngramRange: [1, 1],
};

const isStrings = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((word) => typeof word === 'string');

export const ANALYZER_RULES: Rules<AnalyzerParams> = {
  lowercase: bool,
  stripAccents: either(oneOf('ascii', 'unicode'), nothing),
  analyzer: oneOf('word', 'char', 'charWb'),
  tokenPattern: custom('a regular expression with at most one group', isPattern),
  stopWords: either(oneOf('english'), nothing, custom('a list of words', isStrings)),
  ngramRange: custom('[least, most], whole numbers with 1 <= least <= most <= 100', (range) => {
    if (!Array.isArray(range) || range.length !== 2 || !range.every(Number.isInteger)) return false;
    return range[0] >= 1 && range[0] <= range[1] && range[1] <= 100;
  }),
};

function isPattern(pattern: unknown): boolean {
  if (typeof pattern !== 'string') return false;
  try {
    // An empty alternative matches '', with as many groups as there are.
    return (new RegExp(`${unicodePattern(pattern)}|`, 'u').exec('')?.length ?? 0) <= 2;
  } catch {
    return false;
  }
}

const WORD = '\\p{L}\\p{N}_';
const BOUNDARY = `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`;

/** \\w, \\W, \\d and \\b of JavaScript are those of ASCII; Python's are of all scripts. */
function unicodePattern(pattern: string): string {
  let isClass = false;
  return pattern.replace(/\\.|\[|\]/gs, (part) => {
    if (part === '[' || part === ']') {
      isClass = part === '[';
      return part;
    }
    switch (part) {
      case '\\w':
        return isClass ? WORD : `[${WORD}]`;
      case '\\W':
        return isClass ? part : `[^${WORD}]`;
      case '\\d':
        return '\\p{Nd}';
      case '\\b':
        return isClass ? part : BOUNDARY;
      default:
        return part;
    }
  });
}

// Whether a character combines with the one before it: then it changes places with a mark of another class beside it.
const combining = new Map<string, boolean>();
function combines(mark: string): boolean {
  let known = combining.get(mark);
  if (known === undefined) {
    known = [`\u0345${mark}`, `${mark}\u0334`].some((pair) => pair.normalize('NFD') !== pair);
    combining.set(mark, known);
  }
  return known;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: what is not ASCII
const NOT_ASCII = /[^\x00-\x7f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: what is not ASCII
const ALL_NOT_ASCII = /[^\x00-\x7f]/g;

function withoutAccents(text: string, how: 'ascii' | 'unicode'): string {
  if (!NOT_ASCII.test(text)) return text;
  const apart = text.normalize('NFKD');
  if (how === 'ascii') return apart.replace(ALL_NOT_ASCII, '');
  return apart.replace(/\p{M}/gu, (mark) => (combines(mark) ? '' : mark));
}

/** Reads documents as the parameters say. */
export class Analyzer {
  readonly spec: TextSpec;
  readonly stopWords: TermsHandle | null;
  readonly #write: WriteDocument;

  constructor(params: AnalyzerParams) {
    const { lowercase, stripAccents, analyzer, tokenPattern, stopWords, ngramRange } = params;
    const prepared = (text: string) => {
      const lower = lowercase ? text.toLowerCase() : text;
      return stripAccents === null ? lower : withoutAccents(lower, stripAccents);
    };
    const isOwnPattern = analyzer === 'word' && tokenPattern !== DEFAULT_PATTERN;
    const pattern = isOwnPattern ? new RegExp(unicodePattern(tokenPattern), 'gu') : null;
    this.#write = (writer, text) => {
      if (pattern === null) writer.text(prepared(text));
      else for (const match of prepared(text).matchAll(pattern)) writer.token(match[1] ?? match[0]);
    };
    this.spec = { analyzer: isOwnPattern ? 'tokens' : analyzer, least: ngramRange[0], most: ngramRange[1] };
    const words = stopWords === 'english' ? ENGLISH_STOP_WORDS : stopWords;
    this.stopWords =
      words === null || analyzer !== 'word' ? null : native.termsCreate(encodeTerms([...new Set(words)]));
  }

  /** @throws {ERR_DTYPE} for what is no list of texts */
  read(documents: unknown): Promise<Corpus> {
    return writeCorpus(requireDocuments(documents), this.#write);
  }
}

/** Terms as bytes, each followed by {@link TOKEN_END}. */
export function encodeTerms(terms: readonly string[]): Uint8Array {
  const writer = new Utf8Writer(16 * terms.length);
  for (const term of terms) writer.token(term);
  return writer.finish().slice();
}

/** The inverse of {@link encodeTerms}. */
export function decodeTerms(bytes: Uint8Array): string[] {
  const terms: string[] = [];
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let begin = 0; begin < buffer.length; ) {
    const end = buffer.indexOf(TOKEN_END, begin);
    if (end < 0) throw new ValidationError('ERR_PARAMETER', 'The last term of a vocabulary has no end.');
    terms.push(buffer.toString('utf8', begin, end));
    begin = end + 1;
  }
  return terms;
}
