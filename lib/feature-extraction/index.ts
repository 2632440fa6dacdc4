export type { AnalyzerParams } from './analyzer.js';
export { CountVectorizer, type CountVectorizerParams } from './count-vectorizer.js';
export { DictVectorizer, type DictVectorizerParams, type NamedRecord } from './dict-vectorizer.js';
export { ENGLISH_STOP_WORDS } from './english.js';
export {
  FeatureHasher,
  type FeatureHasherParams,
  type HashedRow,
  HashingVectorizer,
  type HashingVectorizerParams,
} from './hashing.js';
export {
  TfidfTransformer,
  type TfidfTransformerParams,
  TfidfVectorizer,
  type TfidfVectorizerParams,
} from './tfidf.js';
