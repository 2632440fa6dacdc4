// Small training sets and walks through trained trees, for the forest tests.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/rng.h"
#include "train/forest.h"

namespace boreal {

struct Problem {
  size_t rows = 0, cols = 0;
  std::vector<float> x;  // [rows, cols]
  std::vector<int32_t> classes;
  uint32_t class_count = 0;
  std::vector<double> targets;
  std::vector<double> weights;

  ForestData data() const {
    ForestData data;
    data.x = dense_view(x.data(), rows, cols);
    data.classes = {classes.data(), classes.size()};
    if (class_count > 0) data.class_counts = {class_count};
    data.targets = {targets.data(), targets.size()};
    data.weights = {weights.data(), weights.size()};
    return data;
  }
  float at(size_t i, size_t j) const { return x[i * cols + j]; }
  double weight(size_t i) const { return weights.empty() ? 1 : weights[i]; }
};

inline Problem classification(size_t cols, std::vector<float> x, std::vector<int32_t> classes,
                              uint32_t class_count) {
  Problem problem;
  problem.rows = classes.size();
  problem.cols = cols;
  problem.x = std::move(x);
  problem.classes = std::move(classes);
  problem.class_count = class_count;
  return problem;
}

inline Problem regression(size_t cols, std::vector<float> x, std::vector<double> targets) {
  Problem problem;
  problem.rows = targets.size();
  problem.cols = cols;
  problem.x = std::move(x);
  problem.targets = std::move(targets);
  return problem;
}

// levels > 0: so many different values in a column, hence ties; 0: continuous. Targets depend on the columns
// and are noisy; targets of a regression are multiples of 1/4, so that their sums are exact.
struct RandomProblem {
  size_t rows = 50, cols = 3;
  uint32_t levels = 0;
  double missing = 0;
  uint32_t classes = 2;  // 0: regression
  bool weighted = false;
};

inline Problem random_problem(const RandomProblem& spec, Rng& rng) {
  Problem problem;
  problem.rows = spec.rows;
  problem.cols = spec.cols;
  problem.class_count = spec.classes;
  for (size_t i = 0; i < spec.rows; ++i) {
    double signal = 0;
    for (size_t j = 0; j < spec.cols; ++j) {
      const double value = spec.levels > 0 ? rng.below(spec.levels) : rng.uniform() * 4 - 2;
      const bool missing = rng.uniform() < spec.missing;
      signal += missing ? 1.5 : j % 2 == 0 ? value : -value / 2;
      problem.x.push_back(missing ? NAN : static_cast<float>(value));
    }
    signal += rng.uniform() * 2;
    if (spec.classes > 0) {
      problem.classes.push_back(static_cast<int32_t>(std::abs(std::floor(signal))) %
                                static_cast<int32_t>(spec.classes));
    } else {
      problem.targets.push_back(std::floor(signal * 4) / 4);
    }
    if (spec.weighted) problem.weights.push_back(rng.below(4) * 0.75);
  }
  if (spec.weighted) problem.weights[0] = 1;
  return problem;
}

// One tree on all rows and columns.
inline ForestParams single_tree(const Problem& problem) {
  ForestParams params;
  params.criterion = problem.targets.empty() ? Criterion::kGini : Criterion::kSquaredError;
  params.trees = 1;
  params.bootstrap = false;
  params.max_features = static_cast<uint32_t>(problem.cols);
  return params;
}

inline ForestModel train(const Problem& problem, const ForestParams& params, size_t max_threads = 2) {
  return train_forest(problem.data(), params, max_threads, nullptr, nullptr);
}

template <typename T>
inline bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

inline bool same_model(const ForestModel& a, const ForestModel& b) {
  return same_bits(a.tree_offsets, b.tree_offsets) && same_bits(a.feature, b.feature) &&
         same_bits(a.threshold, b.threshold) && same_bits(a.left, b.left) &&
         same_bits(a.missing_left, b.missing_left) && same_bits(a.cover, b.cover) &&
         same_bits(a.impurity, b.impurity) && same_bits(a.values, b.values) &&
         same_bits(a.importances, b.importances);
}

inline bool is_leaf(const ForestModel& model, size_t node) { return model.feature[node] < 0; }

inline bool goes_left(const ForestModel& model, size_t node, float value) {
  if (std::isnan(value)) return model.missing_left.empty() || model.missing_left[node] != 0;
  return value <= model.threshold[node];
}

// The index of the leaf of tree `tree` that row i reaches.
inline size_t leaf_of(const ForestModel& model, size_t tree, const Problem& problem, size_t i) {
  const size_t root = static_cast<size_t>(model.tree_offsets[tree]);
  size_t node = root;
  while (!is_leaf(model, node)) {
    const float value = problem.at(i, static_cast<size_t>(model.feature[node]));
    node = root + static_cast<size_t>(model.left[node]) + !goes_left(model, node, value);
  }
  return node;
}

}  // namespace boreal
