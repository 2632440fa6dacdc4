#include "text/vectorize.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/partition.h"
#include "base/thread_pool.h"
#include "text/murmur.h"

namespace boreal {
namespace {

constexpr size_t kDocumentsPerTask = 64;

// Where the entries of each document are: in the list of the thread that read it.
struct Found {
  size_t slot, begin, count;
};

// A term or column and what it counts, in an order of 64 bits: columns ascending.
struct Entry {
  uint32_t column;
  uint32_t count;
};
uint64_t packed(Entry e) { return uint64_t{e.column} << 32 | e.count; }

// The entries of a thread's documents. count() adds 1 to an entry of the document that is being read.
class Counter {
 public:
  void start(size_t document) {
    document_ = document;
    begin_ = entries.size();
  }
  void count(uint32_t id) {
    if (id >= last_.size()) last_.resize(std::max<size_t>(2 * last_.size(), id + 1), Last{kNowhere, 0});
    Last& last = last_[id];
    if (last.document != document_) {
      last = {document_, entries.size()};
      entries.push_back({id, 0});
    }
    ++entries[last.entry].count;
  }
  // The same for all columns of the document at once, for vocabularies that are large beside it.
  void count_all(std::vector<uint32_t>& ids) {
    std::sort(ids.begin(), ids.end());
    for (const uint32_t id : ids) {
      if (entries.size() == begin_ || entries.back().column != id) entries.push_back({id, 0});
      ++entries.back().count;
    }
    ids.clear();
  }
  size_t begin() const { return begin_; }

  std::vector<Entry> entries;

 private:
  static constexpr size_t kNowhere = static_cast<size_t>(-1);
  struct Last {
    size_t document, entry;
  };
  size_t document_ = 0, begin_ = 0;
  std::vector<Last> last_;  // by term
};

struct Reader {
  explicit Reader(const TermSpec& spec) : terms(spec) {}
  TermReader terms;
  Counter counter;
  TermTable table;
  std::vector<uint32_t> ids;
};

// Calls read(reader, document) for each document, whose entries are then found in the reader of its slot.
template <typename Read>
std::vector<Found> read_all(const Corpus& corpus, std::vector<Reader>& readers, const CancelToken* cancel,
                            const Read& read) {
  std::vector<Found> found(corpus.size());
  const Partition parts{corpus.size(), kDocumentsPerTask};
  ThreadPool::instance().parallel_for(parts.count(), [&](size_t part, size_t slot) {
    check_cancel(cancel);
    Reader& reader = readers[slot];
    for (size_t i = parts.begin(part); i < parts.end(part); ++i) {
      reader.counter.start(i);
      read(reader, corpus[i]);
      const size_t begin = reader.counter.begin();
      found[i] = {slot, begin, reader.counter.entries.size() - begin};
    }
  });
  return found;
}

// Rows of values from counts: column_of(slot, id) is where an entry goes, or TermTable::kNone.
template <typename ColumnOf>
SparseRows to_rows(const std::vector<Found>& found, const std::vector<Reader>& readers, bool binary,
                   const CancelToken* cancel, const ColumnOf& column_of) {
  SparseRows rows;
  rows.starts.assign(found.size() + 1, 0);
  const Partition parts{found.size(), kDocumentsPerTask};
  const auto entries_of = [&](size_t i) {
    return Span<Entry>{readers[found[i].slot].counter.entries.data() + found[i].begin, found[i].count};
  };
  ThreadPool::instance().parallel_for(parts.count(), [&](size_t part, size_t) {
    for (size_t i = parts.begin(part); i < parts.end(part); ++i) {
      for (const Entry& e : entries_of(i))
        rows.starts[i + 1] += column_of(found[i].slot, e.column) != TermTable::kNone;
    }
  });
  size_t total = 0;
  for (size_t i = 0; i < found.size(); ++i) {
    total += static_cast<size_t>(rows.starts[i + 1]);
    if (total > static_cast<size_t>(std::numeric_limits<int32_t>::max())) {
      throw Error("ERR_SHAPE", "A sparse matrix has at most 2^31 - 1 values.");
    }
    rows.starts[i + 1] = static_cast<int32_t>(total);
  }
  rows.columns.resize(total);
  rows.values.resize(total);
  ThreadPool::instance().parallel_for(parts.count(), [&](size_t part, size_t) {
    check_cancel(cancel);
    std::vector<uint64_t> sorted;
    for (size_t i = parts.begin(part); i < parts.end(part); ++i) {
      sorted.clear();
      for (const Entry& e : entries_of(i)) {
        const uint32_t column = column_of(found[i].slot, e.column);
        if (column != TermTable::kNone) sorted.push_back(packed({column, e.count}));
      }
      std::sort(sorted.begin(), sorted.end());
      auto at = static_cast<size_t>(rows.starts[i]);
      for (const uint64_t e : sorted) {
        rows.columns[at] = static_cast<int32_t>(e >> 32);
        rows.values[at++] = binary ? 1.0 : static_cast<double>(e & 0xffffffff);
      }
    }
  });
  return rows;
}

std::vector<Reader> make_readers(const TermSpec& spec) {
  return std::vector<Reader>(ThreadPool::instance().size(), Reader(spec));
}

// What all threads found, under one numbering.
struct AllTerms {
  TermTable table;
  std::vector<uint64_t> documents, occurrences;
  std::vector<std::vector<uint32_t>> of_slot;  // a thread's number -> ours
};

AllTerms merge(const std::vector<Reader>& readers) {
  AllTerms all;
  for (const Reader& reader : readers) {
    std::vector<uint32_t> map(reader.table.size());
    for (size_t id = 0; id < map.size(); ++id) map[id] = all.table.insert(reader.table.term(id));
    all.documents.resize(all.table.size(), 0);
    all.occurrences.resize(all.table.size(), 0);
    for (const Entry& e : reader.counter.entries) {
      ++all.documents[map[e.column]];
      all.occurrences[map[e.column]] += e.count;
    }
    all.of_slot.push_back(std::move(map));
  }
  return all;
}

bool goes_before(Span<uint8_t> a, Span<uint8_t> b) {
  const int order = std::memcmp(a.data, b.data, std::min(a.size, b.size));
  return order != 0 ? order < 0 : a.size < b.size;
}

// The terms that become columns, in their order. Bytes of UTF-8 sort as the characters do.
std::vector<uint32_t> chosen_terms(const AllTerms& all, const VocabularyLimits& limits) {
  std::vector<uint32_t> chosen;
  for (uint32_t id = 0; id < all.table.size(); ++id) {
    const auto documents = static_cast<double>(all.documents[id]);
    if (documents >= limits.min_documents && documents <= limits.max_documents) chosen.push_back(id);
  }
  const auto by_term = [&](uint32_t a, uint32_t b) {
    return goes_before(all.table.term(a), all.table.term(b));
  };
  if (limits.max_terms != 0 && chosen.size() > limits.max_terms) {
    const auto by_frequency = [&](uint32_t a, uint32_t b) {
      if (all.occurrences[a] != all.occurrences[b]) return all.occurrences[a] > all.occurrences[b];
      return by_term(a, b);
    };
    std::sort(chosen.begin(), chosen.end(), by_frequency);
    chosen.resize(limits.max_terms);
  }
  std::sort(chosen.begin(), chosen.end(), by_term);
  return chosen;
}

}  // namespace

Corpus::Corpus(Span<uint8_t> bytes, Span<double> starts) : bytes_(bytes), starts_(starts) {
  if (starts.size == 0) throw Error("ERR_SHAPE", "A corpus has the start of each document, and its end.");
  double last = 0;
  for (const double start : starts) {
    if (!(start >= last && start <= static_cast<double>(bytes.size) && start == std::floor(start))) {
      throw Error("ERR_SHAPE", "The starts of documents must ascend within their bytes.");
    }
    last = start;
  }
}

Span<uint8_t> Corpus::operator[](size_t i) const {
  const auto begin = static_cast<size_t>(starts_[i]);
  return {bytes_.data + begin, static_cast<size_t>(starts_[i + 1]) - begin};
}

CountedCorpus learn_counts(const Corpus& corpus, const TermSpec& spec, const VocabularyLimits& limits,
                           bool binary, const CancelToken* cancel) {
  std::vector<Reader> readers = make_readers(spec);
  const std::vector<Found> found =
      read_all(corpus, readers, cancel, [](Reader& reader, Span<uint8_t> document) {
        reader.terms.read(document,
                          [&](Span<uint8_t> term) { reader.counter.count(reader.table.insert(term)); });
      });
  AllTerms all = merge(readers);
  check_cancel(cancel);
  const std::vector<uint32_t> chosen = chosen_terms(all, limits);
  CountedCorpus result;
  result.has_terms = all.table.size() > 0;
  std::vector<uint32_t> columns(all.table.size(), TermTable::kNone);
  for (size_t j = 0; j < chosen.size(); ++j) {
    columns[chosen[j]] = static_cast<uint32_t>(j);
    const Span<uint8_t> term = all.table.term(chosen[j]);
    result.terms.insert(result.terms.end(), term.begin(), term.end());
    result.terms.push_back(kTermEnd);
  }
  for (std::vector<uint32_t>& map : all.of_slot) {
    for (uint32_t& id : map) id = columns[id];
  }
  result.rows = to_rows(found, readers, binary, cancel,
                        [&](size_t slot, uint32_t id) { return all.of_slot[slot][id]; });
  return result;
}

SparseRows count_terms(const Corpus& corpus, const TermSpec& spec, const TermTable& vocabulary, bool binary,
                       const CancelToken* cancel) {
  std::vector<Reader> readers = make_readers(spec);
  const std::vector<Found> found =
      read_all(corpus, readers, cancel, [&](Reader& reader, Span<uint8_t> document) {
        reader.terms.read(document, [&](Span<uint8_t> term) {
          const uint32_t id = vocabulary.find(term);
          if (id != TermTable::kNone) reader.ids.push_back(id);
        });
        reader.counter.count_all(reader.ids);
      });
  return to_rows(found, readers, binary, cancel, [](size_t, uint32_t id) { return id; });
}

SparseRows hash_terms(const Corpus& corpus, const TermSpec& spec, const HashSpec& hash,
                      const CancelToken* cancel) {
  struct HashedRow {
    std::vector<std::pair<int32_t, double>> entries;
  };
  const bool has_values = hash.value_starts.size > 0;
  if (has_values && hash.value_starts.size != corpus.size() + 1) {
    throw Error("ERR_SHAPE", "There must be a start of values for each document, and their end.");
  }
  std::vector<HashedRow> all(corpus.size());
  const Partition parts{corpus.size(), kDocumentsPerTask};
  ThreadPool::instance().parallel_for(parts.count(), [&](size_t part, size_t) {
    check_cancel(cancel);
    TermReader reader(spec);
    for (size_t i = parts.begin(part); i < parts.end(part); ++i) {
      auto& entries = all[i].entries;
      double next = has_values ? hash.value_starts[i] : 0;
      reader.read(corpus[i], [&](Span<uint8_t> term) {
        double value = 1;
        if (has_values) {
          if (!(next >= 0 && next < static_cast<double>(hash.values.size))) {
            throw Error("ERR_SHAPE", "There is not a value for each token.");
          }
          value = hash.values[static_cast<size_t>(next)];
          next += 1;
        }
        if (value == 0) return;
        const auto h = static_cast<int32_t>(murmur3(term, 0));
        const auto magnitude = h < 0 ? 0u - static_cast<uint32_t>(h) : static_cast<uint32_t>(h);
        if (hash.alternate && h < 0) value = -value;
        entries.emplace_back(static_cast<int32_t>(magnitude % hash.columns), value);
      });
      std::stable_sort(entries.begin(), entries.end(),
                       [](const auto& a, const auto& b) { return a.first < b.first; });
      size_t kept = 0;
      for (size_t k = 0; k < entries.size(); ++k) {
        if (kept > 0 && entries[kept - 1].first == entries[k].first) {
          entries[kept - 1].second += entries[k].second;
        } else {
          entries[kept++] = entries[k];
        }
      }
      entries.resize(kept);
    }
  });
  SparseRows rows;
  rows.starts.reserve(all.size() + 1);
  rows.starts.push_back(0);
  for (HashedRow& row : all) {
    if (rows.columns.size() + row.entries.size() > static_cast<size_t>(std::numeric_limits<int32_t>::max())) {
      throw Error("ERR_SHAPE", "A sparse matrix has at most 2^31 - 1 values.");
    }
    for (const auto& [column, value] : row.entries) {
      rows.columns.push_back(column);
      rows.values.push_back(value);
    }
    rows.starts.push_back(static_cast<int32_t>(rows.columns.size()));
    row.entries = {};
  }
  return rows;
}

}  // namespace boreal
