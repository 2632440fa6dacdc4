#include "train/row_sampler.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "base/error.h"

namespace boreal {

RowSampler::RowSampler(const ForestData& data, const ForestParams& params)
    : rows_(data.x.rows),
      weights_(data.weights),
      classes_(data.classes),
      replace_(params.bootstrap),
      draws_(params.bootstrap && params.max_samples == 0 ? rows_ : params.max_samples) {
  if (params.balanced_subsample) {
    for (uint32_t count : data.class_counts) {
      first_.push_back(cells_);
      cells_ += count;
    }
  }
  size_t positive = rows_;
  if (weights_.size != 0) {
    double sum = 0;
    positive = 0;
    for (size_t i = 0; i < rows_; ++i) {
      if (!(weights_[i] >= 0)) {
        throw Error("ERR_PARAMETER", "Sample weight " + std::to_string(i) + " is negative or NaN.",
                    static_cast<int64_t>(i));
      }
      sum += weights_[i];
      positive += weights_[i] > 0;
      if (draws_ != 0) cumulative_.push_back(sum);
    }
    if (!(sum > 0) || !std::isfinite(sum)) {
      throw Error("ERR_PARAMETER", "The sample weights must have a positive, finite sum.");
    }
  }
  if (!replace_) draws_ = std::min(draws_, positive);
}

void RowSampler::count_draws(Rng& rng, std::vector<uint32_t>* counts) const {
  counts->assign(rows_, 0);
  if (replace_) {
    for (size_t k = 0; k < draws_; ++k) ++(*counts)[draw_row(rng)];
    return;
  }
  // The least exponential deviates of rates `weight` (Efraimidis and Spirakis, 2006).
  std::vector<std::pair<double, size_t>> arrivals;
  for (size_t i = 0; i < rows_; ++i) {
    const double weight = weights_.size == 0 ? 1.0 : weights_[i];
    if (weight > 0) arrivals.emplace_back(-std::log1p(-rng.uniform()) / weight, i);
  }
  std::nth_element(arrivals.begin(), arrivals.begin() + static_cast<ptrdiff_t>(draws_) - 1, arrivals.end());
  for (size_t k = 0; k < draws_; ++k) (*counts)[arrivals[k].second] = 1;
}

size_t RowSampler::draw_row(Rng& rng) const {
  if (cumulative_.empty()) return rng.below(static_cast<uint32_t>(rows_));
  // The first row whose cumulative weight passes the point; a point that rounds up to the sum belongs to the
  // last row of positive weight.
  const double sum = cumulative_.back();
  const auto last = std::lower_bound(cumulative_.begin(), cumulative_.end(), sum);
  const auto row = std::upper_bound(cumulative_.begin(), last, rng.uniform() * sum);
  return static_cast<size_t>(row - cumulative_.begin());
}

// Draws / (classes drawn * draws of the class), as scikit-learn's 'balanced' has it.
std::vector<double> RowSampler::class_balance(const std::vector<uint32_t>& counts) const {
  std::vector<double> balance(cells_, 0.0);
  for (size_t i = 0; i < rows_ && cells_ > 0; ++i) {
    for (size_t t = 0; t < first_.size(); ++t) balance[cell(i, t)] += counts[i];
  }
  for (size_t t = 0; t < first_.size(); ++t) {
    const auto begin = balance.begin() + static_cast<ptrdiff_t>(first_[t]);
    const auto end =
        t + 1 < first_.size() ? balance.begin() + static_cast<ptrdiff_t>(first_[t + 1]) : balance.end();
    const auto present = std::count_if(begin, end, [](double n) { return n > 0; });
    std::for_each(begin, end, [&](double& n) {
      if (n > 0) n = static_cast<double>(draws_) / (static_cast<double>(present) * n);
    });
  }
  return balance;
}

void replay_draws(const ForestData& data, const ForestParams& params, uint32_t tree, int32_t* counts) {
  if (params.max_samples > data.x.rows) {
    throw Error("ERR_PARAMETER", "There are fewer rows than a tree draws.");
  }
  const RowSampler sampler(data, params);
  Rng rng(params.seed, tree);
  std::vector<uint32_t> drawn;
  sampler.draw(rng, &drawn, [](size_t, double) {});
  std::copy(drawn.begin(), drawn.end(), counts);
}

}  // namespace boreal
