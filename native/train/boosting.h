// Gradient boosting of regression trees with exact splits, in scikit-learn's semantics (see boosting.cc).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/span.h"
#include "train/boosting_loss.h"
#include "train/forest.h"

namespace boreal {

struct BoostingParams : TreeParams {
  BoostingLoss loss = BoostingLoss::kSquaredError;
  uint32_t class_count = 0;  // of kMultinomial, which grows a tree for each class in every round
  uint32_t rounds = 100;
  uint32_t first_round =
      0;  // of a model that is boosted on: round r has the random streams of first_round + r
  double learning_rate = 0.1;    // >= 0
  double subsample = 1;          // share of the rows for each round, in (0, 1]
  double alpha = 0.9;            // of kHuber and kQuantile, in (0, 1)
  uint32_t patience = 0;         // rounds without progress on the validation rows that end the fit; 0: never
  double tolerance = 1e-4;       // the least progress that counts
  uint32_t validation_rows = 0;  // the last rows of the data, which no tree sees
};

struct BoostingData {
  MatrixView<const float> x;  // NaN means missing; no infinities
  Span<double> y;             // [rows] targets, or class indices
  Span<double> weights;       // [rows] >= 0, or empty: all one
  Span<double> raw;           // [rows, outputs] what the model starts from
};

struct BoostingModel {
  // Trees round by round, of each round one for each output; leaf values before the learning rate.
  ForestModel trees;
  std::vector<double> train_score;  // [rounds] loss of the rows drawn
  std::vector<double> oob_score;    // [rounds] loss of the others, if subsample < 1
  double initial_oob_score = 0;     // of the first round's others before it
};

// Called after each round with the number of rounds done, that of all, and the losses of the rows drawn and
// of the validation rows (NaN without any); false ends the training.
using RoundFn = std::function<bool(size_t done, size_t total, double train_loss, double valid_loss)>;

// Same seed, same model bit for bit at any thread count.
BoostingModel train_boosting(const BoostingData& data, const BoostingParams& params, size_t max_threads,
                             const CancelToken* cancel, const RoundFn& after_round);

}  // namespace boreal
