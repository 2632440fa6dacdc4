// Dropout of trees (Rashmi and Gilad-Bachrach, DART, 2015), with LightGBM's options: a round grows its trees
// on scores without some rounds before it; then the new trees and the dropped ones are scaled, so that
// together they weigh what the dropped ones did. The scale goes into the leaves: nothing that reads a model
// knows of dropout.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace boreal {

struct DropoutParams {
  bool on = false;
  double rate = 0.1;     // chance of a round to be dropped, in [0, 1]
  size_t most = 50;      // rounds dropped at once
  double skip = 0.5;     // chance that none is dropped
  bool uniform = false;  // all rounds are as likely as each other; otherwise by their weights
  bool xgboost = false;  // scale as XGBoost does: by the learning rate, not by 1, beside the dropped rounds
};

class HistDropout {
 public:
  HistDropout(const DropoutParams& params, double learning_rate)
      : params_(params), learning_rate_(learning_rate) {}

  // Chooses among the rounds that have ended.
  void draw(uint64_t seed, uint64_t stream);
  // Ascending.
  const std::vector<size_t>& dropped() const { return dropped_; }
  // What the new trees are multiplied by, and the dropped ones.
  double new_scale() const;
  double dropped_scale() const;
  // The round has ended.
  void close_round();

 private:
  DropoutParams params_;
  double learning_rate_;
  std::vector<double> weights_;  // of the rounds, the learning rate for one that was never dropped
  std::vector<size_t> dropped_;
};

}  // namespace boreal
