// Forests whose splits lie between bins: against exact trees where every value has a bin, and what whole
// numbers promise.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "test/error_code.h"
#include "test/forest_support.h"

namespace boreal {
namespace {

ForestParams on_bins(ForestParams params, uint32_t max_bins = 255) {
  params.max_bins = max_bins;
  return params;
}

// The tree's splits, and what it says of the rows, are those of another; thresholds may lie elsewhere between
// the same values.
void check_same_tree(const Problem& problem, const ForestModel& a, const ForestModel& b) {
  CHECK(a.feature == b.feature);
  CHECK(a.left == b.left);
  CHECK(a.missing_left == b.missing_left);
  REQUIRE(a.values.size() == b.values.size());
  for (size_t k = 0; k < a.values.size(); ++k)
    CHECK(a.values[k] == doctest::Approx(b.values[k]).epsilon(1e-9));
  for (size_t k = 0; k < a.cover.size(); ++k) {
    CHECK(a.cover[k] == doctest::Approx(b.cover[k]).epsilon(1e-6));
    CHECK(a.impurity[k] == doctest::Approx(b.impurity[k]).epsilon(1e-6));
  }
  for (size_t i = 0; i < problem.rows; ++i) {
    if (problem.weight(i) > 0) CHECK(leaf_of(a, 0, problem, i) == leaf_of(b, 0, problem, i));
  }
}

std::string code_of(const Problem& problem, const ForestParams& params) {
  return test::error_code([&] { train(problem, params); });
}

}  // namespace

TEST_CASE("bin forest: with a bin for every value, the exact tree") {
  Rng rng(1);
  for (const uint32_t classes : {0u, 2u, 4u}) {
    for (const size_t rows : {2u, 40u, 700u}) {
      for (const bool weighted : {false, true}) {
        CAPTURE(classes);
        CAPTURE(rows);
        CAPTURE(weighted);
        // One column: which of equally good columns comes first is drawn otherwise.
        Problem problem = random_problem({rows, 1, 60, rows > 2 ? 0.1 : 0.0, classes, weighted}, rng);
        ForestParams params = single_tree(problem);
        params.min_samples_leaf = rows > 100 ? 3 : 1;
        params.min_weight_leaf = weighted ? 1.5 : 0;
        check_same_tree(problem, train(problem, on_bins(params)), train(problem, params));
        if (classes == 0) continue;
        params.criterion = Criterion::kEntropy;
        check_same_tree(problem, train(problem, on_bins(params)), train(problem, params));
      }
    }
  }
}

TEST_CASE("bin forest: the best of many columns, and monotonic ones") {
  Rng rng(2);
  for (int round = 0; round < 30; ++round) {
    Problem problem = random_problem({120, 5, 20, 0.05, round % 3 == 0 ? 0u : 2u, round % 2 == 0}, rng);
    ForestParams params = single_tree(problem);
    params.max_depth = 1;
    if (round % 5 == 0) params.monotonic = {1, 0, -1, 0, 1};
    const ForestModel exact = train(problem, params), binned = train(problem, on_bins(params));
    double gain = 0, binned_gain = 0;
    for (double value : exact.importances) gain += value;
    for (double value : binned.importances) binned_gain += value;
    CHECK(gain == doctest::Approx(binned_gain));  // scaled to 1, or no split at all
    REQUIRE(exact.impurity.size() == binned.impurity.size());
    if (exact.impurity.size() < 3) continue;
    const auto left_over = [](const ForestModel& m) {
      return m.cover[1] * m.impurity[1] + m.cover[2] * m.impurity[2];
    };
    CHECK(left_over(binned) == doctest::Approx(left_over(exact)).epsilon(1e-5));
  }
}

TEST_CASE("bin forest: the same bits at any number of threads, and in any order of nodes") {
  Rng rng(3);
  for (const uint32_t classes : {0u, 2u, 3u}) {
    const Problem problem = random_problem({600, 7, 0, 0.05, classes, false}, rng);
    ForestParams params = on_bins(single_tree(problem), 30);
    params.trees = 9;
    params.bootstrap = true;
    params.max_features = 2;
    params.seed = 5;
    params.out_of_bag = true;
    const ForestModel one = train(problem, params, 1), two = train(problem, params, 2);
    CHECK(same_model(one, two));
    CHECK(same_bits(one.oob_sums, two.oob_sums));
    // The columns that a node draws do not depend on when its turn comes.
    params.max_leaves = 0xffffffffu;
    CHECK(same_model(one, train(problem, params)));
  }
}

TEST_CASE("bin forest: thresholds are few") {
  Rng rng(4);
  const Problem problem = random_problem({3000, 1, 0, 0, 2, false}, rng);
  for (const uint32_t bins : {2u, 16u, 255u}) {
    const ForestModel model = train(problem, on_bins(single_tree(problem), bins));
    std::vector<double> thresholds;
    for (size_t k = 0; k < model.feature.size(); ++k) {
      if (!is_leaf(model, k)) thresholds.push_back(model.threshold[k]);
    }
    std::sort(thresholds.begin(), thresholds.end());
    CHECK(std::unique(thresholds.begin(), thresholds.end()) == thresholds.end());
    CHECK(thresholds.size() <= bins - 1);
    CHECK(!thresholds.empty());
  }
}

TEST_CASE("bin forest: a draw of constant columns goes on to one that is not") {
  Problem problem = classification(3, {1, 0, 7, 1, 1, 7, 1, 2, 7, 1, 3, 7}, {0, 0, 1, 1}, 2);
  ForestParams params = on_bins(single_tree(problem));
  params.max_features = 1;
  for (params.seed = 0; params.seed < 20; ++params.seed) {
    const ForestModel model = train(problem, params);
    REQUIRE(model.feature.size() == 3);
    CHECK(model.feature[0] == 1);
    CHECK(model.threshold[0] == 1.5);
  }
}

TEST_CASE("bin forest: weights in steps, and targets of any size") {
  Rng rng(6);
  Problem problem = random_problem({300, 2, 50, 0, 0, true}, rng);
  const ForestModel plain = train(problem, on_bins(single_tree(problem)));
  for (const int exponent : {-900, -3, 800}) {
    Problem scaled = problem;
    for (double& weight : scaled.weights) weight = std::ldexp(weight, exponent);
    const ForestModel model = train(scaled, on_bins(single_tree(scaled)));
    CHECK(model.feature == plain.feature);
    CHECK(model.values == plain.values);
  }
  for (const double scale : {1e-320, 1e-12, 3.7}) {
    Problem scaled = problem;
    for (double& weight : scaled.weights) weight *= scale;
    CHECK(train(scaled, on_bins(single_tree(scaled))).feature[0] == plain.feature[0]);
  }
  for (double& target : problem.targets) target *= 1e300;
  for (double value : train(problem, on_bins(single_tree(problem))).values) CHECK(std::isfinite(value));
  // A row that weighs next to nothing counts as a step, and the tree still parts the others.
  problem.weights.assign(problem.rows, 1);
  problem.weights[0] = 1e-30;
  CHECK(train(problem, on_bins(single_tree(problem))).feature[0] >= 0);
}

TEST_CASE("bin forest: values next to 0 are apart, as trees compare them") {
  Rng rng(8);
  Problem problem = random_problem({60, 1, 20, 0, 2, false}, rng);
  for (float& value : problem.x) value = (value - 10) * 1e-37f;
  const ForestParams params = single_tree(problem);
  const ForestModel model = train(problem, on_bins(params));
  CHECK(model.feature[0] == 0);
  check_same_tree(problem, model, train(problem, params));
}

TEST_CASE("bin forest: targets of rows without weight may be any") {
  Problem problem = regression(1, {1, 2, 3, 4, 2}, {0, 0.25, 1, 1.5, 1e300});
  problem.weights = {1, 1, 1, 1, 0};
  const Problem others = regression(1, {1, 2, 3, 4}, {0, 0.25, 1, 1.5});
  CHECK(
      same_model(train(problem, on_bins(single_tree(problem))), train(others, on_bins(single_tree(others)))));
}

TEST_CASE("bin forest: what makes no sense is refused") {
  Rng rng(7);
  Problem problem = random_problem({20, 2, 0, 0, 0, false}, rng);
  const ForestParams params = single_tree(problem);
  CHECK(code_of(problem, on_bins(params, 1)) == "ERR_PARAMETER");
  CHECK(code_of(problem, on_bins(params, 256)) == "ERR_PARAMETER");
  for (const Criterion criterion : {Criterion::kAbsoluteError, Criterion::kPoisson}) {
    ForestParams other = on_bins(params);
    other.criterion = criterion;
    CHECK(code_of(problem, other) == "ERR_NOT_SUPPORTED");
  }
  ForestParams random = on_bins(params);
  random.random_thresholds = true;
  CHECK(code_of(problem, random) == "ERR_PARAMETER");
  problem.targets[3] = std::numeric_limits<double>::quiet_NaN();
  CHECK(code_of(problem, on_bins(params)) == "ERR_PARAMETER");
}

}  // namespace boreal
