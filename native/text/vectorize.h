// Documents as sparse rows of counts: of the terms of a vocabulary, or of hashes of terms. Blocks of
// documents run in parallel; columns are sorted by term, so that nothing depends on the number of threads.
#pragma once

#include <cstdint>
#include <vector>

#include "base/cancel.h"
#include "text/terms.h"

namespace boreal {

// Rows of nonzero values: those of row i stand at [starts[i], starts[i + 1]), columns ascending.
struct SparseRows {
  std::vector<int32_t> starts, columns;
  std::vector<double> values;
};

// UTF-8, document i at [starts[i], starts[i + 1]). Throws ERR_SHAPE when the starts do not ascend within it.
struct Corpus {
  Corpus(Span<uint8_t> bytes, Span<double> starts);
  Span<uint8_t> operator[](size_t i) const;
  size_t size() const { return starts_.size - 1; }

 private:
  Span<uint8_t> bytes_;
  Span<double> starts_;
};

// Which terms become columns.
struct VocabularyLimits {
  double min_documents, max_documents;  // in how many documents a term is
  size_t max_terms;                     // 0: any number; else the most frequent ones, ties in order of terms
};

struct CountedCorpus {
  std::vector<uint8_t> terms;  // sorted by their bytes, each followed by kTermEnd
  SparseRows rows;
  bool has_terms;  // before the limits applied
};

CountedCorpus learn_counts(const Corpus& corpus, const TermSpec& spec, const VocabularyLimits& limits,
                           bool binary, const CancelToken* cancel);

// Terms that the vocabulary lacks are skipped.
SparseRows count_terms(const Corpus& corpus, const TermSpec& spec, const TermTable& vocabulary, bool binary,
                       const CancelToken* cancel);

// Column |h| mod columns for a term of hash h (murmur3 of 32 bits), with the sign of h if `alternate`:
// Weinberger et al. 2009. values: of each token of documents of tokens, those of document i from
// value_starts[i]; empty: all are 1.
struct HashSpec {
  size_t columns;
  bool alternate;
  Span<double> values, value_starts;
};
SparseRows hash_terms(const Corpus& corpus, const TermSpec& spec, const HashSpec& hash,
                      const CancelToken* cancel);

}  // namespace boreal
