// How trees grow: random thresholds, the best node first, monotonic constraints, pruning, draws without
// replacement, rows out of bag; and the medians behind the absolute error.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "test/forest_support.h"
#include "train/absolute_error.h"
#include "train/tree.h"

namespace boreal {
namespace {

std::vector<size_t> rows_at(const ForestModel& model, const Problem& problem, size_t tree) {
  std::vector<size_t> leaves;
  for (size_t i = 0; i < problem.rows; ++i) leaves.push_back(leaf_of(model, tree, problem, i));
  return leaves;
}

size_t leaf_count(const ForestModel& model) {
  return static_cast<size_t>(std::count(model.feature.begin(), model.feature.end(), -1));
}

TEST_CASE("tree growth: random thresholds lie between the values of their node and part it") {
  Rng rng(21);
  for (uint32_t classes : {0u, 2u, 3u}) {
    for (double missing : {0.0, 0.2}) {
      const Problem problem = random_problem({300, 3, 0, missing, classes, classes == 3}, rng);
      ForestParams params = single_tree(problem);
      params.random_thresholds = true;
      params.max_features = 2;
      params.trees = 3;
      const ForestModel model = train(problem, params);
      for (size_t tree = 0; tree < 3; ++tree) {
        // Full trees: a leaf has one row, or rows that cannot or need not be parted.
        const std::vector<size_t> leaves = rows_at(model, problem, tree);
        std::vector<double> weight(model.feature.size());
        for (size_t i = 0; i < problem.rows; ++i) weight[leaves[i]] += problem.weight(i);
        for (size_t node = 0; node < weight.size(); ++node) {
          const bool inside = node >= static_cast<size_t>(model.tree_offsets[tree]) &&
                              node < static_cast<size_t>(model.tree_offsets[tree + 1]);
          if (inside && is_leaf(model, node)) CHECK(weight[node] == model.cover[node]);
        }
      }
    }
  }
}

TEST_CASE("tree growth: random thresholds are uniform between the least and the greatest value") {
  Problem problem = regression(1, {0, 10, 100}, {1, 2, 4});
  ForestParams params = single_tree(problem);
  params.random_thresholds = true;
  params.max_depth = 1;
  params.trees = 2000;
  const ForestModel model = train(problem, params);
  size_t low = 0;
  for (size_t tree = 0; tree < 2000; ++tree) {
    const double threshold = model.threshold[static_cast<size_t>(model.tree_offsets[tree])];
    CHECK((threshold >= 0 && threshold < 100));
    low += threshold < 10;
  }
  // 200 expected, with a standard deviation of 13.
  CHECK(low == doctest::Approx(200).epsilon(0.25));
}

TEST_CASE("tree growth: of limited leaves those come that lower impurity most") {
  Rng rng(22);
  for (uint32_t classes : {0u, 2u}) {
    const Problem problem = random_problem({400, 3, 0, 0, classes, false}, rng);
    ForestParams params = single_tree(problem);
    params.min_samples_leaf = 9;  // no ties, which the order of columns would decide
    ForestModel last;
    for (uint32_t leaves : {2u, 3u, 7u, 20u}) {
      params.max_leaves = leaves;
      const ForestModel model = train(problem, params);
      CHECK(leaf_count(model) == leaves);
      // Best first: more leaves refine what fewer had.
      if (!last.feature.empty()) {
        const std::vector<size_t> coarse = rows_at(last, problem, 0), fine = rows_at(model, problem, 0);
        for (size_t i = 0; i < problem.rows; ++i) {
          for (size_t j = 0; j < i; ++j) {
            if (fine[i] == fine[j]) CHECK(coarse[i] == coarse[j]);
          }
        }
      }
      last = model;
    }
    params.max_leaves = 1u << 30;
    const ForestModel best_first = train(problem, params);
    params.max_leaves = 0;
    const ForestModel depth_first = train(problem, params);
    if (classes == 0) {  // of splits that part classes equally well the draw of columns decides
      CHECK(best_first.feature == depth_first.feature);
      CHECK(best_first.threshold == depth_first.threshold);
      CHECK(best_first.values == depth_first.values);
    }
  }
}

TEST_CASE("tree growth: predictions are monotonic where they must be") {
  Rng rng(23);
  for (const auto& [classes, criterion] :
       {std::pair(0u, Criterion::kSquaredError), std::pair(0u, Criterion::kAbsoluteError),
        std::pair(2u, Criterion::kGini), std::pair(2u, Criterion::kEntropy)}) {
    for (bool random : {false, true}) {
      for (uint32_t leaves : {0u, 9u}) {
        const Problem problem = random_problem({150, 3, 0, 0, classes, classes == 2 && random}, rng);
        ForestParams params = single_tree(problem);
        params.criterion = criterion;
        params.monotonic = {1, -1, 0};
        params.random_thresholds = random;
        params.max_leaves = leaves;
        const ForestModel model = train(problem, params);
        CHECK(leaf_count(model) > 2);
        const size_t outputs = std::max(1u, classes);
        auto value = [&](Problem moved, size_t i, size_t column, float by) {
          moved.x[i * 3 + column] += by;
          const size_t leaf = static_cast<size_t>(model.left[leaf_of(model, 0, moved, i)]);
          return model.values[leaf * outputs + outputs - 1];
        };
        for (size_t i = 0; i < problem.rows; ++i) {
          for (float by : {0.3f, 1.0f}) {
            CHECK(value(problem, i, 0, by) >= value(problem, i, 0, 0));
            CHECK(value(problem, i, 1, by) <= value(problem, i, 1, 0));
          }
        }
      }
    }
  }
}

TEST_CASE("tree growth: pruning follows its path") {
  Rng rng(24);
  const Problem problem = random_problem({120, 3, 0, 0, 2, false}, rng);
  ForestParams params = single_tree(problem);
  params.pruning_path = true;
  const ForestModel whole = train(problem, params);
  REQUIRE(whole.alphas.size() > 4);
  CHECK(whole.alphas[0] == 0);
  CHECK(std::is_sorted(whole.alphas.begin(), whole.alphas.end()));
  CHECK(std::is_sorted(whole.path_impurities.begin(), whole.path_impurities.end()));
  CHECK(whole.path_impurities.back() == doctest::Approx(whole.impurity[0]));
  params.pruning_path = false;
  size_t fewest = leaf_count(whole) + 1;
  for (size_t k = 1; k < whole.alphas.size(); ++k) {
    // Branches of the same alpha go together.
    params.ccp_alpha = whole.alphas[k] * (1 + 1e-9);
    if (k + 1 < whole.alphas.size() && whole.alphas[k + 1] <= params.ccp_alpha) continue;
    const ForestModel pruned = train(problem, params);
    CHECK(leaf_count(pruned) < fewest);
    fewest = leaf_count(pruned);
    double risk = 0;
    for (size_t node = 0; node < pruned.feature.size(); ++node) {
      if (is_leaf(pruned, node)) risk += pruned.impurity[node] * pruned.cover[node] / pruned.cover[0];
    }
    CHECK(risk == doctest::Approx(whole.path_impurities[k]).epsilon(1e-5));
  }
  CHECK(fewest == 1);
}

TEST_CASE("tree growth: isolation trees draw without replacement, in proportion to weights") {
  Rng rng(25);
  Problem problem = random_problem({200, 3, 0, 0.1, 0, false}, rng);
  problem.targets.clear();
  for (bool weighted : {false, true}) {
    if (weighted) problem.weights.assign(200, 1.0), std::fill_n(problem.weights.begin(), 150, 0.0);
    ForestParams params;
    params.criterion = Criterion::kIsolation;
    params.random_thresholds = true;
    params.bootstrap = false;
    params.max_samples = 64;
    params.trees = 20;
    params.tree_columns = 2;
    const ForestModel model = train(problem, params);
    for (size_t tree = 0; tree < 20; ++tree) {
      const size_t begin = static_cast<size_t>(model.tree_offsets[tree]);
      const size_t end = static_cast<size_t>(model.tree_offsets[tree + 1]);
      // Only 50 rows have a weight.
      CHECK(model.cover[begin] == (weighted ? 50 : 64));
      std::set<int32_t> columns;
      for (size_t node = begin; node < end; ++node) {
        if (is_leaf(model, node)) {
          CHECK(model.values[static_cast<size_t>(model.left[node])] == model.cover[node]);
        } else {
          columns.insert(model.feature[node]);
        }
      }
      CHECK(columns.size() <= 2);
    }
  }
}

TEST_CASE("tree growth: rows out of bag are predicted by the trees that did not draw them") {
  Rng rng(26);
  for (uint32_t classes : {0u, 3u}) {
    const Problem problem = random_problem({80, 3, 0, 0.1, classes, false}, rng);
    ForestParams params = single_tree(problem);
    params.trees = 30;
    params.bootstrap = true;
    params.max_samples = 40;
    params.out_of_bag = true;
    const ForestModel model = train(problem, params);
    const size_t outputs = std::max(1u, classes);
    REQUIRE(model.oob_sums.size() == 80 * outputs);
    double trees = 0;
    for (size_t i = 0; i < 80; ++i) {
      trees += model.oob_trees[i];
      double sum = 0;
      for (size_t k = 0; k < classes; ++k) sum += model.oob_sums[i * outputs + k];
      if (classes > 0) CHECK(sum == doctest::Approx(model.oob_trees[i]));
    }
    // A row stays out of (1 - 1/80)^40 = 0.605 of the bags.
    CHECK(trees / (80 * 30) == doctest::Approx(0.605).epsilon(0.06));
    const ForestModel again = train(problem, params, 1);
    CHECK(model.oob_sums == again.oob_sums);
  }
}

TEST_CASE("tree growth: medians of a changing set") {
  Rng rng(27);
  const std::vector<double> targets = {-3, -1, -1, 0, 2, 2, 5, 9};
  MedianTree tree;
  tree.reset(targets.size());
  std::vector<double> weights(targets.size(), 0.0);
  for (int step = 0; step < 300; ++step) {
    const size_t rank = rng.below(8);
    const double weight = weights[rank] > 0 ? -weights[rank] : 1 + rng.below(3);
    tree.add(rank, weight, targets[rank]);
    weights[rank] += weight;
    double total = 0;
    for (double w : weights) total += w;
    if (total == 0) continue;
    double least = std::numeric_limits<double>::infinity(), error = 0;
    for (double center : targets) {
      double sum = 0;
      for (size_t k = 0; k < 8; ++k) sum += weights[k] * std::abs(targets[k] - center);
      least = std::min(least, sum);
    }
    const MedianTree::Median median = tree.median(targets);
    for (size_t k = 0; k < 8; ++k) error += weights[k] * std::abs(targets[k] - median.value);
    CHECK(error == doctest::Approx(least));
    CHECK(median.error == doctest::Approx(least));
  }
}

}  // namespace
}  // namespace boreal
