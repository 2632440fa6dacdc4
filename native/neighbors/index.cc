#include "neighbors/index.h"

#include <algorithm>
#include <limits>
#include <string>

#include "base/cancel.h"
#include "base/error.h"
#include "base/thread_pool.h"
#include "base/thread_scratch.h"
#include "linalg/find_first.h"

namespace boreal {
namespace {

// Where a KD-tree may pay: it is built to see.
constexpr size_t kTreeRows = 512;
constexpr size_t kTreeCols = 64;
constexpr size_t kProbes = 32;
// Nanoseconds of a search in a tree beside its distances, and of a distance there: for each term, with its
// share of the walk, and beside them. From runs in float64 with AVX-512 on 100,000 rows of 2 to 14 columns.
constexpr double kTreeSearchNs = 500, kTreeTermNs = 0.25, kTreeRowNs = 0.3;

// The same where all pairs are met leaf by leaf.
constexpr double kTreePairNs = 60, kPairTermNs = 0.06, kPairRowNs = 0.15;

// Neighbours among which the nearest are kept.
template <typename T>
struct Lists {
  NearestList<T> lists[BruteSearch<T>::kBlockRows];
  T limit(size_t i) const { return lists[i].worst(); }
  size_t wanted() const { return lists[0].k(); }
  void add(size_t i, T rank, size_t j) { lists[i].add(rank, static_cast<int32_t>(j)); }
};

// All within a limit; with own rows only those after each.
template <typename T>
struct Collected {
  T most;
  int64_t self;
  std::vector<Neighbor<T>> rows[BruteSearch<T>::kBlockRows];
  T limit(size_t) const { return std::nextafter(most, std::numeric_limits<T>::infinity()); }
  size_t wanted() const { return std::numeric_limits<size_t>::max(); }
  void add(size_t i, T rank, size_t j) {
    if (rank <= most && (self < 0 || static_cast<int64_t>(j) > self + static_cast<int64_t>(i))) {
      rows[i].push_back({rank, static_cast<int32_t>(j)});
    }
  }
};

// Visits given distances as BruteSearch::scan visits those that it computes.
template <typename T, typename Hits>
void scan_given(const Kernels& kernels, MatrixView<const T> x, Hits& hits, const CancelToken* cancel) {
  constexpr size_t kStretch = 512;
  int32_t found[kStretch];
  for (size_t i = 0; i < x.rows; ++i) {
    check_cancel(cancel);
    for (size_t j = 0; j < x.cols; j += kStretch) {
      const size_t hit = select_kernels<T>(kernels).find_beyond(
          false, x.row(i) + j, std::min(kStretch, x.cols - j), hits.limit(i), found);
      for (size_t h = 0; h < hit; ++h) {
        const size_t column = j + static_cast<size_t>(found[h]);
        hits.add(i, x.at(i, column), column);
      }
    }
  }
}

template <typename T>
bool by_index(const Neighbor<T>& a, const Neighbor<T>& b) {
  return a.index < b.index;
}

}  // namespace

template <typename T>
NeighborIndex<T>::NeighborIndex(const NeighborSpec& spec, MatrixView<const T> y, const Kernels& kernels,
                                const RunOptions& options)
    : spec_(spec), kernels_(kernels), cols_(y.cols) {
  if (y.rows == 0 || y.cols == 0) throw Error("ERR_EMPTY", "There are no rows to search.");
  if (y.rows > static_cast<size_t>(std::numeric_limits<int32_t>::max())) {
    throw Error("ERR_SHAPE", "More than 2^31 - 1 rows.");
  }
  if (spec.metric == NeighborMetric::kMinkowski) {
    if (!(spec.p >= 1)) throw Error("ERR_PARAMETER", "p must be at least 1.");
    if (spec.p == 1) spec_.metric = NeighborMetric::kManhattan;
    if (spec.p == 2) spec_.metric = NeighborMetric::kEuclidean;
    if (std::isinf(spec.p)) spec_.metric = NeighborMetric::kChebyshev;
  }
  if (spec.metric == NeighborMetric::kPrecomputed) {
    if (y.rows != y.cols) throw Error("ERR_SHAPE", "Distances of rows to each other must be square.");
    if (spec.search != NeighborSearch::kAuto && spec.search != NeighborSearch::kBrute) {
      throw Error("ERR_PARAMETER", "No tree is made of distances that are given.");
    }
    spec_.search = NeighborSearch::kBrute;
    y_ = dense_view<const T>(nullptr, y.rows, y.cols);
    row_cost_ns_ = 100 + 0.2 * static_cast<double>(y.cols);
    return;
  }
  const PreparedRows<T> prepared(spec_, y, true);
  const MatrixView<const T> rows = prepared.view();
  copy_ = AlignedBuffer<T>(rows.rows * rows.cols);
  for (size_t i = 0; i < rows.rows; ++i) {
    std::copy(rows.row(i), rows.row(i) + rows.cols, copy_.data() + i * rows.cols);
  }
  // Also of rows that were finite before they were converted to T.
  if (!std::all_of(copy_.begin(), copy_.end(), [](T value) { return std::isfinite(value); })) {
    throw Error("ERR_INPUT_INFINITE",
                "Rows that are searched for neighbours must be finite numbers of the plan's type.");
  }
  y_ = dense_view<const T>(copy_.data(), rows.rows, rows.cols);
  choose(kernels, options);
}

// What a search computes is counted for some rows of its own. The count is the same everywhere, and so is the
// choice.
template <typename T>
double NeighborIndex<T>::search_cost_ns() const {
  std::vector<T> scratch(tree_->scratch());
  Neighbor<T> items[8];
  size_t computed = 0;
  const size_t probes = std::min(kProbes, y_.rows), k = std::min<size_t>(8, y_.rows);
  for (size_t probe = 0; probe < probes; ++probe) {
    NearestList<T> list(items, k, -1);
    computed +=
        tree_->nearest({y_.row(probe * (y_.rows / probes)), 1, y_.cols, y_.stride}, &list, scratch.data());
  }
  return kTreeSearchNs + static_cast<double>(computed) / static_cast<double>(probes) *
                             (kTreeRowNs + kTreeTermNs * static_cast<double>(y_.cols));
}

template <typename T>
double NeighborIndex<T>::pair_cost_ns() const {
  const T limit = rank_limit<T>(spec_, spec_.radius);
  const size_t leaves = tree_->leaves(), probes = std::min(kProbes, leaves);
  size_t computed = 0, rows = 0;
  for (size_t probe = 0; probe < probes; ++probe) {
    const size_t leaf = probe * (leaves / probes);
    computed += tree_->pair_distances(leaf, limit);
    rows += tree_->leaf_rows(leaf).size;
  }
  return kTreePairNs + static_cast<double>(computed) / static_cast<double>(std::max<size_t>(1, rows)) *
                           (kPairRowNs + kPairTermNs * static_cast<double>(y_.cols));
}

template <typename T>
void NeighborIndex<T>::choose(const Kernels& kernels, const RunOptions& options) {
  const NeighborSearch wish = spec_.search;
  const bool may_pay = y_.rows >= kTreeRows && y_.cols <= kTreeCols;
  if (wish == NeighborSearch::kKdTree || wish == NeighborSearch::kBallTree ||
      (wish == NeighborSearch::kAuto && may_pay)) {
    tree_ = std::make_unique<NeighborTree<T>>(spec_, y_, wish == NeighborSearch::kBallTree, kernels, options);
    row_cost_ns_ = spec_.radius > 0 ? pair_cost_ns() : search_cost_ns();
    if (spec_.metric == NeighborMetric::kMinkowski) row_cost_ns_ *= 20;
  }
  if (wish == NeighborSearch::kBrute || wish == NeighborSearch::kAuto) {
    auto brute = std::make_unique<BruteSearch<T>>(spec_, y_, kernels, options);
    // Of all pairs brute force computes half.
    if (tree_ == nullptr || brute->row_cost_ns() * (spec_.radius > 0 ? 0.5 : 1) < row_cost_ns_) {
      brute_ = std::move(brute);
      tree_.reset();
      row_cost_ns_ = 100 + brute_->row_cost_ns();
    }
  }
  if (wish == NeighborSearch::kAuto) spec_.search = brute_ ? NeighborSearch::kBrute : NeighborSearch::kKdTree;
}

template <typename T>
void NeighborIndex<T>::nearest(MatrixView<const T> x, size_t k, int64_t left_out, Neighbor<T>* items,
                               const CancelToken* cancel) const {
  for (size_t i = 0; i < x.rows; i += kBlockRows) {
    const size_t count = std::min(kBlockRows, x.rows - i);
    const PreparedRows<T> prepared(spec_, {x.row(i), count, x.cols, x.stride}, false);
    nearest_block(prepared.view(), k, left_out < 0 ? -1 : left_out + static_cast<int64_t>(i), items + i * k,
                  cancel);
  }
}

template <typename T>
void NeighborIndex<T>::nearest_block(MatrixView<const T> x, size_t k, int64_t left_out, Neighbor<T>* items,
                                     const CancelToken* cancel) const {
  Lists<T> found;
  for (size_t i = 0; i < x.rows; ++i) {
    const int32_t own = left_out < 0 ? -1 : static_cast<int32_t>(left_out + static_cast<int64_t>(i));
    found.lists[i] = NearestList<T>(items + i * k, k, own);
  }
  if (k > 0 && brute_) {
    brute_->scan(x, 0, found, cancel);
  } else if (k > 0 && !tree_) {
    scan_given(kernels_, x, found, cancel);
  } else if (k > 0) {
    check_cancel(cancel);
    const ThreadScratch<NeighborIndex<T>> scratch(tree_->scratch() * sizeof(T), size_t{1} << 20);
    tree_->nearest(x, found.lists, reinterpret_cast<T*>(scratch.data()));
  }
  for (size_t i = 0; i < x.rows; ++i) found.lists[i].finish(y_.rows);
}

template <typename T>
void NeighborIndex<T>::within(MatrixView<const T> x, T limit, const Visitor& visit,
                              const CancelToken* cancel) const {
  for (size_t i = 0; i < x.rows; i += kBlockRows) {
    const size_t count = std::min(kBlockRows, x.rows - i);
    const PreparedRows<T> prepared(spec_, {x.row(i), count, x.cols, x.stride}, false);
    within_block(prepared.view(), -1, limit, visit, i, cancel);
  }
}

template <typename T>
size_t NeighborIndex<T>::pair_blocks() const {
  return tree_ ? tree_->leaves() : (y_.rows + kBlockRows - 1) / kBlockRows;
}

template <typename T>
void NeighborIndex<T>::pairs(size_t block, T limit, const Visitor& visit, const CancelToken* cancel) const {
  if (!tree_) {
    const size_t first = block * kBlockRows, rows = std::min(kBlockRows, y_.rows - first);
    const SearchedRows<T> searched(spec_, {y_.row(first), rows, y_.cols, y_.stride});
    within_block(searched.view(), static_cast<int64_t>(first), limit, visit, first, cancel);
    return;
  }
  check_cancel(cancel);
  const Span<int32_t> rows = tree_->leaf_rows(block);
  const AlignedBuffer<T> own(rows.size * y_.cols);
  for (size_t r = 0; r < rows.size; ++r) {
    const T* const row = y_.row(static_cast<size_t>(rows[r]));
    std::copy(row, row + y_.cols, own.data() + r * y_.cols);
  }
  const SearchedRows<T> searched(spec_, dense_view<const T>(own.data(), rows.size, y_.cols));
  tree_->pairs(block, searched.view(), limit, [&](size_t r, Neighbor<T>* found, size_t count) {
    visit(static_cast<size_t>(rows[r]), found, count);
  });
}

template <typename T>
void NeighborIndex<T>::within_block(MatrixView<const T> x, int64_t self, T limit, const Visitor& visit,
                                    size_t first, const CancelToken* cancel) const {
  Collected<T> found{limit, self, {}};
  if (brute_) {
    brute_->scan(x, self < 0 ? 0 : static_cast<size_t>(self), found, cancel);
  } else if (!tree_) {
    scan_given(kernels_, x, found, cancel);
  } else {
    check_cancel(cancel);
    const ThreadScratch<NeighborIndex<T>> scratch(tree_->scratch() * sizeof(T), size_t{1} << 20);
    for (size_t i = 0; i < x.rows; ++i) {
      tree_->within(x.row(i), limit, reinterpret_cast<T*>(scratch.data()),
                    [&](T rank, int32_t j) { found.add(i, rank, static_cast<size_t>(j)); });
      std::sort(found.rows[i].begin(), found.rows[i].end(), by_index<T>);
    }
  }
  for (size_t i = 0; i < x.rows; ++i) visit(first + i, found.rows[i].data(), found.rows[i].size());
}

namespace {

// Rows of one task: whole blocks where there are many, and enough tasks for all threads.
template <typename T>
size_t rows_per_task(const NeighborIndex<T>& index, size_t rows) {
  const size_t threads = ThreadPool::instance().size();
  const size_t worth = static_cast<size_t>(20000 / index.row_cost_ns()) + 1;
  return std::max<size_t>(
      1, std::min(NeighborIndex<T>::kBlockRows, std::max(worth, (rows + 4 * threads - 1) / (4 * threads))));
}

template <typename T>
void check_columns(const NeighborIndex<T>& index, MatrixView<const T> x) {
  if (x.cols != index.cols()) throw Error("ERR_SHAPE", "Rows of different lengths have no distance.");
}

}  // namespace

template <typename T>
void check_distances(const NeighborSpec& spec, MatrixView<const T> x, size_t first_row,
                     const CancelToken* cancel) {
  if (spec.metric != NeighborMetric::kPrecomputed) return;
  const int64_t position = find_negative(x, cancel);
  if (position < 0) return;
  const size_t row = first_row + static_cast<size_t>(position) / x.cols;
  const size_t column = static_cast<size_t>(position) % x.cols;
  throw Error("ERR_INPUT_NEGATIVE",
              "Row " + std::to_string(row) + ", column " + std::to_string(column) +
                  ": the value is below 0, which is no distance.",
              static_cast<int64_t>(row), static_cast<int64_t>(column));
}

template <typename T>
NearestRows<T> nearest_rows(const NeighborIndex<T>& index, MatrixView<const T> x, size_t k, bool own,
                            const RunOptions& options) {
  check_columns(index, x);
  check_distances(index.spec(), x, 0, options.cancel);
  if (own && x.rows != index.rows()) throw Error("ERR_SHAPE", "These are not the rows of the index.");
  if (k + (own ? 1 : 0) > index.rows()) {
    throw Error("ERR_PARAMETER", "There are no " + std::to_string(k) + (own ? " other" : "") +
                                     " rows among " + std::to_string(index.rows()) + ".");
  }
  NearestRows<T> result;
  result.distances.resize(x.rows * k);
  result.indices.resize(x.rows * k);
  const size_t step = rows_per_task(index, x.rows);
  ThreadPool::instance().parallel_for(
      (x.rows + step - 1) / step,
      [&](size_t task, size_t) {
        const size_t first = task * step, count = std::min(step, x.rows - first);
        std::vector<Neighbor<T>> items(count * k);
        index.nearest({x.row(first), count, x.cols, x.stride}, k, own ? static_cast<int64_t>(first) : -1,
                      items.data(), options.cancel);
        for (size_t i = 0; i < count * k; ++i) {
          result.distances[first * k + i] = index.spec().to_distance(items[i].rank);
          result.indices[first * k + i] = items[i].index;
        }
      },
      options.max_threads);
  return result;
}

template <typename T>
RowsWithin<T> rows_within(const NeighborIndex<T>& index, MatrixView<const T> x, double radius, bool own,
                          bool sorted, const RunOptions& options) {
  check_columns(index, x);
  check_distances(index.spec(), x, 0, options.cancel);
  const T limit = rank_limit<T>(index.spec(), radius);
  const size_t step = rows_per_task(index, x.rows), tasks = (x.rows + step - 1) / step;
  std::vector<std::vector<Neighbor<T>>> parts(tasks);
  RowsWithin<T> result;
  result.offsets.resize(x.rows + 1);
  ThreadPool::instance().parallel_for(
      tasks,
      [&](size_t task, size_t) {
        const size_t first = task * step, count = std::min(step, x.rows - first);
        const auto visit = [&](size_t i, Neighbor<T>* found, size_t hits) {
          if (sorted) std::sort(found, found + hits, nearer<T>);
          const size_t before = parts[task].size();
          for (size_t h = 0; h < hits; ++h) {
            if (!own || static_cast<size_t>(found[h].index) != first + i) parts[task].push_back(found[h]);
          }
          result.offsets[first + i + 1] = static_cast<double>(parts[task].size() - before);
        };
        index.within({x.row(first), count, x.cols, x.stride}, limit, visit, options.cancel);
      },
      options.max_threads);
  for (size_t i = 0; i < x.rows; ++i) result.offsets[i + 1] += result.offsets[i];
  const size_t total = static_cast<size_t>(result.offsets[x.rows]);
  result.distances.reserve(total);
  result.indices.reserve(total);
  for (std::vector<Neighbor<T>>& part : parts) {
    for (const Neighbor<T>& found : part) {
      result.distances.push_back(index.spec().to_distance(found.rank));
      result.indices.push_back(found.index);
    }
    std::vector<Neighbor<T>>().swap(part);
  }
  return result;
}

#define BOREAL_NEIGHBORS(T)                                                                               \
  template class NeighborIndex<T>;                                                                        \
  template void check_distances<T>(const NeighborSpec&, MatrixView<const T>, size_t, const CancelToken*); \
  template NearestRows<T> nearest_rows<T>(const NeighborIndex<T>&, MatrixView<const T>, size_t, bool,     \
                                          const RunOptions&);                                             \
  template RowsWithin<T> rows_within<T>(const NeighborIndex<T>&, MatrixView<const T>, double, bool, bool, \
                                        const RunOptions&);
BOREAL_NEIGHBORS(float)
BOREAL_NEIGHBORS(double)
#undef BOREAL_NEIGHBORS

}  // namespace boreal
