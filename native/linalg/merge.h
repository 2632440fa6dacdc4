// The step that divide and conquer repeats, for eigenvalues and for singular values alike: two solved halves
// are joined by a vector z. Where z or a difference of values is negligible the old vectors stay (deflation:
// Cuppen 1981; Dongarra & Sorensen 1987), the others are combined through a secular equation.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "base/partition.h"
#include "base/thread_pool.h"
#include "linalg/secular.h"

namespace boreal {

// Which columns of a row of vectors may be other than zero: those left of the split, right of it, or all.
enum Support : uint8_t { kLeft = 1, kRight = 2, kAll = 3 };

class Merge {
 public:
  explicit Merge(size_t n) : d(n), z(n), support(n) {}

  // By row of vectors, filled by the caller; adjusted by deflate().
  std::vector<double> d, z;
  std::vector<uint8_t> support;

  // Takes the rows in `order`, d ascending. negligible(row) says that z may be taken as zero; try_join(a, b,
  // c, s) for two rows that follow each other whether the rotation that makes z[a] zero may be applied, and
  // does it to the vectors (and to d) if so. The first `certain` rows of the order are always kept.
  template <typename Negligible, typename TryJoin>
  void deflate(const std::vector<size_t>& order, size_t certain, const Negligible& negligible,
               const TryJoin& try_join);

  size_t kept() const { return kept_.size(); }
  // By kept row, d ascending.
  const std::vector<size_t>& kept_rows() const { return kept_; }

  // Row r of s [kept, kept] from its entries by kept row, in parallel: make(r, entries) fills entries [kept]
  // and returns the factor that they are multiplied by. The columns of s are regrouped: rows of support kLeft
  // first, then kAll, then kRight, so that combine() can skip the zeros.
  template <typename Make>
  void fill_rows(Dense s, const RunOptions& run, const Make& make) const;

  // vectors [n, m] = the new vectors: row order[i] of [s; unchanged rows], where s comes from
  // fill_rows() and holds the coefficients of the new vectors, and the unchanged rows are the deflated ones.
  // split: columns of vectors that belong to kLeft. gather, out: workspaces [n, m].
  void combine(ConstDense s, const std::vector<size_t>& order, Dense vectors, size_t split, Dense gather,
               Dense out, const RunOptions& run) const;

  // The order for combine() that sorts all values, where root[r] is that of row r of s; and the sorted
  // values.
  std::vector<size_t> sorted_order(const std::vector<double>& root, double* values) const;

 private:
  static constexpr size_t kRowsPerTask = 32;
  void group();

  std::vector<size_t> kept_, deflated_;
  std::vector<size_t> grouped_;  // kept rows in the order of the columns of s
  std::vector<size_t> position_;
  size_t left_ = 0, all_ = 0;  // how many of grouped_ have support kLeft, kAll
};

template <typename Negligible, typename TryJoin>
void Merge::deflate(const std::vector<size_t>& order, size_t certain, const Negligible& negligible,
                    const TryJoin& try_join) {
  const size_t none = d.size();
  size_t pending = none;
  kept_.assign(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(certain));
  for (size_t i = certain; i < order.size(); ++i) {
    const size_t row = order[i];
    if (negligible(row)) {
      deflated_.push_back(row);
      continue;
    }
    if (pending != none) {
      const double length = std::hypot(z[pending], z[row]);
      if (try_join(pending, row, z[row] / length, -z[pending] / length)) {
        z[row] = length;
        z[pending] = 0;
        support[pending] = support[row] = support[pending] | support[row];
        deflated_.push_back(pending);
      } else {
        kept_.push_back(pending);
      }
    }
    pending = row;
  }
  if (pending != none) kept_.push_back(pending);
  group();
}

template <typename Make>
void Merge::fill_rows(Dense s, const RunOptions& run, const Make& make) const {
  const size_t k = kept();
  const Partition parts{k, kRowsPerTask};
  ThreadPool::instance().parallel_for(
      parts.count(),
      [&](size_t part, size_t) {
        std::vector<double> entries(k);
        for (size_t r = parts.begin(part); r < parts.end(part); ++r) {
          const double factor = make(r, entries.data());
          for (size_t j = 0; j < k; ++j) s.at(r, position_[j]) = factor * entries[j];
        }
      },
      worth_threads(20 * static_cast<double>(k) * static_cast<double>(k), run));
}

}  // namespace boreal
