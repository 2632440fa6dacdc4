#include "train/row_sampler.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.h"

namespace boreal {

RowSampler::RowSampler(size_t rows, Span<double> weights, const ForestParams& params)
    : rows_(rows),
      weights_(weights),
      draws_(!params.bootstrap         ? 0
             : params.max_samples != 0 ? params.max_samples
                                       : rows) {
  if (weights.size == 0) return;
  double sum = 0;
  for (size_t i = 0; i < rows; ++i) {
    if (!(weights[i] >= 0)) {
      throw Error("ERR_PARAMETER", "Sample weight " + std::to_string(i) + " is negative or NaN.", i);
    }
    sum += weights[i];
    if (draws_ != 0) cumulative_.push_back(sum);
  }
  if (!(sum > 0) || !std::isfinite(sum)) {
    throw Error("ERR_PARAMETER", "The sample weights must have a positive, finite sum.");
  }
}

void RowSampler::count_draws(Rng& rng, std::vector<uint32_t>* counts) const {
  counts->assign(rows_, 0);
  if (cumulative_.empty()) {
    for (size_t k = 0; k < draws_; ++k) ++(*counts)[rng.below(static_cast<uint32_t>(rows_))];
    return;
  }
  // The first row whose cumulative weight passes the point; a point that rounds up to the sum belongs to the
  // last row of positive weight.
  const double sum = cumulative_.back();
  const auto last = std::lower_bound(cumulative_.begin(), cumulative_.end(), sum);
  for (size_t k = 0; k < draws_; ++k) {
    const auto row = std::upper_bound(cumulative_.begin(), last, rng.uniform() * sum);
    ++(*counts)[row - cumulative_.begin()];
  }
}

}  // namespace boreal
