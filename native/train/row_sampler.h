// The weight of every row in one tree, as scikit-learn 1.9 defines it. Undrawn: the sample weights. Drawn,
// with replacement or without: how often the row was drawn, rows being drawn in proportion to their sample
// weights, so that a tree's weights are whole numbers; balanced, times a weight by which all classes drawn
// weigh alike, of several targets the product of theirs. Throws ERR_PARAMETER when the sample weights cannot
// be used.
#pragma once

#include <cstdint>
#include <vector>

#include "base/rng.h"
#include "base/span.h"
#include "train/forest.h"

namespace boreal {

class RowSampler {
 public:
  RowSampler(const ForestData& data, const ForestParams& params);

  // Calls add(row, weight) for the rows of positive weight, in order. counts: scratch, afterwards the draws.
  template <typename Add>
  void draw(Rng& rng, std::vector<uint32_t>* counts, Add add) const {
    if (draws_ != 0) {
      count_draws(rng, counts);
      const std::vector<double> balance = class_balance(*counts);
      for (size_t i = 0; i < rows_; ++i) {
        if ((*counts)[i] == 0) continue;
        double weight = static_cast<double>((*counts)[i]);
        for (size_t t = 0; t < first_.size(); ++t) weight *= balance[cell(i, t)];
        add(i, weight);
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
  size_t draw_row(Rng& rng) const;
  std::vector<double> class_balance(const std::vector<uint32_t>& counts) const;
  size_t cell(size_t row, size_t t) const {
    return first_[t] + static_cast<size_t>(classes_[row * first_.size() + t]);
  }

  const size_t rows_;
  const Span<double> weights_;
  const Span<int32_t> classes_;
  std::vector<size_t> first_;  // where the classes of each target begin, side by side; none: not balanced
  size_t cells_ = 0;           // classes of all targets
  const bool replace_;
  size_t draws_;                    // 0: rows are not drawn
  std::vector<double> cumulative_;  // sums of the weights; only to draw by weight
};

// How often each row was drawn by tree number `tree` of a forest that trained with these weights and
// parameters: the same stream in the same order, where trees draw rows, and no columns before them.
void replay_draws(const ForestData& data, const ForestParams& params, uint32_t tree, int32_t* counts);

}  // namespace boreal
