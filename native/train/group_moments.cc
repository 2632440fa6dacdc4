// Two passes over the rows, the second of squared deviations from the means, corrected for the rounding of
// the means. A part of rows adds up on its own, and parts are added in their order.
#include "train/group_moments.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/groups.h"
#include "base/partition.h"
#include "base/thread_pool.h"

namespace boreal {
namespace {

// Values that the sums of all parts may take together: 32 MiB.
constexpr size_t kMostPartialValues = size_t{1} << 22;

// Calls add(i, totals) for each row, on the pool, and returns the totals [size] of all of them.
template <typename Add>
std::vector<double> add_up(size_t rows, size_t size, const CancelToken* cancel, const Add& add) {
  const size_t most_parts = std::min<size_t>(64, std::max<size_t>(1, kMostPartialValues / (size + 1)));
  const Partition parts = partition_rows(rows, 4096, most_parts);
  std::vector<double> partial(std::max<size_t>(1, parts.count()) * size, 0.0);
  ThreadPool::instance().parallel_for(parts.count(), [&](size_t part, size_t) {
    check_cancel(cancel);
    for (size_t i = parts.begin(part); i < parts.end(part); ++i) add(i, partial.data() + part * size);
  });
  for (size_t part = 1; part < parts.count(); ++part) {
    for (size_t k = 0; k < size; ++k) partial[k] += partial[part * size + k];
  }
  partial.resize(size);
  return partial;
}

}  // namespace

template <typename T>
std::vector<double> group_sums(MatrixView<const T> x, Span<int32_t> codes, size_t groups,
                               Span<double> weights, const CancelToken* cancel) {
  check_groups(codes, groups);
  return add_up(x.rows, groups * x.cols, cancel, [&](size_t i, double* totals) {
    const double weight = weights.size == 0 ? 1.0 : weights[i];
    const T* const row = x.row(i);
    double* const sum = totals + static_cast<size_t>(codes[i]) * x.cols;
    for (size_t j = 0; j < x.cols; ++j) sum[j] += weight * static_cast<double>(row[j]);
  });
}

template <typename T>
GroupMoments group_moments(MatrixView<const T> x, Span<int32_t> codes, size_t groups, Span<double> weights,
                           const CancelToken* cancel) {
  const size_t cols = x.cols;
  const auto weight_of = [&](size_t i) { return weights.size == 0 ? 1.0 : weights[i]; };
  GroupMoments result;
  result.sum = group_sums(x, codes, groups, weights, cancel);
  result.weight.assign(groups, 0.0);
  for (size_t i = 0; i < x.rows; ++i) result.weight[static_cast<size_t>(codes[i])] += weight_of(i);
  std::vector<double> mean(groups * cols, 0.0);
  for (size_t g = 0; g < groups; ++g) {
    if (result.weight[g] == 0) continue;
    for (size_t j = 0; j < cols; ++j) mean[g * cols + j] = result.sum[g * cols + j] / result.weight[g];
  }
  // Of each group: the deviations, which would be 0 without rounding, and their squares.
  const std::vector<double> deviations =
      add_up(x.rows, 2 * groups * cols, cancel, [&](size_t i, double* totals) {
        const double weight = weight_of(i);
        const T* const row = x.row(i);
        const size_t at = static_cast<size_t>(codes[i]) * cols;
        double* const sum = totals + 2 * at;
        double* const squares = sum + cols;
        for (size_t j = 0; j < cols; ++j) {
          const double deviation = static_cast<double>(row[j]) - mean[at + j];
          sum[j] += weight * deviation;
          squares[j] += weight * deviation * deviation;
        }
      });
  result.variance.assign(groups * cols, 0.0);
  for (size_t g = 0; g < groups; ++g) {
    const double weight = result.weight[g];
    if (weight == 0) continue;
    for (size_t j = 0; j < cols; ++j) {
      const double sum = deviations[2 * g * cols + j];
      const double squares = deviations[2 * g * cols + cols + j];
      // NaN where squares overflow.
      const double variance = (squares - sum * (sum / weight)) / weight;
      result.variance[g * cols + j] =
          std::isnan(variance) ? std::numeric_limits<double>::infinity() : std::max(0.0, variance);
    }
  }
  return result;
}

template std::vector<double> group_sums<float>(MatrixView<const float>, Span<int32_t>, size_t, Span<double>,
                                               const CancelToken*);
template std::vector<double> group_sums<double>(MatrixView<const double>, Span<int32_t>, size_t, Span<double>,
                                                const CancelToken*);
template GroupMoments group_moments<float>(MatrixView<const float>, Span<int32_t>, size_t, Span<double>,
                                           const CancelToken*);
template GroupMoments group_moments<double>(MatrixView<const double>, Span<int32_t>, size_t, Span<double>,
                                            const CancelToken*);

}  // namespace boreal
