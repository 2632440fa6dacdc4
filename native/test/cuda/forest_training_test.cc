// Forests on bins: a GPU grows the CPU's trees, bit for bit.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "test/cuda/devices.h"
#include "test/error_code.h"
#include "test/forest_support.h"

namespace boreal {
namespace test {
namespace {

ForestParams forest_of(size_t cols) {
  ForestParams params;
  params.trees = 2;
  params.max_bins = 40;
  params.max_features = static_cast<uint32_t>((cols + 1) / 2);
  params.seed = 11;
  params.out_of_bag = true;
  return params;
}

void check_same(const Problem& problem, ForestParams params) {
  const ForestModel cpu = train(problem, params);
  each_device([&](const CudaLibrary& library, int32_t device) {
    if (device > 0 && problem.rows > 2) return;
    params.cuda = {&library, device};
    const ForestModel gpu = train(problem, params);
    CHECK(same_model(gpu, cpu));
    CHECK(same_bits(gpu.oob_sums, cpu.oob_sums));
    CHECK(gpu.oob_trees == cpu.oob_trees);
  });
}

std::string code_of(const Problem& problem, const ForestParams& params) {
  return error_code([&] { train(problem, params); });
}

void check_limits(uint32_t classes) {
  Rng rng(21);
  Problem problem = random_problem({70, 5, 0, 0.1, classes, false}, rng);
  ForestParams params = forest_of(5);
  if (classes == 0) params.criterion = Criterion::kSquaredError;
  params.max_features = 1;
  check_same(problem, params);
  params.max_depth = 3;
  check_same(problem, params);
  params.max_depth = 0xffffffffu;
  params.min_samples_leaf = 4;
  params.min_samples_split = 11;
  params.min_impurity_decrease = 0.004;
  check_same(problem, params);
  params.max_samples = 60;
  params.balanced_subsample = classes > 0;
  params.min_weight_leaf = 3.5;
  params.first_tree = 7;
  check_same(problem, params);
  // Sample weights: drawn by them, and then as they are.
  params.max_samples = 0;
  params.balanced_subsample = false;
  for (size_t i = 0; i < problem.rows; ++i) problem.weights.push_back(rng.below(5) * 0.3);
  check_same(problem, params);
  params.bootstrap = params.out_of_bag = false;
  params.min_weight_leaf = 0.7;
  check_same(problem, params);
}

}  // namespace

TEST_CASE("forest training: shapes, classes and missing values, by Gini and entropy") {
  for (const size_t rows : {1u, 2u, 33u, 90u}) {
    for (const size_t cols : {1u, 4u, 9u}) {
      for (const uint32_t classes : {1u, 2u, 5u}) {
        if (rows == 90 && (cols == 1) != (classes == 5)) continue;
        CAPTURE(rows);
        CAPTURE(cols);
        CAPTURE(classes);
        Rng rng(rows * 100 + cols * 10 + classes);
        const double missing = cols == 4 ? 0.2 : 0;
        const Problem problem =
            random_problem({rows, cols, cols == 9 ? 3u : 0u, missing, classes, false}, rng);
        ForestParams params = forest_of(cols);
        params.criterion = classes == 2 ? Criterion::kGini : Criterion::kEntropy;
        check_same(problem, params);
      }
    }
  }
}

TEST_CASE("forest training: shapes and missing values, by squared error") {
  for (const size_t rows : {1u, 2u, 50u}) {
    for (const size_t cols : {1u, 4u}) {
      CAPTURE(rows);
      CAPTURE(cols);
      Rng rng(rows * 10 + cols);
      const Problem problem = random_problem({rows, cols, 0, cols == 4 ? 0.2 : 0.0, 0, false}, rng);
      ForestParams params = forest_of(cols);
      params.criterion = Criterion::kSquaredError;
      check_same(problem, params);
    }
  }
}

TEST_CASE("forest training: every limit of a tree") {
  for (const uint32_t classes : {2u, 0u}) check_limits(classes);
}

TEST_CASE("forest training: a node of many rows, and constant columns before one that is not") {
  Rng rng(5);
  Problem problem = random_problem({5000, 6, 2, 0, 2, false}, rng);
  for (size_t i = 0; i < problem.rows; ++i) {
    for (const size_t j : {0u, 1u, 3u, 4u}) problem.x[i * 6 + j] = 1;
  }
  ForestParams params = forest_of(6);
  params.trees = 2;
  params.max_features = 1;
  check_same(problem, params);
}

TEST_CASE("forest training: a few trees and nodes at a time; what is done is told, and an abort heard") {
  Rng rng(8);
  for (const uint32_t classes : {3u, 0u}) {
    CAPTURE(classes);
    const Problem problem = random_problem({24, 6, 0, 0.1, classes, false}, rng);
    ForestParams params = forest_of(6);
    params.trees = 3;
    if (classes == 0) params.criterion = Criterion::kSquaredError;
    params.cuda_rows = 2 * 24;
    params.cuda_nodes = 8;
    params.cuda_updates = 3 * 24;
    check_same(problem, params);
    each_device([&](const CudaLibrary& library, int32_t device) {
      if (device > 0) return;
      params.cuda = {&library, device};
      std::vector<size_t> told;
      train_forest(problem.data(), params, 2, nullptr, [&](size_t done, size_t) { told.push_back(done); });
      CHECK(std::is_sorted(told.begin(), told.end()));
      REQUIRE(!told.empty());
      CHECK(told.back() == 3);
      CancelToken cancel;
      const auto stop = [&](size_t, size_t) { cancel.cancel(); };
      CHECK(error_code([&] { train_forest(problem.data(), params, 2, &cancel, stop); }) == "ERR_ABORTED");
    });
  }
}

TEST_CASE("forest training: a call searches so many rows and columns, or one node in one column") {
  if (!cuda_devices().emulated) return;
  Rng rng(9);
  const Problem problem = random_problem({24, 6, 0, 0, 2, false}, rng);
  ForestParams params = forest_of(6);
  params.trees = 6;
  params.max_depth = 1;
  params.bootstrap = params.out_of_bag = false;
  // The device is waited for to copy bins, to start six trees, to search the roots in three columns, to part
  // their rows, and at the end.
  for (const auto& [updates, searches] :
       {std::pair{uint64_t{1} << 30, 1}, {2 * 3 * 24u, 3}, {2 * 3 * 24u - 1, 6}, {2 * 24u, 12}, {1u, 18}}) {
    CAPTURE(updates);
    params.cuda_updates = updates;
    int waits = 0;
    const OnWait counting([&] { ++waits; });
    check_same(problem, params);
    CHECK(waits == 1 + 6 + searches + 1 + 1);
  }
}

TEST_CASE("forest training: an abort is heard within a level, and within a node of many columns") {
  if (!cuda_devices().emulated) return;
  Rng rng(9);
  const Problem problem = random_problem({24, 6, 0, 0, 2, false}, rng);
  ForestParams params = forest_of(6);
  params.max_features = 6;
  params.cuda = {cuda_devices().library, 0};
  for (const uint64_t updates : {6u * 24u, 1u}) {
    params.cuda_updates = updates;
    CancelToken cancel;
    int waits = 0;
    // To copy bins, to start two trees, for the first search of their roots, which need two or twelve, and at
    // the end.
    const OnWait stop([&] {
      if (++waits == 1 + 2 + 1) cancel.cancel();
    });
    CHECK(error_code([&] { train_forest(problem.data(), params, 2, &cancel, nullptr); }) == "ERR_ABORTED");
    CHECK(waits == 1 + 2 + 1 + 1);
  }
}

TEST_CASE("forest training: nodes without a split ask for few rounds of columns") {
  if (!cuda_devices().emulated) return;
  constexpr size_t kCols = 64;
  const std::vector<float> x(3 * kCols, 1.0f);
  const auto waits_less = [&](Problem problem, const std::string& times) {
    ForestParams params = single_tree(problem);
    params.max_bins = 4;
    params.max_features = 1;
    const Failing failing("work " + times);  // the device is waited for to copy bins, rows, splits
    check_same(problem, params);
  };
  waits_less(classification(kCols, x, {0, 1, 0}, 2), "12");
  // All targets alike: no column can part them.
  waits_less(regression(kCols, x, {3, 3, 3}), "6");
}

TEST_CASE("forest training: what a GPU leaves to the CPU, and failures") {
  Rng rng(6);
  const Problem problem = random_problem({60, 2, 0, 0, 2, false}, rng);
  const Problem many = random_problem({300, 2, 0, 0, 150, false}, rng);
  each_device([&](const CudaLibrary& library, int32_t device) {
    ForestParams params = forest_of(2);
    params.cuda = {&library, device};
    ForestParams other = params;
    other.max_bins = 0;
    CHECK(code_of(problem, other) == "ERR_NOT_SUPPORTED");
    other = params;
    other.max_leaves = 4;
    CHECK(code_of(problem, other) == "ERR_NOT_SUPPORTED");
    other = params;
    other.monotonic = {1, 0};
    CHECK(code_of(problem, other) == "ERR_NOT_SUPPORTED");
    CHECK(code_of(many, params) == "ERR_NOT_SUPPORTED");
    if (!cuda_devices().emulated || device > 0) return;
    for (const std::string what : {"memory 2", "memory 9", "work 1", "work 4"}) {
      CAPTURE(what);
      const Failing failing(what);
      CHECK(code_of(problem, params) == (what[0] == 'm' ? "ERR_OUT_OF_MEMORY" : "ERR_CUDA"));
    }
    CHECK(code_of(problem, params) == "none");
  });
}

}  // namespace test
}  // namespace boreal
