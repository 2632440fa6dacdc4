// Trees small enough to check by hand, and the promises of train/forest.h: determinism, cancelling, limits,
// weights, bootstrap, errors. forest_exact_test.cc compares splits with a brute-force search.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

#include "test/error_code.h"
#include "test/forest_support.h"

namespace boreal {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

using test::error_code;

TEST_CASE("forest: one column, one split") {
  const Problem problem = classification(1, {4, 1, 3, 2}, {1, 0, 1, 0}, 2);
  const ForestModel model = train(problem, single_tree(problem));
  CHECK(model.tree_offsets == std::vector<int32_t>{0, 3});
  CHECK(model.feature == std::vector<int32_t>{0, -1, -1});
  CHECK(model.threshold[0] == 2.5);
  CHECK(model.left == std::vector<int32_t>{1, 0, 1});
  CHECK(model.missing_left[0] == 0);
  CHECK(model.cover == std::vector<float>{4, 2, 2});
  CHECK(model.impurity == std::vector<float>{0.5f, 0, 0});
  CHECK(model.values == std::vector<double>{1, 0, 0, 1});
  CHECK(model.importances == std::vector<double>{1});
}

TEST_CASE("forest: a value that training never lacked goes where more rows went") {
  const Problem most_left = classification(1, {1, 2, 3, 4}, {0, 0, 0, 1}, 2);
  CHECK(train(most_left, single_tree(most_left)).missing_left[0] == 1);
  const Problem most_right = classification(1, {1, 2, 3, 4}, {0, 1, 1, 1}, 2);
  CHECK(train(most_right, single_tree(most_right)).missing_left[0] == 0);
}

TEST_CASE("forest: exclusive or needs a first split without gain") {
  const Problem problem = classification(2, {0, 0, 0, 1, 1, 0, 1, 1}, {0, 1, 1, 0}, 2);
  const ForestModel model = train(problem, single_tree(problem));
  CHECK(model.feature.size() == 7);
  for (size_t i = 0; i < 4; ++i) {
    const size_t leaf = leaf_of(model, 0, problem, i);
    CHECK(model.cover[leaf] == 1);
    CHECK(model.values[static_cast<size_t>(model.left[leaf]) * 2 + 1] == problem.classes[i]);
  }
}

TEST_CASE("forest: regression leaves are weighted means") {
  Problem problem = regression(1, {1, 2, 10, 11}, {1, 4, 20, 20});
  problem.weights = {3, 1, 1, 1};
  ForestParams params = single_tree(problem);
  params.max_depth = 1;
  const ForestModel model = train(problem, params);
  CHECK(model.threshold[0] == 6);
  CHECK(model.values == std::vector<double>{1.75, 20});
  CHECK(model.cover == std::vector<float>{6, 4, 2});
  CHECK(model.impurity[1] == doctest::Approx(1.6875));
}

TEST_CASE("forest: what cannot be split is one leaf") {
  SUBCASE("equal values with different targets") {
    const Problem problem = classification(2, {1, 7, 1, 7, 1, 7}, {0, 1, 2}, 3);
    const ForestModel model = train(problem, single_tree(problem));
    CHECK(model.feature == std::vector<int32_t>{-1});
    CHECK(model.values == std::vector<double>{1.0 / 3, 1.0 / 3, 1.0 / 3});
    CHECK(model.importances == std::vector<double>{0, 0});
  }
  SUBCASE("zeros of either sign") {
    const Problem problem = regression(1, {0.0f, -0.0f}, {1, 3});
    CHECK(train(problem, single_tree(problem)).values == std::vector<double>{2});
  }
  SUBCASE("one row") {
    const Problem problem = regression(2, {1, 2}, {5});
    CHECK(train(problem, single_tree(problem)).values == std::vector<double>{5});
  }
  SUBCASE("one class") {
    const Problem problem = classification(1, {1, 2}, {0, 0}, 1);
    CHECK(train(problem, single_tree(problem)).values == std::vector<double>{1});
  }
  SUBCASE("only missing values") {
    const Problem problem = classification(1, {kNan, kNan}, {0, 1}, 2);
    CHECK(train(problem, single_tree(problem)).values == std::vector<double>{0.5, 0.5});
  }
  SUBCASE("equal targets") {
    const Problem problem = regression(1, {1, 2, 3}, {0.1, 0.1, 0.1});
    CHECK(train(problem, single_tree(problem)).feature == std::vector<int32_t>{-1});
  }
}

TEST_CASE("forest: missing values go where they fit, else with the majority") {
  SUBCASE("missing against all numbers") {
    const Problem problem = classification(1, {1, kNan, 2, kNan}, {0, 1, 0, 1}, 2);
    const ForestModel model = train(problem, single_tree(problem));
    CHECK(model.feature.size() == 3);
    CHECK(model.threshold[0] == std::numeric_limits<float>::max());
    CHECK(model.missing_left[0] == 0);
  }
  SUBCASE("missing with the low values") {
    const Problem problem = classification(1, {kNan, 1, 5, 6}, {0, 0, 1, 1}, 2);
    const ForestModel model = train(problem, single_tree(problem));
    CHECK(model.threshold[0] == 3);
    CHECK(model.missing_left[0] == 1);
  }
  SUBCASE("none in the node") {
    // The second column has a missing value, but the first one splits.
    const Problem problem = classification(2, {1, kNan, 2, 0, 3, 0, 9, 0}, {0, 0, 0, 1}, 2);
    const ForestModel model = train(problem, single_tree(problem));
    CHECK(model.feature[0] == 0);
    CHECK(model.missing_left[0] == 1);
  }
}

TEST_CASE("forest: a draw of constant columns goes on to one that is not") {
  Problem problem = classification(5, {}, {}, 2);
  for (int i = 0; i < 16; ++i) {
    problem.x.insert(problem.x.end(), {7, 7, static_cast<float>(i), 7, 7});
    problem.classes.push_back(i % 2);
  }
  problem.rows = problem.classes.size();
  ForestParams params = single_tree(problem);
  params.max_features = 1;
  params.trees = 10;
  const ForestModel model = train(problem, params);
  CHECK(model.importances == std::vector<double>{0, 0, 10, 0, 0});
  CHECK(model.feature.size() == 10 * 31);
}

TEST_CASE("forest: columns are drawn evenly") {
  Problem problem = classification(4, {}, {}, 2);
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < 4; ++j) problem.x.push_back(static_cast<float>(i));
    problem.classes.push_back(i / 2);
  }
  problem.rows = 4;
  ForestParams params = single_tree(problem);
  params.max_features = 1;
  params.trees = 4000;
  const ForestModel model = train(problem, params);
  // 1000 expected of each, with a standard deviation of 27.
  for (double trees : model.importances) CHECK(trees == doctest::Approx(1000).epsilon(0.12));
}

TEST_CASE("forest: weight 2 means the row twice, weight 0 means not at all") {
  Rng rng(3);
  for (int round = 0; round < 30; ++round) {
    const uint32_t classes = std::vector<uint32_t>{2, 3, 0}[round % 3];
    const uint32_t levels = round % 2 == 0 ? 0 : 7;
    CAPTURE(classes);
    CAPTURE(levels);
    Problem weighted = random_problem({90, 3, levels, 0.1, classes, false}, rng);
    Problem repeated = weighted;
    repeated.rows = 0;
    repeated.x.clear();
    repeated.classes.clear();
    repeated.targets.clear();
    for (size_t i = 0; i < weighted.rows; ++i) {
      weighted.weights.push_back(rng.below(4));
      for (int n = 0; n < weighted.weights[i]; ++n) {
        ++repeated.rows;
        for (size_t j = 0; j < weighted.cols; ++j) repeated.x.push_back(weighted.at(i, j));
        if (classes > 0) repeated.classes.push_back(weighted.classes[i]);
        if (classes == 0) repeated.targets.push_back(weighted.targets[i]);
      }
    }
    const ForestParams params = single_tree(weighted);
    const ForestModel a = train(weighted, params), b = train(repeated, params);
    CHECK(a.feature == b.feature);
    CHECK(a.threshold == b.threshold);
    CHECK(a.cover == b.cover);
    REQUIRE(a.values.size() == b.values.size());
    for (size_t i = 0; i < a.values.size(); ++i) CHECK(a.values[i] == doctest::Approx(b.values[i]));
  }
}

TEST_CASE("forest: a weight that is lost in the sum cannot be parted from it") {
  Problem problem = regression(1, {1, 2, 3, 4}, {1, 2, 30, 40});
  problem.weights = {1e17, 1e17, 1, 1};
  const ForestModel model = train(problem, single_tree(problem));
  for (double value : model.values) CHECK(std::isfinite(value));
  CHECK(model.values[0] == doctest::Approx(1));
  CHECK(model.values[1] == doctest::Approx(2));
}

TEST_CASE("forest: the same bits at any number of threads") {
  Rng rng(4);
  for (uint32_t classes : {2u, 3u, 0u}) {
    const Problem problem = random_problem({3000, 6, 0, 0.05, classes, classes == 3}, rng);
    ForestParams params = single_tree(problem);
    params.trees = 13;
    params.bootstrap = true;
    params.max_features = 2;
    params.seed = 99;
    const ForestModel one = train(problem, params, 1);
    for (size_t threads : {2, 4, 0}) CHECK(same_model(one, train(problem, params, threads)));
    params.seed = 100;
    CHECK_FALSE(same_model(one, train(problem, params, 1)));
  }
}

TEST_CASE("forest: the arrays of many trees fit together") {
  Rng rng(5);
  for (uint32_t classes : {2u, 5u, 0u}) {
    const Problem problem = random_problem({400, 5, 0, 0.1, classes, false}, rng);
    ForestParams params = single_tree(problem);
    params.trees = 8;
    params.bootstrap = true;
    params.max_samples = 300;
    params.max_features = 2;
    const ForestModel model = train(problem, params);
    const size_t outputs = std::max(1u, classes), nodes = model.feature.size();
    REQUIRE(model.tree_offsets.size() == 9);
    CHECK(static_cast<size_t>(model.tree_offsets.back()) == nodes);
    CHECK(model.threshold.size() == nodes);
    CHECK(model.missing_left.size() == nodes);
    CHECK(model.impurity.size() == nodes);
    int32_t next_leaf = 0;
    for (size_t t = 0; t < 8; ++t) {
      const int32_t begin = model.tree_offsets[t], end = model.tree_offsets[t + 1];
      CHECK(model.cover[static_cast<size_t>(begin)] == 300);
      std::vector<int32_t> leaves;
      for (int32_t k = begin; k < end; ++k) {
        const size_t node = static_cast<size_t>(k);
        if (is_leaf(model, node)) {
          leaves.push_back(model.left[node]);
          continue;
        }
        const int32_t left = begin + model.left[node];
        REQUIRE(left > k);
        REQUIRE(left + 1 < end);
        CHECK(model.cover[static_cast<size_t>(left)] + model.cover[static_cast<size_t>(left) + 1] ==
              model.cover[node]);
      }
      std::sort(leaves.begin(), leaves.end());
      for (int32_t leaf : leaves) CHECK(leaf == next_leaf++);
    }
    CHECK(model.values.size() == static_cast<size_t>(next_leaf) * outputs);
    if (classes > 0) {
      for (size_t i = 0; i < model.values.size(); i += outputs) {
        double sum = 0;
        for (size_t k = 0; k < outputs; ++k) sum += model.values[i + k];
        CHECK(sum == doctest::Approx(1));
      }
    }
    double sum = 0;
    for (double value : model.importances) sum += value;
    CHECK(sum == doctest::Approx(8));
  }
}

TEST_CASE("forest: bootstrap draws rows in proportion to their weights") {
  Problem problem = classification(1, {1, 2, 3}, {0, 1, 2}, 3);
  problem.weights = {3, 0, 1};
  ForestParams params = single_tree(problem);
  params.bootstrap = true;
  params.max_samples = 400;
  params.trees = 50;
  const ForestModel model = train(problem, params);
  double drawn[3] = {0, 0, 0};
  for (size_t node = 0; node < model.feature.size(); ++node) {
    if (!is_leaf(model, node)) continue;
    for (size_t k = 0; k < 3; ++k) {
      drawn[k] += model.cover[node] * model.values[static_cast<size_t>(model.left[node]) * 3 + k];
    }
  }
  CHECK(drawn[0] == doctest::Approx(15000).epsilon(0.02));
  CHECK(drawn[1] == 0);
  CHECK(drawn[2] == doctest::Approx(5000).epsilon(0.06));
}

TEST_CASE("forest: more draws than a packed count holds") {
  const Problem problem = classification(1, {1, 2}, {0, 1}, 2);
  ForestParams params = single_tree(problem);
  params.bootstrap = true;
  params.max_samples = 1000000;
  const ForestModel model = train(problem, params);
  REQUIRE(model.cover.size() == 3);
  CHECK(model.cover[0] == 1000000);
  CHECK(model.cover[1] == doctest::Approx(500000).epsilon(0.01));
}

TEST_CASE("forest: a column of more values than there are ranks is still split well") {
  constexpr size_t kRows = 150000;
  Problem problem;
  problem.rows = kRows;
  problem.cols = 1;
  for (size_t i = 0; i < kRows; ++i) {
    const size_t value = i * 7919 % kRows;  // a permutation
    problem.x.push_back(static_cast<float>(value));
    problem.targets.push_back(value < 54321 ? 0 : 1);
  }
  ForestParams params = single_tree(problem);
  params.max_depth = 1;
  const ForestModel model = train(problem, params);
  CHECK(std::abs(model.threshold[0] - 54320.5) <= 3);
  CHECK(model.values[0] < 1e-4);
}

TEST_CASE("forest: cancelling stops the fit") {
  Rng rng(6);
  const Problem problem = random_problem({5000, 4, 0, 0, 2, false}, rng);
  ForestParams params = single_tree(problem);
  params.trees = 1000;
  CancelToken token;
  size_t trees = 0;
  auto fit = [&] {
    train_forest(problem.data(), params, 2, &token, [&](size_t done, size_t) {
      trees = done;
      if (done == 2) token.cancel();
    });
  };
  CHECK(error_code(fit) == "ERR_ABORTED");
  CHECK(trees >= 2);
  CHECK(trees < 10);
  trees = 0;
  CHECK(error_code(fit) == "ERR_ABORTED");
  CHECK(trees == 0);
}

TEST_CASE("forest: progress counts every tree once") {
  Rng rng(7);
  const Problem problem = random_problem({50, 2, 0, 0, 0, false}, rng);
  ForestParams params = single_tree(problem);
  params.trees = 20;
  std::vector<size_t> seen;
  train_forest(problem.data(), params, 2, nullptr, [&](size_t done, size_t total) {
    CHECK(total == 20);
    seen.push_back(done);
  });
  REQUIRE(seen.size() == 20);
  for (size_t i = 0; i < 20; ++i) CHECK(seen[i] == i + 1);
}

TEST_CASE("forest: what makes no sense is refused") {
  const Problem good = classification(2, {1, 2, 3, 4}, {0, 1}, 2);
  auto code = [&](auto change) {
    Problem problem = good;
    ForestParams params = single_tree(problem);
    change(problem, params);
    return error_code([&] { train(problem, params); });
  };
  CHECK(code([](Problem&, ForestParams&) {}) == "none");
  CHECK(code([](Problem& p, ForestParams&) { p.rows = 0; }) == "ERR_EMPTY");
  CHECK(code([](Problem& p, ForestParams&) { p.cols = 0; }) == "ERR_EMPTY");
  CHECK(code([](Problem& p, ForestParams&) { p.classes.pop_back(); }) == "ERR_SHAPE");
  CHECK(code([](Problem& p, ForestParams&) { p.weights = {1}; }) == "ERR_SHAPE");
  CHECK(code([](Problem&, ForestParams& q) { q.criterion = Criterion::kSquaredError; }) == "ERR_SHAPE");
  CHECK(code([](Problem& p, ForestParams&) { p.classes[1] = 2; }) == "ERR_LABELS");
  CHECK(code([](Problem& p, ForestParams&) { p.classes[1] = -1; }) == "ERR_LABELS");
  CHECK(code([](Problem& p, ForestParams&) { p.weights = {1, -1}; }) == "ERR_PARAMETER");
  CHECK(code([](Problem& p, ForestParams&) { p.weights = {1, NAN}; }) == "ERR_PARAMETER");
  CHECK(code([](Problem& p, ForestParams&) { p.weights = {0, 0}; }) == "ERR_PARAMETER");
  CHECK(code([](Problem&, ForestParams& q) { q.trees = 0; }) == "ERR_PARAMETER");
  CHECK(code([](Problem&, ForestParams& q) { q.max_features = 0; }) == "ERR_PARAMETER");
  CHECK(code([](Problem&, ForestParams& q) { q.max_features = 3; }) == "ERR_PARAMETER");
  CHECK(code([](Problem&, ForestParams& q) { q.min_samples_split = 1; }) == "ERR_PARAMETER");
  CHECK(code([](Problem&, ForestParams& q) { q.min_samples_leaf = 0; }) == "ERR_PARAMETER");
  CHECK(code([](Problem&, ForestParams& q) { q.min_weight_leaf = NAN; }) == "ERR_PARAMETER");
  CHECK(code([](Problem&, ForestParams& q) { q.min_impurity_decrease = -1; }) == "ERR_PARAMETER");
}

}  // namespace
}  // namespace boreal
