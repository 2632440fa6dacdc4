// The weight of every row in one tree, as scikit-learn 1.9 defines it. Without bootstrap: the sample weights.
// With it: how often the row was drawn with replacement, rows being drawn in proportion to their sample
// weights, so that a tree's weights are whole numbers. Throws ERR_PARAMETER when the sample weights cannot be
// used.
#pragma once

#include <cstdint>
#include <vector>

#include "base/rng.h"
#include "plan/op.h"
#include "train/forest.h"

namespace boreal {

class RowSampler {
 public:
  RowSampler(size_t rows, Span<double> weights, const ForestParams& params);

  // Calls add(row, weight) for the rows of positive weight, in order. counts: scratch.
  template <typename Add>
  void draw(Rng& rng, std::vector<uint32_t>* counts, Add add) const {
    if (draws_ != 0) {
      count_draws(rng, counts);
      for (size_t i = 0; i < rows_; ++i) {
        if ((*counts)[i] != 0) add(i, static_cast<double>((*counts)[i]));
      }
    } else {
      for (size_t i = 0; i < rows_; ++i) {
        const double weight = weights_.size == 0 ? 1.0 : weights_[i];
        if (weight > 0) add(i, weight);
      }
    }
  }

 private:
  void count_draws(Rng& rng, std::vector<uint32_t>* counts) const;

  const size_t rows_;
  const Span<double> weights_;
  const size_t draws_;              // 0: no bootstrap
  std::vector<double> cumulative_;  // sums of the weights; only to draw by weight
};

}  // namespace boreal
