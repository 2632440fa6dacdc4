// Every node of trees grown on random small data against a brute-force search written from the definitions:
// all thresholds of all columns, missing values on either side, impurities computed afresh for each.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <set>

#include "test/forest_support.h"

namespace boreal {
namespace {

using Rows = std::vector<size_t>;

struct Reference {
  const Problem& problem;
  const ForestParams& params;

  double weight(const Rows& rows) const {
    double sum = 0;
    for (size_t i : rows) sum += problem.weight(i);
    return sum;
  }

  // The middle of all values that half of the weight lies on either side of.
  double median(const Rows& rows) const {
    std::vector<std::pair<double, double>> sorted;
    for (size_t i : rows) sorted.emplace_back(problem.targets[i], problem.weight(i));
    std::sort(sorted.begin(), sorted.end());
    const double half = weight(rows) / 2;
    double below = 0;
    for (size_t k = 0; k < sorted.size(); ++k) {
      below += sorted[k].second;
      if (below == half) return (sorted[k].first + sorted[k + 1].first) / 2;
      if (below > half) return sorted[k].first;
    }
    return sorted.back().first;
  }

  std::vector<double> value(const Rows& rows) const {
    if (params.criterion == Criterion::kAbsoluteError) return {median(rows)};
    const bool regression = !problem.targets.empty();
    std::vector<double> value(regression ? 1 : problem.class_count, 0.0);
    for (size_t i : rows) {
      value[regression ? 0 : static_cast<size_t>(problem.classes[i])] +=
          problem.weight(i) * (regression ? problem.targets[i] : 1.0);
    }
    for (double& v : value) v /= weight(rows);
    return value;
  }

  double impurity(const Rows& rows) const {
    const std::vector<double> v = value(rows);
    double sum = 0;
    switch (params.criterion) {
      case Criterion::kSquaredError:
        for (size_t i : rows)
          sum += problem.weight(i) * (problem.targets[i] - v[0]) * (problem.targets[i] - v[0]);
        return sum / weight(rows);
      case Criterion::kAbsoluteError:
        for (size_t i : rows) sum += problem.weight(i) * std::abs(problem.targets[i] - v[0]);
        return sum / weight(rows);
      case Criterion::kPoisson:
        for (size_t i : rows) {
          const double y = problem.targets[i];
          if (y > 0) sum += problem.weight(i) * y * std::log(y / v[0]);
        }
        return sum / weight(rows);
      case Criterion::kGini:
        for (double p : v) sum += p * (1 - p);
        return sum;
      case Criterion::kEntropy:
        for (double p : v) sum -= p > 0 ? p * std::log2(p) : 0;
        return sum;
      case Criterion::kIsolation:
        break;
    }
    return sum;
  }

  bool allowed(const Rows& side) const {
    if (params.criterion == Criterion::kPoisson && !side.empty() && value(side)[0] <= 0) return false;
    return !side.empty() && side.size() >= params.min_samples_leaf && weight(side) >= params.min_weight_leaf;
  }

  double decrease(const Rows& rows, const Rows& left, const Rows& right) const {
    return impurity(rows) - (weight(left) * impurity(left) + weight(right) * impurity(right)) / weight(rows);
  }

  // The greatest decrease of an allowed split of the rows, or -1.
  double best_decrease(const Rows& rows) const {
    double best = -1;
    for (size_t j = 0; j < problem.cols; ++j) {
      std::set<float> thresholds;
      for (size_t i : rows) {
        if (!std::isnan(problem.at(i, j))) thresholds.insert(problem.at(i, j));
      }
      for (float threshold : thresholds) {
        for (bool missing_left : {false, true}) {
          Rows left, right;
          for (size_t i : rows) {
            const float x = problem.at(i, j);
            ((std::isnan(x) ? missing_left : x <= threshold) ? left : right).push_back(i);
          }
          if (allowed(left) && allowed(right)) best = std::max(best, decrease(rows, left, right));
        }
      }
    }
    return best;
  }
};

void check_threshold(const Problem& problem, const Rows& rows, size_t feature, double threshold) {
  double below = -std::numeric_limits<double>::infinity(), above = -below;
  for (size_t i : rows) {
    const double x = problem.at(i, feature);
    if (x <= threshold) below = std::max(below, x);
    if (x > threshold) above = std::min(above, x);
  }
  if (std::isinf(above)) {
    CHECK(threshold == std::numeric_limits<float>::max());  // all numbers on the left, missing on the right
  } else {
    CHECK(threshold == below / 2 + above / 2);
  }
}

void check_tree(const Problem& problem, const ForestParams& params) {
  const ForestModel model = train(problem, params);
  const Reference reference{problem, params};
  constexpr double kTolerance = 1e-9;
  struct Item {
    size_t node;
    uint32_t depth;
    Rows rows;
  };
  Rows all;
  for (size_t i = 0; i < problem.rows; ++i) {
    if (problem.weight(i) > 0) all.push_back(i);
  }
  size_t visited = 0, leaves = 0;
  std::vector<double> importances(problem.cols, 0.0);
  for (std::vector<Item> items = {{0, 0, all}}; !items.empty();) {
    const Item item = std::move(items.back());
    items.pop_back();
    ++visited;
    const Rows& rows = item.rows;
    const double weight = reference.weight(rows), impurity = reference.impurity(rows);
    CHECK(model.cover[item.node] == doctest::Approx(weight));
    CHECK(model.impurity[item.node] == doctest::Approx(impurity).epsilon(1e-5));
    const bool may_split = item.depth < params.max_depth && rows.size() >= params.min_samples_split &&
                           rows.size() >= 2 * params.min_samples_leaf &&
                           weight >= 2 * params.min_weight_leaf && impurity > kTolerance;
    const double best = may_split ? reference.best_decrease(rows) : -1;
    if (is_leaf(model, item.node)) {
      ++leaves;
      const double needed = params.min_impurity_decrease * reference.weight(all) / weight;
      CHECK((best == -1 || best < needed + kTolerance));
      const std::vector<double> value = reference.value(rows);
      for (size_t k = 0; k < value.size(); ++k) {
        CHECK(model.values[static_cast<size_t>(model.left[item.node]) * value.size() + k] ==
              doctest::Approx(value[k]));
      }
      continue;
    }
    const size_t feature = static_cast<size_t>(model.feature[item.node]);
    Rows left, right;
    bool any_missing = false;
    for (size_t i : rows) {
      any_missing |= std::isnan(problem.at(i, feature));
      (goes_left(model, item.node, problem.at(i, feature)) ? left : right).push_back(i);
    }
    CHECK(reference.allowed(left));
    CHECK(reference.allowed(right));
    const double decrease = reference.decrease(rows, left, right);
    CHECK(decrease == doctest::Approx(best).epsilon(kTolerance));
    CHECK(decrease * weight / reference.weight(all) >= params.min_impurity_decrease - kTolerance);
    check_threshold(problem, rows, feature, model.threshold[item.node]);
    if (!any_missing && !model.missing_left.empty()) {
      CHECK((model.missing_left[item.node] != 0) == (left.size() > right.size()));
    }
    importances[feature] += decrease * weight;
    const size_t child = static_cast<size_t>(model.left[item.node]);
    REQUIRE(child > item.node);
    items.push_back({child, item.depth + 1, left});
    items.push_back({child + 1, item.depth + 1, right});
  }
  CHECK(visited == model.feature.size());
  CHECK(leaves * std::max(1u, problem.class_count) == model.values.size());
  double sum = 0;
  for (double value : importances) sum += value;
  for (size_t j = 0; j < problem.cols; ++j) {
    CHECK(model.importances[j] == doctest::Approx(sum > 0 ? importances[j] / sum : 0).epsilon(1e-6));
  }
}

const std::vector<std::pair<uint32_t, Criterion>> kTargets = {
    {2, Criterion::kGini},    {3, Criterion::kGini},         {2, Criterion::kEntropy},
    {4, Criterion::kEntropy}, {0, Criterion::kSquaredError}, {0, Criterion::kAbsoluteError},
    {0, Criterion::kPoisson}};

// Targets of the Poisson criterion are not negative.
void fit_for(Criterion criterion, Problem* problem) {
  if (criterion != Criterion::kPoisson) return;
  for (double& y : problem->targets) y = std::max(0.0, y);
  problem->targets[0] = 1;
}

TEST_CASE("forest: every split is the best by brute force") {
  Rng rng(11);
  for (const auto& [classes, criterion] : kTargets) {
    for (uint32_t levels : {0u, 2u, 6u}) {
      for (double missing : {0.0, 0.25}) {
        for (bool weighted : {false, true}) {
          const size_t rows = 2 + rng.below(40);
          Problem problem = random_problem({rows, 3, levels, missing, classes, weighted}, rng);
          fit_for(criterion, &problem);
          ForestParams params = single_tree(problem);
          params.criterion = criterion;
          CAPTURE(classes);
          CAPTURE(levels);
          CAPTURE(missing);
          CAPTURE(weighted);
          CAPTURE(rows);
          check_tree(problem, params);
        }
      }
    }
  }
}

TEST_CASE("forest: limits hold and do not cost the best allowed split") {
  Rng rng(12);
  for (const auto& [classes, criterion] : kTargets) {
    for (int limit = 0; limit < 5; ++limit) {
      Problem problem = random_problem({40, 3, limit % 2 == 0 ? 0u : 5u, 0.15, classes, true}, rng);
      fit_for(criterion, &problem);
      ForestParams params = single_tree(problem);
      params.criterion = criterion;
      if (limit == 0) params.max_depth = 2;
      if (limit == 1) params.min_samples_split = 9;
      if (limit == 2) params.min_samples_leaf = 4;
      if (limit == 3) params.min_weight_leaf = 5.5;
      if (limit == 4) params.min_impurity_decrease = 0.02;
      CAPTURE(classes);
      CAPTURE(limit);
      check_tree(problem, params);
    }
  }
}

// Large nodes of two classes sum runs of rows first and sort only those that may hold the best boundary.
TEST_CASE("forest: the best boundary is found in whatever run of rows it lies") {
  Rng rng(15);
  for (size_t rows : {70, 260, 700}) {
    for (uint32_t levels : {0u, 3u, 40u, 1000u}) {
      for (uint32_t least : {1u, 25u}) {
        const Problem problem = random_problem({rows, 2, levels, 0, 2, false}, rng);
        ForestParams params = single_tree(problem);
        params.min_samples_leaf = least;
        params.max_depth = 2;
        CAPTURE(rows);
        CAPTURE(levels);
        CAPTURE(least);
        check_tree(problem, params);
      }
    }
  }
}

TEST_CASE("forest: nodes of hundreds of rows are searched exactly too") {
  Rng rng(13);
  for (const auto& [classes, criterion] : kTargets) {
    for (uint32_t levels : {0u, 300u}) {
      Problem problem = random_problem({260, 2, levels, 0.1, classes, levels == 0}, rng);
      fit_for(criterion, &problem);
      ForestParams params = single_tree(problem);
      params.criterion = criterion;
      params.max_depth = 3;
      params.min_samples_leaf = levels == 0 ? 1 : 5;
      CAPTURE(classes);
      CAPTURE(levels);
      check_tree(problem, params);
    }
  }
}

}  // namespace
}  // namespace boreal
