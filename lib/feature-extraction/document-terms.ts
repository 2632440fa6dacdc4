/** The terms of single documents, in their order: what vectorizers count natively, for looking at. */
import { type AnalyzerParams, cutting, preparing, stopWordsOf, wordsBy } from './analyzer.js';

/** As Python's: control characters that part text, and no byte order mark. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they part text, too
const SPACES = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/gu;

/** The function that gives the terms of a document. */
export function termsBy(params: AnalyzerParams): (document: string) => string[] {
  const { analyzer, ngramRange } = params;
  if (typeof analyzer === 'function') return (document) => [...wordsBy(analyzer, document)];
  const prepared = preparing(params);
  const [least, most] = ngramRange;
  if (analyzer === 'char')
    return (document) => grams([...prepared(document).replace(SPACES, shortened)], least, most, '');
  if (analyzer === 'charWb')
    return (document) =>
      prepared(document)
        .split(SPACES)
        .filter((word) => word !== '')
        .flatMap((word) => ofWord([...` ${word} `], least, most));
  const cut = cutting(params);
  const stopWords = new Set(stopWordsOf(params));
  return (document) => {
    const words = [...cut(prepared(document))].filter((word) => !stopWords.has(word));
    return grams(words, least, most, ' ');
  };
}

/** Several spaces count as one; one stays what it is. */
const shortened = (spaces: string) => (spaces.length > 1 ? ' ' : spaces);

function grams(parts: readonly string[], least: number, most: number, between: string): string[] {
  const terms: string[] = [];
  for (let n = least; n <= Math.min(most, parts.length); n++)
    for (let i = 0; i + n <= parts.length; i++) terms.push(parts.slice(i, i + n).join(between));
  return terms;
}

/** Of a word shorter than a term the whole, once. */
function ofWord(letters: readonly string[], least: number, most: number): string[] {
  return least > letters.length ? [letters.join('')] : grams(letters, least, most, '');
}
