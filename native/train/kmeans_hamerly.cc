#include <algorithm>
#include <cmath>
#include <type_traits>

#include "base/prefetch.h"
#include "base/thread_pool.h"
#include "kernels/dispatch.h"
#include "kernels/dispatch_cluster.h"
#include "train/kmeans_bounds.h"

namespace boreal {
namespace {

constexpr size_t kBlockRows = 96;
constexpr size_t kRowsAhead = 6;  // of those that move, whose sums wait for memory

}  // namespace

template <typename T>
FloatRows<T>::FloatRows(MatrixView<const T> x, const CancelToken* cancel) {
  if constexpr (std::is_same_v<T, float>) {
    view_ = x;
  } else {
    rounding_ = rounding_of(x, {0, cancel});
    rounded_ = AlignedBuffer<float>(x.rows * x.cols);
    view_ = dense_view<const float>(rounded_.data(), x.rows, x.cols);
    const Partition parts = partition_rows(x.rows, 1024, 64);
    std::vector<double> longest(parts.count(), 0);
    ThreadPool::instance().parallel_for(parts.count(), [&](size_t part, size_t) {
      check_cancel(cancel);
      for (size_t i = parts.begin(part); i < parts.end(part); ++i) {
        float* const row = rounded_.data() + i * x.cols;
        rounding_.apply(x.row(i), row);
        float squares[4] = {};  // which need not wait for one another
        size_t k = 0;
        for (; k + 4 <= x.cols; k += 4) {
          for (size_t s = 0; s < 4; ++s) squares[s] += row[k + s] * row[k + s];
        }
        for (; k < x.cols; ++k) squares[0] += row[k] * row[k];
        const float square = (squares[0] + squares[1]) + (squares[2] + squares[3]);
        longest[part] = std::max(longest[part], static_cast<double>(square));
      }
    });
    // Of sums in float, with room for their rounding.
    longest_ = std::sqrt(*std::max_element(longest.begin(), longest.end())) * 1.01;
  }
}

template <typename T>
std::vector<double> FloatRows<T>::place(const std::vector<double>& centres, double* slack) const {
  *slack = 0;
  if constexpr (std::is_same_v<T, float>) return centres;
  const size_t cols = view_.cols;
  std::vector<double> placed(centres.size());
  double longest = 0;
  for (size_t first = 0; first < centres.size(); first += cols) {
    double square = 0;
    for (size_t k = 0; k < cols; ++k) {
      const double value = (centres[first + k] - rounding_.shift[k]) * rounding_.scale;
      placed[first + k] = std::clamp(value, -1e15, 1e15);
      square += value * value;
    }
    longest = std::max(longest, std::sqrt(square));
  }
  // Each value is within half an ulp, of the row and of the centre, of either distance.
  constexpr double kFar = 1e3;
  *slack = longest < kFar * std::sqrt(static_cast<double>(cols))
               ? 2 * ((longest + longest_) * kHalfUlp + kSmallest)
               : std::numeric_limits<double>::infinity();
  return placed;
}

template <typename T>
HamerlyBounds<T>::HamerlyBounds(MatrixView<const T> x, const FloatRows<T>& rows, size_t clusters,
                                const CancelToken* cancel)
    : x_(x),
      rows_(rows.view()),
      places_(rows),
      clusters_(clusters),
      cancel_(cancel),
      centres_(clusters, x.cols, false),
      drifts_(clusters),
      upper_(x.rows),
      lower_(x.rows) {}

// Writes to `open` the rows that may have to move, and returns how many. Without branches: which rows these
// are is nothing that a CPU could predict.
template <typename T>
size_t HamerlyBounds<T>::open_rows(size_t begin, size_t end, const int32_t* labels, uint32_t* open) {
  const auto bound = [&](size_t i, const Drift& drift) {
    return std::max(lower_[i] - drift.others, drift.nearest);
  };
  size_t loose = 0;
  for (size_t i = begin; i < end; ++i) {
    const Drift& drift = drifts_[static_cast<size_t>(labels[i])];
    open[loose] = static_cast<uint32_t>(i);
    loose += !centres_.below(upper_[i] + drift.own, bound(i, drift));
  }
  // The distance itself often is below where its bound was not.
  std::vector<float> squares(loose);
  cluster_kernels<float>(kernels()).own_distances(rows_.data, rows_.stride, open, loose, centres_.row(0),
                                                  labels, rows_.cols, squares.data());
  size_t count = 0;
  for (size_t p = 0; p < loose; ++p) {
    const uint32_t i = open[p];
    const Drift& drift = drifts_[static_cast<size_t>(labels[i])];
    const double own = std::sqrt(static_cast<double>(squares[p]));
    upper_[i] = own - drift.own;
    open[count] = i;
    count += !centres_.below(own, bound(i, drift));
  }
  return count;
}

// The nearest centres of doubtful rows, given by their positions among `rows`: by exact distances.
template <typename T>
void HamerlyBounds<T>::decide(const uint32_t* rows, const uint32_t* doubtful, size_t count,
                              const Packed& packed, Block& block, int32_t* nearest) const {
  uint32_t own[kBlockRows];
  T index[kBlockRows];
  for (size_t p = 0; p < count; ++p) own[p] = rows[doubtful[p]];
  const ClusterKernels<T>& kernel = cluster_kernels<T>(kernels());
  kernel.gather(x_.data, x_.stride, own, count, x_.cols, block.doubtful.data());
  kernel.nearest(block.doubtful.data(), x_.cols, packed.exact->from(0), count, clusters_, x_.cols,
                 block.exact.data(), nullptr, index, nullptr);
  for (size_t p = 0; p < count; ++p) nearest[doubtful[p]] = static_cast<int32_t>(index[p]);
}

template <typename T>
void HamerlyBounds<T>::assign_block(const uint32_t* rows, size_t count, const Packed& packed, size_t part,
                                    Block& block, MovingSums<T>* sums, int32_t* labels) {
  const size_t cols = rows_.cols;
  const ClusterKernels<float>& kernel = cluster_kernels<float>(kernels());
  MatrixView<const float> side_by_side{rows_.row(rows[0]), count, cols, rows_.stride};
  if (rows[count - 1] - rows[0] + 1 != count) {
    kernel.gather(rows_.data, rows_.stride, rows, count, cols, block.rows.data());
    side_by_side = dense_view<const float>(block.rows.data(), count, cols);
  }
  float least[kBlockRows], index[kBlockRows], next[kBlockRows];
  kernel.nearest(side_by_side.data, side_by_side.stride, packed.rounded.from(0), count, clusters_, cols,
                 block.turned.data(), least, index, next);
  const ElementwiseKernels<float>& elementwise = elementwise_kernels<float>(kernels());
  elementwise.unary(Unary::kSqrt, least, count, least, count, 1, count);
  elementwise.unary(Unary::kSqrt, next, count, next, count, 1, count);
  int32_t nearest[kBlockRows];
  uint32_t doubtful[kBlockRows];
  size_t doubts = 0;
  for (size_t r = 0; r < count; ++r) {
    nearest[r] = static_cast<int32_t>(index[r]);
    doubtful[doubts] = static_cast<uint32_t>(r);
    doubts += !centres_.below(least[r], next[r]);
  }
  if constexpr (!std::is_same_v<T, float>) {
    if (doubts > 0) {
      int32_t screened[kBlockRows];
      std::copy_n(nearest, count, screened);
      decide(rows, doubtful, doubts, packed, block, nearest);
      for (size_t p = 0; p < doubts; ++p) {
        const uint32_t r = doubtful[p];
        if (nearest[r] == screened[r]) continue;
        next[r] = least[r];  // that of another centre is the least
        kernel.own_distances(side_by_side.data, side_by_side.stride, &r, 1, centres_.row(0), nearest, cols,
                             least + r);
        least[r] = std::sqrt(least[r]);
      }
    }
  }
  for (size_t r = 0; r < count; ++r) {
    const uint32_t row = rows[r];
    const Drift& drift = drifts_[static_cast<size_t>(nearest[r])];
    upper_[row] = least[r] - drift.own;
    lower_[row] = next[r] + drift.others;
    const size_t later = r + kRowsAhead;
    if (later < count && nearest[later] != labels[rows[later]]) {
      prefetch_range(x_.row(rows[later]), x_.cols * sizeof(T));
    }
    sums->assign(part, row, nearest[r], labels + row);
  }
}

template <typename T>
void HamerlyBounds<T>::assign(const std::vector<double>& centres, MovingSums<T>* sums, int32_t* labels) {
  const std::vector<double> placed = places_.place(centres, &centres_.slack);
  centres_.move(placed);
  for (size_t c = 0; c < clusters_; ++c) {
    double farthest = 0;
    for (size_t other = 0; other < clusters_; ++other) {
      if (other != c) farthest = std::max(farthest, centres_.shift[other]);
    }
    if (fresh_) drifts_[c] = {};
    if (!fresh_) drifts_[c].own += centres_.shift[c];
    if (!fresh_) drifts_[c].others += farthest;
    drifts_[c].nearest = centres_.nearest[c];
  }
  const bool all = fresh_;
  // Bounds to centres that are beyond all measure are none.
  fresh_ = std::isinf(centres_.slack);
  Packed packed{centres_.packed(), std::nullopt};
  if constexpr (!std::is_same_v<T, float>) {
    packed.exact.emplace(Metric::kSquaredEuclidean, dense_view(centres.data(), clusters_, x_.cols));
  }
  const Partition& rows = sums->rows();
  ThreadPool::instance().parallel_for(rows.count(), [&](size_t part, size_t) {
    const size_t begin = rows.begin(part), end = rows.end(part);
    std::vector<uint32_t> open(end - begin + 1);
    size_t count = end - begin;
    if (all) {
      for (size_t p = 0; p < count; ++p) open[p] = static_cast<uint32_t>(begin + p);
    } else {
      count = open_rows(begin, end, labels, open.data());
    }
    const size_t size = kBlockRows * x_.cols;
    const size_t turned = cluster_kernels<float>(kernels()).nearest_rows * x_.cols;
    Block block{AlignedBuffer<float>(size), AlignedBuffer<float>(turned), {}, {}};
    if constexpr (!std::is_same_v<T, float>) {
      block.doubtful = AlignedBuffer<T>(size);
      block.exact = AlignedBuffer<T>(cluster_kernels<T>(kernels()).nearest_rows * x_.cols);
    }
    for (size_t p = 0; p < count; p += kBlockRows) {
      check_cancel(cancel_);
      assign_block(open.data() + p, std::min(kBlockRows, count - p), packed, part, block, sums, labels);
    }
  });
}

template class FloatRows<float>;
template class FloatRows<double>;
template class HamerlyBounds<float>;
template class HamerlyBounds<double>;

}  // namespace boreal
