// Sums and variances of columns by group of rows: what naive Bayes, analyses of variance and encoders of
// categories learn. Results do not depend on the number of threads.
#pragma once

#include <cstdint>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/span.h"

namespace boreal {

struct GroupMoments {
  std::vector<double> weight;    // [groups] of their rows
  std::vector<double> sum;       // [groups, cols] weighted
  std::vector<double> variance;  // [groups, cols] of the population, 0 for a group without weight
};

// The sums alone: [groups, cols]. As group_moments.
template <typename T>
std::vector<double> group_sums(MatrixView<const T> x, Span<int32_t> codes, size_t groups,
                               Span<double> weights, const CancelToken* cancel);

// codes: [rows], the group of each row; throws ERR_PARAMETER for one that is not in [0, groups). weights:
// [rows] or empty. A NaN makes the sums of its group and column NaN.
template <typename T>
GroupMoments group_moments(MatrixView<const T> x, Span<int32_t> codes, size_t groups, Span<double> weights,
                           const CancelToken* cancel);

}  // namespace boreal
