// Each fixed part of rows is read in blocks that stay in the L2 cache, a block takes two passes (mean, then
// squared deviations with the correction for the mean's rounding), and blocks are merged in row order by
// Chan, Golub & LeVeque (1979). Sums are of differences from the column's first value, so a large offset
// costs no digits and a constant column has exactly its value as mean and zero as variance. A matrix of few
// columns is read as one of several rows side by side, which fills the vectors.
#include "linalg/column_moments.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <utility>

#include "base/cancel.h"
#include "base/partition.h"
#include "base/stream_copy.h"
#include "base/thread_pool.h"
#include "base/weights.h"
#include "kernels/dispatch.h"

namespace boreal {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
// 128 KiB of float64, which a second-level cache keeps for the second pass: merging a block costs as much as
// reading a thousand values.
constexpr size_t kBlockValues = 16384;
constexpr size_t kFoldedCols = 16;
constexpr size_t kSomeRows = 256;

// Moments of some rows while they are gathered: mean is relative to the column's origin, m2 is the sum of
// squared deviations from it.
struct Accumulator {
  std::vector<double> count, mean, m2, min, max;

  explicit Accumulator(size_t cols)
      : count(cols, 0.0), mean(cols, 0.0), m2(cols, 0.0), min(cols, kInfinity), max(cols, -kInfinity) {}

  void merge(const Accumulator& other) {
    for (size_t j = 0; j < count.size(); ++j) {
      if (other.count[j] == 0) continue;
      const double total = count[j] + other.count[j];
      const double delta = other.mean[j] - mean[j];
      if (count[j] == 0) {
        mean[j] = other.mean[j];
        m2[j] = other.m2[j];
      } else {
        mean[j] += delta * (other.count[j] / total);
        m2[j] += other.m2[j] + delta * delta * (count[j] * (other.count[j] / total));
      }
      count[j] = total;
      min[j] = std::min(min[j], other.min[j]);
      max[j] = std::max(max[j], other.max[j]);
    }
  }
};

// The first finite value of each column; 0 if it has none.
template <typename T>
std::vector<double> first_values(MatrixView<const T> x, const CancelToken* cancel) {
  std::vector<double> first(x.cols, 0.0);
  std::vector<size_t> missing(x.cols);
  std::iota(missing.begin(), missing.end(), size_t{0});
  for (size_t i = 0; i < x.rows && !missing.empty(); ++i) {
    if (i % 4096 == 0) check_cancel(cancel);
    const auto found = [&](size_t j) {
      if (!std::isfinite(x.at(i, j))) return false;
      first[j] = static_cast<double>(x.at(i, j));
      return true;
    };
    missing.erase(std::remove_if(missing.begin(), missing.end(), found), missing.end());
  }
  return first;
}

// Moments of one block: of x as it is, or with `fold` rows side by side.
template <typename T>
class Block {
 public:
  Block(const std::vector<double>& origin, size_t fold, bool variance)
      : kernels_(column_kernels<T>(kernels())),
        cols_(origin.size()),
        fold_(fold),
        variance_(variance),
        result_(cols_ * fold),
        sum_(cols_ * fold),
        center_(cols_ * fold) {
    for (size_t copy = 0; copy < fold; ++copy) origin_.insert(origin_.end(), origin.begin(), origin.end());
  }

  // rows is a multiple of fold.
  const Accumulator& moments(MatrixView<const T> x, const double* weights) {
    if (fold_ > 1 && x.stride != x.cols) x = dense(x);
    const MatrixView<const T> wide{x.data, x.rows / fold_, x.cols * fold_, x.stride * fold_};
    kernels_.sums(wide.data, wide.stride, wide.rows, wide.cols, weights, origin_.data(), result_.count.data(),
                  sum_.data(), result_.min.data(), result_.max.data());
    fold(result_.count, [](double a, double b) { return a + b; });
    fold(sum_, [](double a, double b) { return a + b; });
    fold(result_.min, [](double a, double b) { return std::min(a, b); });
    fold(result_.max, [](double a, double b) { return std::max(a, b); });
    for (size_t j = 0; j < cols_; ++j) {
      result_.mean[j] = result_.count[j] > 0 ? sum_[j] / result_.count[j] : 0.0;
    }
    if (!variance_) return result_;
    for (size_t j = 0; j < wide.cols; ++j) center_[j] = origin_[j] + result_.mean[j % cols_];
    kernels_.squares(wide.data, wide.stride, wide.rows, wide.cols, weights, center_.data(), sum_.data(),
                     result_.m2.data());
    fold(sum_, [](double a, double b) { return a + b; });
    fold(result_.m2, [](double a, double b) { return a + b; });
    for (size_t j = 0; j < cols_; ++j) {
      if (result_.count[j] > 0) {
        result_.m2[j] = std::max(0.0, result_.m2[j] - sum_[j] * (sum_[j] / result_.count[j]));
      }
    }
    return result_;
  }

 private:
  MatrixView<const T> dense(MatrixView<const T> x) {
    copy_.clear();
    for (size_t i = 0; i < x.rows; ++i) copy_.insert(copy_.end(), x.row(i), x.row(i) + x.cols);
    return dense_view<const T>(copy_.data(), x.rows, x.cols);
  }
  template <typename Combine>
  void fold(std::vector<double>& values, const Combine& combine) const {
    for (size_t j = cols_; j < values.size(); ++j) values[j % cols_] = combine(values[j % cols_], values[j]);
  }

  const ColumnKernels<T>& kernels_;
  size_t cols_, fold_;
  bool variance_;
  std::vector<double> origin_;
  Accumulator result_;  // of the first cols_ columns once folded
  std::vector<double> sum_, center_;
  std::vector<T> copy_;
};

}  // namespace

template <typename T>
ColumnMoments column_moments(MatrixView<const T> x, Span<double> weights, const RunOptions& options, T* copy,
                             bool variance) {
  total_weight(weights, x.rows);
  const std::vector<double> origin = first_values(x, options.cancel);
  const bool folds = weights.size == 0 && x.cols > 0 && 2 * x.cols <= kFoldedCols;
  const size_t fold = folds ? kFoldedCols / x.cols : 1;
  const size_t fitting = kBlockValues / std::max<size_t>(1, x.cols);
  const size_t block = std::max<size_t>(kFoldedCols, fitting) / fold * fold;
  // Whole blocks for each part.
  const Partition even = partition_rows(x.rows, 4 * block, 64);
  const Partition parts{x.rows, (even.part + block - 1) / block * block};
  std::vector<Accumulator> partial(std::max<size_t>(1, parts.count()), Accumulator(x.cols));
  const bool streams = x.rows * x.cols * sizeof(T) >= kStreamed;
  const auto run = [&](size_t part, size_t) {
    Block<T> folded(origin, fold, variance), plain(origin, 1, variance);
    const auto add = [&](Block<T>& kind, size_t begin, size_t end) {
      if (begin == end) return;
      check_cancel(options.cancel);
      partial[part].merge(kind.moments({x.row(begin), end - begin, x.cols, x.stride},
                                       weights.size == 0 ? nullptr : weights.data + begin));
    };
    const auto copy_block = [&](size_t begin, size_t end) {
      const size_t count = (end - begin) * x.cols;
      if (streams) {
        stream_copy(x.row(begin), count, copy + begin * x.cols);
      } else {
        std::copy_n(x.row(begin), count, copy + begin * x.cols);
      }
    };
    for (size_t i = parts.begin(part); i < parts.end(part); i += block) {
      const size_t end = std::min(i + block, parts.end(part));
      const size_t whole = i + (end - i) / fold * fold;
      // First, since a copy reads memory in order, and sums read columns side by side, which is for caches.
      if (copy != nullptr) copy_block(i, end);
      add(folded, i, whole);
      add(plain, whole, end);
    }
  };
  ThreadPool::instance().parallel_for(parts.count(), run, options.max_threads);
  Accumulator& all = partial[0];
  for (size_t part = 1; part < partial.size(); ++part) all.merge(partial[part]);
  for (size_t j = 0; j < x.cols; ++j) {
    if (all.count[j] == 0) {
      all.mean[j] = all.m2[j] = all.min[j] = all.max[j] = kNaN;
    } else {
      all.mean[j] += origin[j];
      all.m2[j] = variance ? all.m2[j] / all.count[j] : kNaN;
    }
  }
  return {std::move(all.count), std::move(all.mean), std::move(all.m2), std::move(all.min),
          std::move(all.max)};
}

template <typename T>
std::vector<double> mean_of_some_rows(MatrixView<const T> x, Span<double> weights) {
  std::vector<double> mean(x.cols, 0.0);
  const size_t count = std::min(x.rows, kSomeRows);
  double total = 0;
  for (size_t k = 0; k < count; ++k) {
    const size_t i = k * x.rows / count;
    const double weight = weights.size == 0 ? 1.0 : weights[i];
    if (weight == 0) continue;
    total += weight;
    for (size_t j = 0; j < x.cols; ++j) {
      mean[j] += weight / total * (static_cast<double>(x.at(i, j)) - mean[j]);
    }
  }
  return mean;
}

template ColumnMoments column_moments(MatrixView<const float>, Span<double>, const RunOptions&, float*, bool);
template ColumnMoments column_moments(MatrixView<const double>, Span<double>, const RunOptions&, double*,
                                      bool);
template std::vector<double> mean_of_some_rows(MatrixView<const float>, Span<double>);
template std::vector<double> mean_of_some_rows(MatrixView<const double>, Span<double>);

}  // namespace boreal
