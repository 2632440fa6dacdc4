/** The parameters by which documents become terms, shared by the vectorizers of text, and what they are natively. */
import { bool, custom, either, nothing, oneOf, type Rules, show } from '../core/params.js';
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
   * ('charWb'); or a function that gives the terms of a document, which then is all there is to it. Default 'word'.
   */
  analyzer: 'word' | 'char' | 'charWb' | ((document: string) => Iterable<string>);
  /** A function that changes a document before it is cut, in place of `lowercase` and `stripAccents`. Default null. */
  preprocessor: ((document: string) => string) | null;
  /** A function that cuts a document into words, in place of `tokenPattern`. For 'word' only. Default null. */
  tokenizer: ((document: string) => Iterable<string>) | null;
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
  preprocessor: null,
  tokenizer: null,
  tokenPattern: DEFAULT_PATTERN,
  stopWords: null,
  ngramRange: [1, 1],
};

const isStrings = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((word) => typeof word === 'string');

/** A function of the caller's: models with one cannot be saved. */
const ownFunction = custom('a function', (v) => typeof v === 'function');

export const ANALYZER_RULES: Rules<AnalyzerParams> = {
  lowercase: bool,
  stripAccents: either(oneOf('ascii', 'unicode'), nothing),
  analyzer: either(oneOf('word', 'char', 'charWb'), ownFunction),
  preprocessor: either(nothing, ownFunction),
  tokenizer: either(nothing, ownFunction),
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

/** What changes a document before it is cut. */
export function preparing({
  preprocessor,
  lowercase,
  stripAccents,
}: AnalyzerParams): (text: string) => string {
  if (preprocessor !== null) return (text) => requireText(preprocessor(text), 'preprocessor');
  return (text) => {
    const lower = lowercase ? text.toLowerCase() : text;
    return stripAccents === null ? lower : withoutAccents(lower, stripAccents);
  };
}

/** What cuts a prepared document into words. */
export function cutting({ tokenizer, tokenPattern }: AnalyzerParams): (text: string) => Iterable<string> {
  if (tokenizer !== null) return (text) => wordsBy(tokenizer, text);
  const pattern = new RegExp(unicodePattern(tokenPattern), 'gu');
  return (text) => Array.from(text.matchAll(pattern), (match) => match[1] ?? match[0]);
}

/** What a function of the caller's gives for a text. @throws {ERR_DTYPE} for what are no texts */
export function* wordsBy(own: (text: string) => Iterable<string>, text: string): Generator<string> {
  for (const word of requireWords(own(text))) yield requireText(word, 'tokenizer or analyzer');
}

/** The words that do not count. */
export function stopWordsOf({ stopWords, analyzer }: AnalyzerParams): readonly string[] | null {
  return analyzer !== 'word' ? null : stopWords === 'english' ? ENGLISH_STOP_WORDS : stopWords;
}

/** Reads documents as the parameters say. */
export class Analyzer {
  readonly spec: TextSpec;
  readonly stopWords: TermsHandle | null;
  readonly #write: WriteDocument;

  constructor(params: AnalyzerParams) {
    const { analyzer, tokenizer, tokenPattern, ngramRange } = params;
    const isWord = analyzer === 'word';
    const isCut = isWord && (tokenizer !== null || tokenPattern !== DEFAULT_PATTERN);
    const [prepared, cut] = [preparing(params), isCut ? cutting(params) : null];
    this.#write = (writer, text) => {
      if (typeof analyzer === 'function') for (const term of wordsBy(analyzer, text)) writer.token(term);
      else if (cut === null) writer.text(prepared(text));
      else for (const word of cut(prepared(text))) writer.token(word);
    };
    // Terms that a function gives are as they are.
    const [least, most] = typeof analyzer === 'function' ? [1, 1] : ngramRange;
    this.spec = { analyzer: isCut || typeof analyzer === 'function' ? 'tokens' : analyzer, least, most };
    const words = stopWordsOf(params);
    this.stopWords = words === null ? null : native.termsCreate(encodeTerms([...new Set(words)]));
  }

  /** @throws {ERR_DTYPE} for what is no list of texts */
  read(documents: unknown): Promise<Corpus> {
    return writeCorpus(requireDocuments(documents), this.#write);
  }
}

function requireText(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw new ValidationError(
    'ERR_DTYPE',
    `The ${what} of a vectorizer must give text; it gave ${show(value)}.`,
  );
}

function requireWords(value: unknown): Iterable<unknown> {
  if (typeof value === 'object' && value !== null && Symbol.iterator in value)
    return value as Iterable<unknown>;
  const message = `The tokenizer or analyzer of a vectorizer must give a list of texts; it gave ${show(value)}.`;
  throw new ValidationError('ERR_DTYPE', message);
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
