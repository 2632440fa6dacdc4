// The centres that k-means starts from.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/rng.h"
#include "base/span.h"
#include "linalg/csr.h"

namespace boreal {

struct Seeds {
  std::vector<size_t> rows;
  // What the last one was drawn by: the sum of weights times squared distances to the nearest of those before
  // it; infinity where there is none.
  double potential = std::numeric_limits<double>::infinity();
};

// Greedy k-means++ (Arthur & Vassilvitskii 2007): each centre is the best of 2 + log(clusters) rows drawn in
// proportion to the weight times the squared distance to the nearest centre so far. x: a MatrixView<const T>,
// or a CsrView<double>.
template <typename Rows>
Seeds seed_plus_plus(const Rows& x, Span<double> weights, size_t clusters, Rng& rng,
                     const CancelToken* cancel);

// Different rows in proportion to their weights. Throws ERR_PARAMETER when too few have a weight above 0.
template <typename Rows>
std::vector<size_t> seed_random(const Rows& x, Span<double> weights, size_t clusters, Rng& rng);

// Those rows as centres, [rows, cols].
template <typename Rows>
std::vector<double> centres_at(const Rows& x, const std::vector<size_t>& rows);

}  // namespace boreal
