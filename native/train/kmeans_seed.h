// The centres that k-means starts from.
#pragma once

#include <cstdint>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/rng.h"
#include "base/span.h"
#include "linalg/csr.h"

namespace boreal {

// Greedy k-means++ (Arthur & Vassilvitskii 2007): each centre is the best of 2 + log(clusters) rows drawn in
// proportion to the weight times the squared distance to the nearest centre so far. [clusters, cols]. x: a
// MatrixView<const T>, or a CsrView<double>.
template <typename Rows>
std::vector<double> seed_plus_plus(const Rows& x, Span<double> weights, size_t clusters, Rng& rng,
                                   const CancelToken* cancel);

// Different rows in proportion to their weights. Throws ERR_PARAMETER when too few have a weight above 0.
template <typename Rows>
std::vector<double> seed_random(const Rows& x, Span<double> weights, size_t clusters, Rng& rng);

}  // namespace boreal
