// What the neighbours of a row say of it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "plan/op.h"

namespace boreal {

// Borrows what it is made of: see NeighborsOp.
struct NeighborPoll {
  NeighborVote vote = NeighborVote::kDistances;  // not kPlace
  bool distance_weights = false;
  size_t outputs = 1;
  size_t rows = 0;  // that neighbours are found among
  const int32_t* classes = nullptr;
  const double* values = nullptr;

  // out [outputs]; sums has room for as many. distance(c) and row(c) of neighbours c < count, nearest first.
  template <typename T, typename Distance, typename Row>
  void operator()(size_t count, const Distance& distance, const Row& row, double* sums, T* out) const {
    if (vote == NeighborVote::kOutlier) {
      *out = outlier<T>(count, distance, row);
      return;
    }
    if (vote == NeighborVote::kDistances) {
      for (size_t c = 0; c < count; ++c) out[c] = distance(c);
      return;
    }
    // With weights, rows at distance 0 count alone.
    bool exact = false;
    for (size_t c = 0; distance_weights && c < count; ++c) exact = exact || distance(c) == 0;
    std::fill_n(sums, outputs, 0.0);
    double total = 0;
    for (size_t c = 0; c < count; ++c) {
      const double w = !distance_weights ? 1
                       : exact           ? (distance(c) == 0 ? 1 : 0)
                                         : 1 / static_cast<double>(distance(c));
      total += w;
      if (vote == NeighborVote::kClasses) {
        sums[classes[row(c)]] += w;
      } else if (w != 0) {
        for (size_t o = 0; o < outputs; ++o) sums[o] += w * values[row(c) * outputs + o];
      }
    }
    const bool none = vote == NeighborVote::kClasses && total == 0;
    for (size_t o = 0; o < outputs; ++o) out[o] = none ? T(0) : static_cast<T>(sums[o] / total);
  }

 private:
  template <typename T, typename Distance, typename Row>
  T outlier(size_t count, const Distance& distance, const Row& row) const {
    const double* const reach = values;
    const double* const density = values + rows;
    double sum = 0, densities = 0;
    for (size_t c = 0; c < count; ++c) {
      sum += std::max(static_cast<double>(distance(c)), reach[row(c)]);
      densities += density[row(c)];
    }
    const double k = static_cast<double>(count), own = 1 / (sum / k + 1e-10);
    return static_cast<T>(-(densities / k) / own);
  }
};

}  // namespace boreal
