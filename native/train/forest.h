// Random forests and single trees: exact splits on ranks (see forest.cc for the algorithm).
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "plan/op.h"

namespace boreal {

enum class Criterion : int32_t { kGini = 0, kEntropy = 1, kSquaredError = 2 };

// The names and meanings of scikit-learn; counts are already resolved to whole numbers.
struct ForestParams {
  Criterion criterion = Criterion::kGini;
  uint32_t trees = 100;
  uint32_t max_depth = 0xffffffffu;
  uint32_t min_samples_split = 2;    // >= 2
  uint32_t min_samples_leaf = 1;     // >= 1
  double min_weight_leaf = 0;        // absolute weight, >= 0
  uint32_t max_features = 1;         // 1 .. cols
  double min_impurity_decrease = 0;  // scikit-learn's weighted decrease, relative to all rows' weight
  bool bootstrap = true;
  uint32_t max_samples = 0;  // rows drawn for each tree when bootstrap; 0 = all
  uint64_t seed = 0;
};

struct ForestData {
  MatrixView<const float> x;  // NaN means missing; no infinities (checked by the caller)
  Span<int32_t> classes;      // [rows] 0 .. class_count - 1; empty for regression
  uint32_t class_count = 0;   // >= 1 for classification
  Span<double> targets;       // [rows]; empty for classification
  Span<double> weights;       // [rows] >= 0, or empty: all one
};

// Laid out as ForestOp wants it (plan/op.h). values: regression [leaves, 1] means; classification
// [leaves, class_count] weighted class fractions.
struct ForestModel {
  std::vector<int32_t> tree_offsets;  // [trees + 1]
  std::vector<int32_t> feature;       // [nodes]
  std::vector<double> threshold;      // [nodes]
  std::vector<int32_t> left;          // [nodes]
  std::vector<uint8_t> missing_left;  // [nodes], empty when x has no NaN
  std::vector<float> cover;           // [nodes] weighted rows
  std::vector<float> impurity;        // [nodes]
  std::vector<double> values;
  std::vector<double> importances;  // [cols] mean decrease in impurity, normalised per tree then averaged
};

// progress(trees done, trees) may be called from any pool thread, one call at a time.
using ProgressFn = std::function<void(size_t done, size_t total)>;

// The same seed gives the same model bit for bit at any thread count. Throws ERR_ABORTED within a few
// milliseconds of cancel(). max_threads 0 = the pool's size.
ForestModel train_forest(const ForestData& data, const ForestParams& params, size_t max_threads,
                         const CancelToken* cancel, const ProgressFn& progress);

}  // namespace boreal
