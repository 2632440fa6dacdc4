// Random forests and single trees: exact splits on ranks, or splits between bins (see forest.cc,
// forest_bins.cc).
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/span.h"
#include "device/cuda_library.h"

namespace boreal {

enum class Criterion : int32_t {
  kGini = 0,
  kEntropy = 1,
  kSquaredError = 2,
  kAbsoluteError = 3,
  kPoisson = 4,
  kIsolation = 5,  // no target: a leaf's value is the number of its rows
};

// How one tree grows. The names and meanings of scikit-learn; counts are already resolved to whole numbers.
struct TreeParams {
  uint32_t max_depth = 0xffffffffu;
  uint32_t min_samples_split = 2;    // >= 2
  uint32_t min_samples_leaf = 1;     // >= 1
  double min_weight_leaf = 0;        // absolute weight, >= 0
  uint32_t max_features = 1;         // 1 .. cols
  double min_impurity_decrease = 0;  // scikit-learn's weighted decrease, relative to all rows' weight
  bool random_thresholds = false;    // extremely randomized trees
  uint32_t max_leaves = 0;           // >= 2: the best node is split first; 0: no limit, depth first
  double ccp_alpha = 0;              // minimal cost-complexity pruning
  std::vector<int8_t> monotonic;     // [cols] 1 increasing, -1 decreasing, 0 any; or empty
  uint32_t tree_columns = 0;         // columns drawn for each tree; 0 = all
  uint64_t seed = 0;
};

struct ForestParams : TreeParams {
  Criterion criterion = Criterion::kGini;
  uint32_t trees = 100;
  uint32_t first_tree = 0;  // of an ensemble that grows on: tree t has the random stream first_tree + t
  bool bootstrap = true;    // rows drawn with replacement
  // Rows drawn for each tree; 0 = as many as there are, which without bootstrap is no draw at all.
  uint32_t max_samples = 0;
  bool balanced_subsample = false;  // the classes of a bootstrap sample weigh alike
  bool out_of_bag = false;          // sum predictions of rows over the trees that did not draw them
  bool pruning_path = false;        // of the first tree
  // 2 .. 255: splits lie between so many bins of a column at most; for classes and squared error. 0: exact.
  uint32_t max_bins = 0;
  CudaTarget cuda;  // grows the trees, if it is a GPU: those on bins
  // Of that GPU, >= 1: rows of all trees that grow at once; nodes times columns in a call, and rows times
  // columns in a call, but for one column of a node that has more rows.
  uint32_t cuda_rows = 1u << 25, cuda_nodes = 1u << 16;
  uint64_t cuda_updates = uint64_t{1} << 30;
};

struct ForestData {
  MatrixView<const float> x;  // NaN means missing; no infinities (checked by the caller)
  // [rows, target_count] 0 .. class_counts[t] - 1; empty for regression
  Span<int32_t> classes;
  std::vector<uint32_t> class_counts;  // of each target, >= 1
  Span<double> targets;                // [rows, target_count]; empty for classification
  uint32_t target_count = 1;           // more than one for classes and with kSquaredError only
  Span<double> weights;                // [rows] >= 0, or empty: all one
};

// Laid out as ForestOp wants it (plan/op.h). values: [leaves, target_count] means or medians; for classes
// weighted class fractions, [leaves, classes of all targets].
struct ForestModel {
  std::vector<int32_t> tree_offsets;  // [trees + 1]
  std::vector<int32_t> feature;       // [nodes]
  std::vector<double> threshold;      // [nodes]
  std::vector<int32_t> left;          // [nodes]
  std::vector<uint8_t> missing_left;  // [nodes]; of rows that lacked none, the side of more rows
  std::vector<float> cover;           // [nodes] weighted rows
  std::vector<float> impurity;        // [nodes]
  std::vector<double> values;
  std::vector<double> importances;  // [cols] decrease in impurity, of each tree scaled to sum to 1, summed
  std::vector<double> oob_sums;     // [rows, outputs] of the trees that did not draw the row, if asked for
  std::vector<int32_t> oob_trees;   // [rows] how many there are
  // Pruning path, if asked for: each alpha at which branches go, and the leaves' impurity from then on.
  std::vector<double> alphas, path_impurities;
};

// progress(trees done, trees) may be called from any pool thread, one call at a time; more than one tree may
// be done since the last.
using ProgressFn = std::function<void(size_t done, size_t total)>;

// The same seed gives the same model bit for bit at any thread count. Throws ERR_ABORTED within a few
// milliseconds of cancel(), or once the GPU has done what it was called for. max_threads 0 = the pool's size.
ForestModel train_forest(const ForestData& data, const ForestParams& params, size_t max_threads,
                         const CancelToken* cancel, const ProgressFn& progress);

}  // namespace boreal
