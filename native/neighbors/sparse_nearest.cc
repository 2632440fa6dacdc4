#include "neighbors/sparse_nearest.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/partition.h"
#include "base/thread_pool.h"
#include "kernels/dispatch.h"
#include "kernels/dispatch_sparse.h"

namespace boreal {
namespace {

// Queries that meet each value of a point together: a few cache lines of the table of their values.
constexpr size_t kQueries = 16;
constexpr size_t kPointsPerCheck = 4096;
// The error of a distance from products and lengths, of what it is made of, for rows with up to `longest`
// values.
double rounding_of(size_t longest) {
  return std::max(1e-11, 8 * std::numeric_limits<double>::epsilon() * static_cast<double>(longest));
}

size_t longest_row(const CsrView<double>& x) {
  size_t longest = 0;
  for (size_t i = 0; i < x.rows(); ++i) longest = std::max(longest, x.end(i) - x.begin(i));
  return longest;
}

// A product as a distance, squared for kEuclidean.
double rank_of(double product, double a, double b, SparseMetric metric) {
  if (metric == SparseMetric::kEuclidean) return squared_distance_of(product, a, b);
  const double lengths = std::sqrt(a) * std::sqrt(b);
  return lengths > 0 ? std::clamp(1 - product / lengths, 0.0, 2.0) : 1.0;
}

// Points that may be among the nearest, or within the radius, as far as squares tell: those up to `slack`
// beyond.
class Candidates {
 public:
  // Of the `count` nearest; of 0: all up to `bound`.
  void begin(size_t count, double bound, double slack) {
    found_.clear();
    count_ = count;
    bound_ = bound + slack;
    slack_ = slack;
    room_ = 2 * count + 64;
  }
  void offer(double rank, int32_t index) {
    if (rank > bound_) return;
    found_.push_back({rank, index});
    if (count_ == 0 || found_.size() < room_) return;
    reduce();
    room_ = std::max(room_, 2 * found_.size());
  }
  std::vector<Neighbor<double>>& settle() {
    if (count_ > 0 && found_.size() > count_) reduce();
    return found_;
  }

 private:
  void reduce() {
    const auto last = found_.begin() + static_cast<std::ptrdiff_t>(count_ - 1);
    std::nth_element(found_.begin(), last, found_.end(), nearer<double>);
    bound_ = last->rank + slack_;
    const auto is_beyond = [&](const Neighbor<double>& item) { return item.rank > bound_; };
    found_.erase(std::remove_if(found_.begin(), found_.end(), is_beyond), found_.end());
  }

  std::vector<Neighbor<double>> found_;
  size_t count_ = 0, room_ = 0;
  double bound_ = 0, slack_ = 0;
};

// The values of some queries by column. Points may have many columns that no query has.
class QueryTable {
 public:
  // The queries from `from` on, `count` <= kQueries of them.
  void set(const CsrView<double>& queries, size_t from, size_t count) {
    if (place_.empty()) place_.assign(queries.cols, 0);
    for (const int32_t column : columns_) place_[static_cast<size_t>(column)] = 0;
    columns_.clear();
    lines_.assign(kQueries, 0.0);
    for (size_t q = 0; q < count; ++q) {
      for (size_t k = queries.begin(from + q); k < queries.end(from + q); ++k) {
        int32_t& place = place_[static_cast<size_t>(queries.columns[k])];
        if (place == 0) {
          columns_.push_back(queries.columns[k]);
          place = static_cast<int32_t>(columns_.size());
          lines_.resize(lines_.size() + kQueries, 0.0);
        }
        lines_[static_cast<size_t>(place) * kQueries + q] = queries.values[k];
      }
    }
  }
  // products [kQueries] of a point and the queries.
  void multiply(const SparseKernels& kernels, const CsrView<double>& points, size_t point, double* products) {
    const size_t begin = points.begin(point), size = points.end(point) - begin;
    if (of_point_.size() < size) {
      of_point_.resize(size);
      values_.resize(size);
    }
    size_t met = 0;
    for (size_t k = begin; k < begin + size; ++k) {
      of_point_[met] = place_[static_cast<size_t>(points.columns[k])];
      values_[met] = points.values[k];
      met += of_point_[met] != 0 ? 1 : 0;
    }
    std::fill_n(products, kQueries, 0.0);
    kernels.add_rows(lines_.data(), kQueries, of_point_.data(), values_.data(), met, kQueries, products);
  }

 private:
  std::vector<int32_t> place_;     // [cols] the line of a column; 0: no query has it
  std::vector<double> lines_;      // [lines, kQueries], the first of no column
  std::vector<int32_t> columns_;   // that have a line
  std::vector<int32_t> of_point_;  // lines of the columns of a point, and its values there
  std::vector<double> values_;
};

// Of the rows divided by these lengths; from differences, so that no digits are lost. The bits of dense rows.
double squared_distance(const CsrView<double>& x, size_t i, double x_length, const CsrView<double>& y,
                        size_t j, double y_length) {
  double sum = 0;
  size_t k = x.begin(i), l = y.begin(j);
  while (k < x.end(i) || l < y.end(j)) {
    const bool has_x = k < x.end(i) && (l == y.end(j) || x.columns[k] <= y.columns[l]);
    const bool has_y = l < y.end(j) && (k == x.end(i) || y.columns[l] <= x.columns[k]);
    const double difference = (has_x ? x.values[k] / x_length : 0.0) - (has_y ? y.values[l] / y_length : 0.0);
    sum = std::fma(difference, difference, sum);
    k += has_x ? 1 : 0;
    l += has_y ? 1 : 0;
  }
  return sum;
}

// What is found for some queries at a time.
class BlockSearch {
 public:
  BlockSearch(const CsrView<double>& points, const CsrView<double>& queries, const SparseSearch& search,
              const CancelToken* cancel)
      : points_(points),
        queries_(queries),
        search_(search),
        cancel_(cancel),
        point_norms_(csr_squared_norms(points, cancel)),
        query_norms_(csr_squared_norms(queries, cancel)),
        rounding_(rounding_of(std::max(longest_row(points), longest_row(queries)))) {
    for (const double norm : point_norms_) longest_ = std::max(longest_, norm);
  }

  // visit(q, found): of query from + q its neighbours with their distances as ranks.
  template <typename Visit>
  void run(size_t from, size_t size, QueryTable& table, Candidates* candidates, const Visit& visit) const {
    table.set(queries_, from, size);
    for (size_t q = 0; q < size; ++q) begin(from + q, candidates[q]);
    for (size_t i = 0; i < points_.rows(); ++i) {
      if (i % kPointsPerCheck == 0) check_cancel(cancel_);
      double sums[kQueries];
      table.multiply(kernels_, points_, i, sums);
      for (size_t q = 0; q < size; ++q) {
        if (search_.own && i == from + q) continue;
        const double rank = rank_of(sums[q], query_norms_[from + q], point_norms_[i], search_.metric);
        candidates[q].offer(rank, static_cast<int32_t>(i));
      }
    }
    for (size_t q = 0; q < size; ++q) {
      std::vector<Neighbor<double>>& found = candidates[q].settle();
      measure(from + q, found);
      visit(q, found);
    }
  }

 private:
  bool is_cosine() const { return search_.metric == SparseMetric::kCosine; }

  void begin(size_t query, Candidates& candidates) const {
    const double radius = search_.radius;
    const double bound = search_.count > 0 ? std::numeric_limits<double>::infinity()
                         : is_cosine()     ? radius
                                           : radius * radius;
    candidates.begin(search_.count, bound, rounding_ * (is_cosine() ? 1 : query_norms_[query] + longest_));
  }

  // Ranks as dense rows have them, from differences: of euclidean distances their squares, of cosine ones
  // half the square of rows of length 1. Then the nearest first, or what is within the radius indeed.
  void measure(size_t query, std::vector<Neighbor<double>>& found) const {
    for (Neighbor<double>& near : found) near.rank = measured(query, static_cast<size_t>(near.index));
    if (search_.count > 0) {
      std::sort(found.begin(), found.end(), nearer<double>);
      found.resize(search_.count);
    }
    if (!is_cosine()) {
      for (Neighbor<double>& near : found) near.rank = std::sqrt(near.rank);
    }
    if (search_.count > 0) return;
    const auto is_beyond = [&](const Neighbor<double>& near) { return near.rank > search_.radius; };
    found.erase(std::remove_if(found.begin(), found.end(), is_beyond), found.end());
  }

  double measured(size_t query, size_t point) const {
    if (!is_cosine()) return squared_distance(queries_, query, 1, points_, point, 1);
    const double a = std::sqrt(query_norms_[query]), b = std::sqrt(point_norms_[point]);
    if (a == 0 || b == 0) return 1;
    return std::min(2.0, squared_distance(queries_, query, a, points_, point, b) / 2);
  }

  const CsrView<double>& points_;
  const CsrView<double>& queries_;
  const SparseSearch& search_;
  const CancelToken* cancel_;
  const std::vector<double> point_norms_, query_norms_;
  const double rounding_;
  const SparseKernels& kernels_ = sparse_kernels(kernels());
  double longest_ = 0;  // of the points, squared
};

}  // namespace

void search_sparse(const CsrView<double>& points, const CsrView<double>& queries, const SparseSearch& search,
                   const SparseVisitor& visit, const CancelToken* cancel) {
  if (points.cols != queries.cols) throw Error("ERR_SHAPE", "Queries have other columns than the points.");
  const size_t most = points.rows() - (search.own && points.rows() > 0 ? 1 : 0);
  if (search.count > most) throw Error("ERR_PARAMETER", "There are fewer points than neighbours wanted.");
  if (!(search.radius >= 0)) throw Error("ERR_PARAMETER", "radius must be at least 0.");
  if (search.own && queries.rows() != points.rows()) throw Error("ERR_SHAPE", "Queries are not the points.");
  const BlockSearch blocks(points, queries, search, cancel);
  const Partition parts{queries.rows(), kQueries};
  ThreadPool& pool = ThreadPool::instance();
  std::vector<QueryTable> tables(pool.size());
  std::vector<std::array<Candidates, kQueries>> candidates(pool.size());
  pool.parallel_for(parts.count(), [&](size_t part, size_t slot) {
    const size_t from = parts.begin(part), size = parts.end(part) - from;
    blocks.run(from, size, tables[slot], candidates[slot].data(),
               [&](size_t q, const std::vector<Neighbor<double>>& found) {
                 visit(from + q, found.data(), found.size(), slot);
               });
  });
}

SparseNearest sparse_nearest(const CsrView<double>& points, const CsrView<double>& queries,
                             const SparseSearch& search, const CancelToken* cancel) {
  if (search.count == 0) throw Error("ERR_PARAMETER", "At least one neighbour must be wanted.");
  SparseNearest result;
  result.distances.resize(queries.rows() * search.count);
  result.indices.resize(queries.rows() * search.count);
  const auto keep = [&](size_t query, const Neighbor<double>* found, size_t count, size_t) {
    for (size_t n = 0; n < count; ++n) {
      result.distances[query * count + n] = found[n].rank;
      result.indices[query * count + n] = found[n].index;
    }
  };
  search_sparse(points, queries, search, keep, cancel);
  return result;
}

SparseWithin sparse_within(const CsrView<double>& points, const CsrView<double>& queries,
                           const SparseSearch& search, bool sorted, const CancelToken* cancel) {
  if (search.count != 0) throw Error("ERR_PARAMETER", "A radius takes no number of neighbours.");
  std::vector<std::vector<Neighbor<double>>> lists(queries.rows());
  const auto keep = [&](size_t query, const Neighbor<double>* found, size_t count, size_t) {
    lists[query].assign(found, found + count);
    if (sorted) std::sort(lists[query].begin(), lists[query].end(), nearer<double>);
  };
  search_sparse(points, queries, search, keep, cancel);
  SparseWithin result;
  result.offsets.push_back(0);
  for (std::vector<Neighbor<double>>& list : lists) {
    for (const Neighbor<double>& near : list) {
      result.distances.push_back(near.rank);
      result.indices.push_back(near.index);
    }
    result.offsets.push_back(static_cast<double>(result.indices.size()));
    list = {};
  }
  return result;
}

}  // namespace boreal
