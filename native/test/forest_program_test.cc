// The forest engine against the reference: thresholds to the last bit, missing values, odd shapes of trees.
#include <doctest/doctest.h>

#include <cfloat>
#include <cmath>
#include <vector>

#include "device/forest_layout.h"
#include "test/plan_writer.h"
#include "test/program_support.h"

namespace boreal {
namespace test {
namespace {

const double kInfinity = std::numeric_limits<double>::infinity();

template <typename T>
void check_forest(const ForestArrays& forest, ForestAggregate aggregate, size_t width, size_t outputs,
                  const std::vector<T>& x) {
  PlanWriter writer(static_cast<int32_t>(width));
  forest.write(writer, 0, aggregate, static_cast<int32_t>(outputs));
  const Plan plan = writer.decode();
  const std::vector<T> expected = reference<T>(plan, x);
  for (const Kernels* kernels : available_kernels()) {
    INFO(kernels->name);
    const auto program = prepare_cpu<T>(plan, *kernels);
    CHECK(same(run(*program, x), expected));
    // Row by row: the walk over all trees at once.
    for (size_t i = 0; i * width < x.size() && i < 40; ++i) {
      std::vector<T> out(plan.output_width());
      program->run(&x[i * width], 1, out.data(), 1, nullptr);
      CHECK(same(out, {expected.begin() + static_cast<std::ptrdiff_t>(i * out.size()),
                       expected.begin() + static_cast<std::ptrdiff_t>((i + 1) * out.size())}));
    }
  }
}

// One node: go left iff x <= threshold; the leaves say which way a row went.
ForestArrays stump(double threshold, std::vector<uint8_t> missing_left) {
  ForestArrays forest;
  forest.tree_offsets = {0, 3};
  forest.feature = {0, -1, -1};
  forest.left = {1, 0, 1};
  forest.threshold = {threshold, 0, 0};
  forest.rules = std::move(missing_left);
  forest.values = {-1, 1};
  return forest;
}

TEST_CASE_TEMPLATE("thresholds hold to the last bit", T, float, double) {
  const double thresholds[] = {0.1,   0.5,    -0.3,    1.0 / 3,  1e-40,   -1e-45,     0.0,       -0.0,
                               1e300, -1e300, FLT_MAX, -FLT_MAX, DBL_MIN, 16777217.0, kInfinity, -kInfinity};
  for (const double threshold : thresholds) {
    CAPTURE(threshold);
    const float near = static_cast<float>(threshold);
    std::vector<T> x = {static_cast<T>(near),
                        static_cast<T>(threshold),
                        T(0),
                        T(-0.0),
                        static_cast<T>(FLT_MAX),
                        static_cast<T>(-FLT_MAX),
                        static_cast<T>(kInfinity),
                        static_cast<T>(-kInfinity)};
    for (const float direction : {-INFINITY, INFINITY}) {
      const float next = std::nextafter(near, direction);
      x.insert(x.end(), {static_cast<T>(next), static_cast<T>(std::nextafter(next, direction)),
                         std::nextafter(static_cast<T>(threshold), static_cast<T>(direction))});
    }
    check_forest<T>(stump(threshold, {}), ForestAggregate::kSum, 1, 1, x);
    check_forest<T>(stump(threshold, {0, 0, 0}), ForestAggregate::kSum, 1, 1, x);
  }
}

TEST_CASE_TEMPLATE("missing values take the side of the node", T, float, double) {
  const T nan = std::numeric_limits<T>::quiet_NaN();
  for (const double threshold : {0.25, static_cast<double>(FLT_MAX), kInfinity, -kInfinity}) {
    CAPTURE(threshold);
    for (const std::vector<uint8_t>& missing_left : {std::vector<uint8_t>{}, {1, 0, 0}, {0, 0, 0}}) {
      check_forest<T>(stump(threshold, missing_left), ForestAggregate::kSum, 1, 1,
                      {nan, -nan, T(0), T(1), static_cast<T>(FLT_MAX), static_cast<T>(kInfinity)});
    }
  }
}

TEST_CASE_TEMPLATE("random forests agree with the reference bit for bit", T, float, double) {
  Rng rng(21);
  const std::vector<double> cuts = {-1.5, -0.7, -0.1, 0.0, 0.1, 0.3, 1.0 / 3, 0.9, 1.9};
  for (const size_t max_nodes : {1, 3, 9, 100, 3000}) {
    for (const size_t trees : {1, 15, 16, 17, 40}) {
      for (const size_t outputs : {1, 3}) {
        CAPTURE(max_nodes);
        CAPTURE(trees);
        CAPTURE(outputs);
        const bool missing = rng.below(2) == 0, cover = rng.below(2) == 0;
        const ForestArrays forest =
            random_forest(rng, trees, 5, outputs, max_nodes, cuts, missing, cover, 50);
        std::vector<T> x = random_rows<T>(rng, 203, 5, missing ? 4 : 0);
        for (size_t i = 0; i < x.size(); i += 3) x[i] = static_cast<T>(cuts[rng.below(9)]);
        check_forest<T>(forest, ForestAggregate::kMean, 5, outputs, x);
        check_forest<T>(forest, ForestAggregate::kSum, 5, outputs, x);
        if (outputs == 1) check_forest<T>(forest, ForestAggregate::kPerTree, 5, outputs, x);
      }
    }
  }
}

// Gives each inner node rules at random: what is missing, where it goes, and for some a set of categories.
void add_rules(ForestArrays& forest, Rng& rng) {
  const uint8_t missing[] = {0, kMissingIsZero, kZeroIsMissing};
  for (int32_t s = 0; s < 6; ++s) {
    forest.set_offsets.push_back(static_cast<int32_t>(forest.set_words.size()));
    for (int32_t w = 0; w < s % 3; ++w) forest.set_words.push_back(static_cast<int32_t>(rng.next()));
  }
  forest.set_offsets.push_back(static_cast<int32_t>(forest.set_words.size()));
  forest.rules.assign(forest.feature.size(), 0);
  for (size_t node = 0; node < forest.feature.size(); ++node) {
    if (forest.feature[node] < 0) continue;
    forest.rules[node] = static_cast<uint8_t>(missing[rng.below(3)] | rng.below(2));
    if (rng.below(3) != 0) continue;
    forest.rules[node] |= kCategories;
    forest.threshold[node] = static_cast<double>(rng.below(6));
  }
}

TEST_CASE_TEMPLATE("rules of nodes: zeros that are missing, missing values that are zero, sets", T, float,
                   double) {
  Rng rng(24);
  const double odd[] = {NAN,  0.0,  -0.0, 1e-36, -1e-36, 1e-34, -0.5, -1,  0.99,     3.7,
                        31.9, 32.0, 63,   64,    1e9,    1e300, -7,   0.3, INFINITY, -INFINITY};
  for (const ForestCompare compare : {ForestCompare::kFloat32, ForestCompare::kFloat64}) {
    for (const size_t max_nodes : {3, 40, 500}) {
      CAPTURE(max_nodes);
      ForestArrays forest =
          random_forest(rng, 25, 4, 2, max_nodes, {-1.5, -1e-36, 0, 1e-35, 0.3, 0.1, 40}, false, false, 30);
      forest.compare = compare;
      add_rules(forest, rng);
      std::vector<T> x = random_rows<T>(rng, 150, 4, 0);
      for (size_t i = 0; i < x.size(); i += 1 + i % 2) x[i] = static_cast<T>(odd[rng.below(20)]);
      check_forest<T>(forest, ForestAggregate::kSum, 4, 2, x);
    }
  }
}

TEST_CASE("float64 trees tell neighbours apart that float32 cannot") {
  for (const double threshold : {0.1, 1e-30, -1.0 / 3, 16777217.0, 1e300}) {
    ForestArrays forest = stump(threshold, {});
    const double up = std::nextafter(threshold, kInfinity), down = std::nextafter(threshold, -kInfinity);
    forest.compare = ForestCompare::kFloat64;
    check_forest<double>(forest, ForestAggregate::kSum, 1, 1,
                         {threshold, up, down, -threshold, kInfinity, -kInfinity});
    PlanWriter writer(1);
    forest.write(writer, 0, ForestAggregate::kSum, 1);
    const std::vector<double> out =
        run(*prepare_cpu<double>(writer.decode(), kernels()), {down, threshold, up});
    CHECK(out == std::vector<double>{-1, -1, 1});
  }
}

// A chain: every inner node's left child is a leaf. Node 2 k is inner, 2 k + 1 the leaf beside it.
ForestArrays chain(size_t inner, size_t width) {
  ForestArrays forest;
  for (size_t k = 0; k < inner; ++k) {
    // Node 2 k (the root, or the right child of the one before) has children 2 k + 1 and 2 k + 2.
    for (const bool is_inner : {true, false}) {
      forest.feature.push_back(is_inner ? static_cast<int32_t>(k % width) : -1);
      forest.left.push_back(is_inner ? static_cast<int32_t>(2 * k + 1) : 0);
      forest.threshold.push_back(is_inner ? -1.9 + 3.8 * static_cast<double>(k) / static_cast<double>(inner)
                                          : 0);
    }
  }
  forest.feature.push_back(-1);
  forest.left.push_back(1);
  forest.threshold.push_back(0);
  forest.tree_offsets.push_back(static_cast<int32_t>(forest.feature.size()));
  forest.values = {-1, 1};
  return forest;
}

TEST_CASE("a very deep tree needs no stack") {
  Rng rng(22);
  check_forest<float>(chain(50000, 2), ForestAggregate::kSum, 2, 1, random_rows<float>(rng, 20, 2));
}

TEST_CASE("a tree that a node word cannot index is refused") {
  // 70,000 columns leave 15 bits for the 140,001 nodes.
  PlanWriter writer(70000);
  chain(70000, 70000).write(writer, 0, ForestAggregate::kSum, 1);
  const Plan plan = writer.decode();
  CHECK(error_code([&] { prepare_cpu<float>(plan, kernels()); }) == "ERR_NOT_SUPPORTED");
}

TEST_CASE("the layout wastes no lines and keeps equal leaves once") {
  Rng rng(23);
  const ForestArrays forest = random_forest(rng, 3, 4, 2, 5001, {0.0}, false, true, 7);
  ForestOp op{};
  op.outputs = 2;
  op.tree_offsets = {forest.tree_offsets.data(), forest.tree_offsets.size()};
  op.feature = {forest.feature.data(), forest.feature.size()};
  op.threshold = {forest.threshold.data(), forest.threshold.size()};
  op.left = {forest.left.data(), forest.left.size()};
  op.cover = {forest.cover.data(), forest.cover.size()};
  op.values = {forest.values.data(), forest.values.size()};
  const ForestLayout layout = layout_forest(op);
  CHECK(layout.columns.size() == 4);
  CHECK(layout.values.size() <= 7 * 2);
  CHECK(layout.nodes.size() >= forest.feature.size());
  CHECK(layout.nodes.size() <= forest.feature.size() * 101 / 100 + 3 * 8);
  // Siblings share a line, and each tree starts on one.
  for (size_t t = 0; t < 3; ++t) CHECK(layout.tree_begin[t] % 8 == 0);
}

TEST_CASE("ordered bits order as floats do") {
  const float values[] = {-INFINITY, -FLT_MAX, -1.5f, -FLT_MIN, -1e-45f, 0.0f,
                          1e-45f,    FLT_MIN,  1.5f,  FLT_MAX,  INFINITY};
  for (const float a : values) {
    CHECK(ordered_bits(a) > kBelowAll);
    CHECK(ordered_bits(a) < kAboveAll);
    for (const float b : values) CHECK((ordered_bits(a) < ordered_bits(b)) == (a < b));
  }
  CHECK(ordered_bits(-0.0f) == ordered_bits(0.0f));
}

}  // namespace
}  // namespace test
}  // namespace boreal
