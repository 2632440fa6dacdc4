// Shapley values against their definition: sums over all subsets of the columns.
#include "explain/tree_shap.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <bitset>
#include <cmath>
#include <functional>
#include <vector>

#include "base/error.h"
#include "base/rng.h"
#include "explain/quadrature.h"
#include "kernels/dispatch.h"

namespace boreal {
namespace {

// Random trees over few columns, so that paths read a column again and again; some children have no cover.
struct RandomForest {
  RandomForest(size_t trees, size_t most_depth, size_t columns, size_t outputs, Rng& rng)
      : columns(columns), outputs(outputs) {
    offsets.push_back(0);
    for (size_t t = 0; t < trees; ++t) {
      grow(most_depth, rng);
      offsets.push_back(static_cast<int32_t>(feature.size()));
    }
  }

  void grow(size_t most_depth, Rng& rng) {
    const size_t root = feature.size();
    std::vector<size_t> depth{0};
    add_node(16);
    for (size_t k = 0; k < depth.size(); ++k) {
      if (depth[k] == most_depth || (depth[k] > 0 && rng.uniform() < 0.2)) {
        left[root + k] = static_cast<int32_t>(values.size() / outputs);
        for (size_t j = 0; j < outputs; ++j) values.push_back(rng.uniform() * 2 - 1);
        continue;
      }
      feature[root + k] = static_cast<int32_t>(rng.below(static_cast<uint32_t>(columns)));
      threshold[root + k] = rng.uniform();
      left[root + k] = static_cast<int32_t>(depth.size());
      for (int side = 0; side < 2; ++side) {
        depth.push_back(depth[k] + 1);
        add_node(rng.uniform() < 0.1 ? 0 : static_cast<float>(rng.uniform()));
      }
    }
  }

  void add_node(float weight) {
    feature.push_back(-1);
    threshold.push_back(0);
    left.push_back(0);
    cover.push_back(weight);
  }

  ForestOp op() const {
    ForestOp op{};
    op.aggregate = ForestAggregate::kSum;
    op.outputs = outputs;
    op.compare = ForestCompare::kFloat64;
    op.tree_offsets = {offsets.data(), offsets.size()};
    op.feature = {feature.data(), feature.size()};
    op.threshold = {threshold.data(), threshold.size()};
    op.left = {left.data(), left.size()};
    op.cover = {cover.data(), cover.size()};
    op.values = {values.data(), values.size()};
    return op;
  }

  // What a node is worth to a row of which only the columns `known` are known.
  double value(size_t tree, size_t node, size_t output, const double* x, unsigned known,
               const double* background) const {
    const size_t at = static_cast<size_t>(offsets[tree]) + node;
    const size_t child = static_cast<size_t>(left[at]);
    if (feature[at] < 0) return values[child * outputs + output];
    const size_t column = static_cast<size_t>(feature[at]);
    const auto below = [&](size_t k) { return value(tree, k, output, x, known, background); };
    const auto next = [&](const double* row) {
      return below(row[column] <= threshold[at] ? child : child + 1);
    };
    if ((known >> column & 1) != 0) return next(x);
    if (background != nullptr) return next(background);
    const size_t begin = static_cast<size_t>(offsets[tree]) + child;
    const double a = static_cast<double>(cover[begin]), b = static_cast<double>(cover[begin + 1]);
    const double share = a + b > 0 ? a / (a + b) : 0.5;
    return share * below(child) + (1 - share) * below(child + 1);
  }

  size_t columns, outputs;
  std::vector<int32_t> offsets, feature, left;
  std::vector<double> threshold, values;
  std::vector<float> cover;
};

// The scores of a forest; of the given groups of trees if its leaves have one value.
struct Scores {
  Scores(const RandomForest& forest, double divisor, std::vector<int32_t> groups_of_trees = {})
      : forest(forest), op(forest.op()), groups(std::move(groups_of_trees)), divisor(divisor) {
    if (groups.empty()) return;
    op.groups = {groups.data(), groups.size()};
    op.outputs = groups.size() - 1;
  }
  TreeScores view() const { return {op, divisor}; }

  double game(size_t output, const double* x, unsigned known, const std::vector<double>& background) const {
    const size_t width = forest.columns;
    double sum = 0;
    for (size_t t = 0; t < op.trees(); ++t) {
      const int32_t tree = static_cast<int32_t>(t);
      if (!groups.empty() && (tree < groups[output] || tree >= groups[output + 1])) continue;
      const size_t from = groups.empty() ? 0 : output;
      if (background.empty()) sum += forest.value(t, 0, output - from, x, known, nullptr);
      for (size_t b = 0; b < background.size() / width; ++b) {
        sum += forest.value(t, 0, output - from, x, known, background.data() + b * width) /
               static_cast<double>(background.size() / width);
      }
    }
    return sum / divisor;
  }

  const RandomForest& forest;
  ForestOp op;
  std::vector<int32_t> groups;
  double divisor;
};

double factorial(size_t n) { return n < 2 ? 1 : static_cast<double>(n) * factorial(n - 1); }

// The mean of `change` over the subsets of the columns without those of `apart`, each size counting alike.
double mean_change(size_t columns, unsigned apart, const std::function<double(unsigned)>& change) {
  const size_t rest = columns - std::bitset<32>(apart).count();
  double sum = 0;
  for (unsigned known = 0; known >> columns == 0; ++known) {
    if ((known & apart) != 0) continue;
    const size_t size = std::bitset<32>(known).count();
    sum += factorial(size) * factorial(rest - size) / factorial(rest + 1) * change(known);
  }
  return sum;
}

std::vector<double> random_rows(size_t rows, size_t columns, Rng& rng) {
  std::vector<double> x(rows * columns);
  for (double& value : x) value = rng.uniform();
  return x;
}

// Sums of a few hundred terms below 1.
bool near(double a, double b) { return std::fabs(a - b) <= 1e-12; }

ShapCall call_with(const Kernels& kernels) { return {kernels, 0, nullptr, nullptr}; }

}  // namespace

TEST_CASE("a quadrature integrates polynomials of degree 2 points - 1") {
  for (const size_t points : {1, 2, 3, 8, 31, 200}) {
    const Quadrature rule(points);
    for (size_t degree = 0; degree < 2 * points; ++degree) {
      double sum = 0;
      for (size_t q = 0; q < points; ++q) sum += rule.weights[q] * std::pow(rule.nodes[q], degree);
      CHECK(sum == doctest::Approx(1 / static_cast<double>(degree + 1)).epsilon(1e-12));
    }
  }
}

TEST_CASE("path-dependent values and interactions are what the definition says, on every instruction set") {
  Rng rng(11);
  for (const size_t depth : {1, 3, 6}) {
    for (const size_t columns : {1, 2, 6}) {
      const bool grouped = columns == 2;
      const RandomForest forest(3, depth, columns, grouped ? 1 : 2, rng);
      const Scores scores(forest, 2.5, grouped ? std::vector<int32_t>{0, 1, 3} : std::vector<int32_t>{});
      const size_t rows = 11;
      const std::vector<double> x = random_rows(rows, columns, rng);
      const auto view = dense_view(x.data(), rows, columns);
      for (const Kernels* kernels : available_kernels()) {
        CAPTURE(kernels->name);
        const ShapValues found = path_shap<double>(scores.view(), view, false, call_with(*kernels));
        const ShapValues pairs = path_shap<double>(scores.view(), view, true, call_with(*kernels));
        REQUIRE(found.values.size() == 2 * rows * columns);
        REQUIRE(pairs.values.size() == 2 * rows * columns * columns);
        for (size_t output = 0; output < 2; ++output) {
          CHECK(near(found.expected[output], scores.game(output, nullptr, 0, {})));
          for (size_t i = 0; i < rows; ++i) {
            const auto game = [&](unsigned known) { return scores.game(output, &x[i * columns], known, {}); };
            for (size_t p = 0; p < columns; ++p) {
              const unsigned own = 1u << p;
              const size_t at = (output * rows + i) * columns + p;
              const double expected =
                  mean_change(columns, own, [&](unsigned known) { return game(known | own) - game(known); });
              CHECK(near(found.values[at], expected));
              double sum = 0;
              for (size_t q = 0; q < columns; ++q) {
                sum += pairs.values[at * columns + q];
                if (q == p) continue;
                const unsigned other = 1u << q;
                const double index = mean_change(columns, own | other, [&](unsigned known) {
                  return game(known | own | other) - game(known | own) - game(known | other) + game(known);
                });
                CHECK(near(pairs.values[at * columns + q], index / 2));
              }
              CHECK(near(sum, expected));
            }
          }
        }
      }
    }
  }
}

TEST_CASE("interventional values are what the definition says") {
  Rng rng(12);
  for (const size_t depth : {1, 3, 6}) {
    for (const size_t columns : {1, 2, 6}) {
      const bool grouped = columns == 2;
      const RandomForest forest(3, depth, columns, grouped ? 1 : 2, rng);
      const Scores scores(forest, 2.5, grouped ? std::vector<int32_t>{0, 1, 3} : std::vector<int32_t>{});
      for (const size_t rows : {2, 80}) {  // without and with tables
        const std::vector<double> x = random_rows(rows, columns, rng);
        const std::vector<double> background = random_rows(7, columns, rng);
        const ShapValues found =
            background_shap<double>(scores.view(), dense_view(x.data(), rows, columns),
                                    dense_view(background.data(), 7, columns), call_with(kernels()));
        for (size_t output = 0; output < 2; ++output) {
          CHECK(near(found.expected[output], scores.game(output, nullptr, 0, background)));
          for (size_t i = 0; i < rows; i += 13) {
            const auto game = [&](unsigned known) {
              return scores.game(output, &x[i * columns], known, background);
            };
            for (size_t p = 0; p < columns; ++p) {
              const double expected = mean_change(
                  columns, 1u << p, [&](unsigned known) { return game(known | 1u << p) - game(known); });
              CHECK(near(found.values[(output * rows + i) * columns + p], expected));
            }
          }
        }
      }
    }
  }
}

TEST_CASE("values add up in deep trees, and do not depend on the other rows or the threads") {
  Rng rng(13);
  const size_t columns = 40, rows = 70;
  const RandomForest forest(4, 16, columns, 1, rng);
  const Scores scores(forest, 1);
  const std::vector<double> x = random_rows(rows, columns, rng), background = random_rows(30, columns, rng);
  const auto others = dense_view(background.data(), 30, columns);
  const unsigned all = 0;
  for (const bool interventional : {false, true}) {
    const auto explain = [&](const double* from, size_t count, size_t threads) {
      const auto view = dense_view(from, count, columns);
      const ShapCall call{kernels(), threads, nullptr, nullptr};
      return interventional ? background_shap<double>(scores.view(), view, others, call)
                            : path_shap<double>(scores.view(), view, false, call);
    };
    const ShapValues found = explain(x.data(), rows, 1);
    CHECK(explain(x.data(), rows, 0).values == found.values);
    for (size_t i = 0; i < rows; ++i) {
      const double* const own = found.values.data() + i * columns;
      double sum = found.expected[0];
      for (size_t j = 0; j < columns; ++j) sum += own[j];
      double score = 0;
      for (size_t t = 0; t < 4; ++t) score += forest.value(t, 0, 0, &x[i * columns], all, &x[i * columns]);
      CHECK(near(sum, score));
      if (i % 23 != 0) continue;
      const ShapValues alone = explain(&x[i * columns], 1, 1);
      CHECK(std::equal(alone.values.begin(), alone.values.end(), own));
    }
  }
}

TEST_CASE("what cannot be explained is refused, and work can be cancelled") {
  Rng rng(14);
  RandomForest forest(3, 3, 2, 1, rng);
  const Scores scores(forest, 1);
  const std::vector<double> x = random_rows(9, 2, rng);
  const auto view = dense_view(x.data(), 9, 2);
  const auto code_of = [&](const std::function<void()>& work) {
    try {
      work();
    } catch (const Error& error) {
      return std::string(error.code());
    }
    return std::string("none");
  };
  CancelToken cancelled;
  cancelled.cancel();
  const ShapCall call{kernels(), 0, &cancelled, nullptr};
  CHECK(code_of([&] { path_shap<double>(scores.view(), view, false, call); }) == "ERR_ABORTED");
  CHECK(code_of([&] { background_shap<double>(scores.view(), view, view, call); }) == "ERR_ABORTED");

  const ShapCall plain = call_with(kernels());
  CHECK(code_of([&] { background_shap<double>(scores.view(), view, dense_view(x.data(), 0, 2), plain); }) ==
        "ERR_EMPTY");
  forest.cover.assign(forest.cover.size(), 0);
  CHECK(code_of([&] { path_shap<double>(scores.view(), view, false, plain); }) == "ERR_NOT_SUPPORTED");
}

}  // namespace boreal
