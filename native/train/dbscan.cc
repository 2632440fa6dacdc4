// Pairs of rows within eps are met once each, found in parallel and used one block after the other, so that
// sums and unions happen in one order. They are kept between the two passes unless they are too many.
#include "train/dbscan.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include "base/error.h"
#include "base/thread_pool.h"
#include "kernels/dispatch.h"
#include "neighbors/index.h"

namespace boreal {
namespace {

constexpr size_t kBatch = 16;                 // blocks a thread, between which pairs are used
constexpr size_t kMaxKept = size_t{1} << 28;  // pairs, of four bytes each

// The pairs of one block: rows, and the numbers of those within eps that each is met with, one after the
// other.
struct Pairs {
  std::vector<int32_t> rows;
  std::vector<uint32_t> counts;
  std::vector<int32_t> others;
};

template <typename T>
class PairSource {
 public:
  PairSource(const NeighborIndex<T>& index, double eps, const CancelToken* cancel)
      : index_(index), limit_(rank_limit<T>(index.spec(), eps)), cancel_(cancel) {}

  // pair(i, j) for each pair, in one order.
  template <typename Pair>
  void each(const Pair& pair) {
    const size_t blocks = index_.pair_blocks();
    const size_t batch = kBatch * ThreadPool::instance().size();
    size_t total = 0;
    bool keeps = !has_kept_;
    for (size_t first = 0; first < blocks; first += batch) {
      const size_t count = std::min(batch, blocks - first);
      std::vector<Pairs> found(has_kept_ ? 0 : count);
      if (!has_kept_) {
        ThreadPool::instance().parallel_for(count,
                                            [&](size_t task, size_t) { find(first + task, found[task]); });
      }
      for (size_t b = 0; b < count; ++b) {
        check_cancel(cancel_);
        const Pairs& pairs = has_kept_ ? kept_[first + b] : found[b];
        const int32_t* other = pairs.others.data();
        for (size_t r = 0; r < pairs.rows.size(); ++r) {
          for (uint32_t c = 0; c < pairs.counts[r]; ++c) {
            pair(static_cast<size_t>(pairs.rows[r]), static_cast<size_t>(*other++));
          }
        }
        total += pairs.others.size();
      }
      if (keeps && total > kMaxKept) {
        keeps = false;
        kept_.clear();
      }
      if (keeps) std::move(found.begin(), found.end(), std::back_inserter(kept_));
    }
    has_kept_ = has_kept_ || keeps;
  }

 private:
  void find(size_t block, Pairs& pairs) const {
    index_.pairs(
        block, limit_,
        [&](size_t i, Neighbor<T>* found, size_t count) {
          pairs.rows.push_back(static_cast<int32_t>(i));
          pairs.counts.push_back(static_cast<uint32_t>(count));
          for (size_t c = 0; c < count; ++c) pairs.others.push_back(found[c].index);
        },
        cancel_);
  }

  const NeighborIndex<T>& index_;
  const T limit_;
  const CancelToken* cancel_;
  std::vector<Pairs> kept_;
  bool has_kept_ = false;
};

// Disjoint sets whose root is their lowest member.
class Sets {
 public:
  explicit Sets(size_t size) : parent_(size) {
    for (size_t i = 0; i < size; ++i) parent_[i] = i;
  }
  size_t root(size_t i) {
    for (; parent_[i] != i; i = parent_[i]) parent_[i] = parent_[parent_[i]];
    return i;
  }
  void join(size_t a, size_t b) {
    a = root(a);
    b = root(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<size_t> parent_;
};

std::vector<int32_t> core_rows(const std::vector<double>& near, double min_samples) {
  std::vector<int32_t> core;
  for (size_t i = 0; i < near.size(); ++i) {
    if (near[i] >= min_samples) core.push_back(static_cast<int32_t>(i));
  }
  return core;
}

// Of distances that are given. Clusters grow one after the other, so that a row at the border of several
// belongs to the first.
template <typename T>
DbscanClusters dbscan_given(MatrixView<const T> x, Span<double> weights, const DbscanParams& params,
                            const CancelToken* cancel) {
  const size_t n = x.rows;
  if (x.cols != n) throw Error("ERR_SHAPE", "Distances of rows to each other must be square.");
  check_distances(params.spec, x, 0, cancel);
  const T eps = static_cast<T>(params.eps);
  constexpr size_t kRows = 16;
  std::vector<double> near(n, 0);
  ThreadPool::instance().parallel_for((n + kRows - 1) / kRows, [&](size_t task, size_t) {
    check_cancel(cancel);
    for (size_t i = task * kRows; i < std::min(n, (task + 1) * kRows); ++i) {
      for (size_t j = 0; j < n; ++j) near[i] += x.at(i, j) > eps ? 0 : weights.size == 0 ? 1 : weights[j];
    }
  });
  DbscanClusters result{std::vector<int32_t>(n, -1), core_rows(near, params.min_samples)};
  int32_t clusters = 0;
  std::vector<int32_t> reached;
  for (const int32_t core : result.core) {
    if (result.labels[static_cast<size_t>(core)] >= 0) continue;
    result.labels[static_cast<size_t>(core)] = clusters;
    reached.assign(1, core);
    while (!reached.empty()) {
      const size_t row = static_cast<size_t>(reached.back());
      reached.pop_back();
      if (near[row] < params.min_samples) continue;
      check_cancel(cancel);
      for (size_t j = 0; j < n; ++j) {
        if (x.at(row, j) > eps || result.labels[j] >= 0) continue;
        result.labels[j] = clusters;
        reached.push_back(static_cast<int32_t>(j));
      }
    }
    ++clusters;
  }
  return result;
}

}  // namespace

template <typename T>
DbscanClusters dbscan(MatrixView<const T> x, Span<double> weights, const DbscanParams& params,
                      const CancelToken* cancel) {
  const size_t n = x.rows;
  if (weights.size != 0 && weights.size != n)
    throw Error("ERR_SHAPE", "There is not one weight for each row.");
  if (!(params.eps > 0)) throw Error("ERR_PARAMETER", "eps must be above 0.");
  if (params.spec.metric == NeighborMetric::kPrecomputed) return dbscan_given(x, weights, params, cancel);
  NeighborSpec spec = params.spec;
  spec.radius = params.eps;
  const NeighborIndex<T> index(spec, x, kernels(), {0, cancel});
  PairSource<T> source(index, params.eps, cancel);

  std::vector<double> near(n, 1);  // weight within eps
  if (weights.size != 0) {
    std::copy(weights.begin(), weights.end(), near.begin());
    source.each([&](size_t i, size_t j) {
      near[i] += weights[j];
      near[j] += weights[i];
    });
  } else {
    source.each([&](size_t i, size_t j) {
      near[i] += 1;
      near[j] += 1;
    });
  }

  DbscanClusters result{std::vector<int32_t>(n, -1), core_rows(near, params.min_samples)};
  std::vector<uint8_t> is_core(n);
  for (const int32_t core : result.core) is_core[static_cast<size_t>(core)] = 1;
  Sets sets(n);
  std::vector<std::pair<int32_t, int32_t>> borders;  // core row, other row
  source.each([&](size_t i, size_t j) {
    if (is_core[i] != 0 && is_core[j] != 0) {
      sets.join(i, j);
    } else if (is_core[i] != is_core[j]) {
      borders.emplace_back(static_cast<int32_t>(is_core[i] != 0 ? i : j),
                           static_cast<int32_t>(is_core[i] != 0 ? j : i));
    }
  });

  int32_t clusters = 0;
  for (const int32_t core : result.core) {
    const size_t row = static_cast<size_t>(core), root = sets.root(row);
    result.labels[row] = root == row ? clusters++ : result.labels[root];
  }
  for (const auto& [core, other] : borders) {
    int32_t& label = result.labels[static_cast<size_t>(other)];
    const int32_t cluster = result.labels[static_cast<size_t>(core)];
    if (label < 0 || cluster < label) label = cluster;
  }
  return result;
}

template DbscanClusters dbscan<float>(MatrixView<const float>, Span<double>, const DbscanParams&,
                                      const CancelToken*);
template DbscanClusters dbscan<double>(MatrixView<const double>, Span<double>, const DbscanParams&,
                                       const CancelToken*);

}  // namespace boreal
