// The fixed partition of rows that parallel jobs share: it depends on the shape alone, never on the thread
// count, and partial results are merged in the order of the parts, so that sums have the same bits
// everywhere.
#pragma once

#include <algorithm>
#include <cstddef>

namespace boreal {

struct Partition {
  size_t total, part;  // every part has `part` rows but the last, which may have fewer

  size_t count() const { return (total + part - 1) / part; }
  size_t begin(size_t i) const { return i * part; }
  size_t end(size_t i) const { return std::min(total, (i + 1) * part); }
};

// At most max_parts parts of at least min_rows rows. min_rows >= 1, max_parts >= 1.
inline Partition partition_rows(size_t rows, size_t min_rows, size_t max_parts) {
  const size_t even = rows / max_parts + (rows % max_parts != 0);
  return {rows, std::max(min_rows, even)};
}

}  // namespace boreal
