// Histogram boosting: a GPU grows the CPU's trees, bit for bit.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/rng.h"
#include "test/cuda/devices.h"
#include "test/program_support.h"
#include "train/hist_booster.h"

namespace boreal {
namespace test {
namespace {

struct Problem {
  size_t rows, cols;
  std::vector<float> x;
  std::vector<double> y, weights;
  std::vector<uint8_t> categorical;

  BoosterData<float> data() {
    return {dense_view(static_cast<const float*>(x.data()), rows, cols),
            {y.data(), y.size()},
            {weights.data(), weights.size()},
            {},
            {}};
  }
};

// Columns of all kinds: few values, many, missing ones; the last one of categories, if asked for. Targets are
// > 0, or class numbers.
Problem problem_of(Rng& rng, size_t rows, size_t cols, double missing, bool categories, uint32_t classes) {
  Problem problem{rows, cols, {}, {}, {}, {}};
  for (size_t i = 0; i < rows; ++i) {
    double sum = 0;
    for (size_t j = 0; j < cols; ++j) {
      double value = rng.uniform();
      if (j % 3 == 1) value = std::floor(value * 5);
      if (categories && j + 1 == cols) value = std::floor(value * 40);
      sum += std::sin(3 * value + static_cast<double>(j));
      if (rng.uniform() < missing) value = std::numeric_limits<double>::quiet_NaN();
      problem.x.push_back(static_cast<float>(value));
    }
    const double noisy = sum / static_cast<double>(cols) + rng.uniform();
    problem.y.push_back(classes == 0        ? std::exp(noisy)
                        : rng.below(2) == 0 ? rng.below(classes)
                        : noisy > 0.5       ? classes - 1
                                            : 0);
  }
  if (categories) {
    problem.categorical.assign(cols, 0);
    problem.categorical.back() = 1;
  }
  return problem;
}

BoosterParams params_of(LossKind loss) {
  BoosterParams params;
  params.loss = loss;
  params.loss_parameter = loss == LossKind::kTweedie ? 1.5 : loss == LossKind::kHuber ? 0.7 : 0.3;
  params.classes = loss == LossKind::kSoftmax ? 3 : 0;
  params.growth.min_samples_leaf = 5;
  params.seed = 4;
  params.max_bins = 40;
  return params;
}

struct Trained {
  HistForest forest;
  std::vector<double> scores;
  double train_loss, valid_loss;
};

Trained train(Problem& problem, Problem& valid, BoosterParams params, size_t rounds, const CudaTarget& cuda) {
  params.growth.cuda = cuda;
  HistBooster booster(problem.data(), valid.data(), {problem.categorical.data(), problem.categorical.size()},
                      params, nullptr);
  for (size_t round = 0; round < rounds; ++round) booster.round(nullptr);
  std::vector<double> scores(booster.score_count());
  booster.write_train_scores(scores.data());
  return {booster.forest(), scores, booster.train_loss(), booster.valid_loss()};
}

void check_same(Problem& problem, const BoosterParams& params, size_t rounds = 4) {
  Problem valid = problem;
  valid.rows = std::min<size_t>(problem.rows, 50);
  valid.x.resize(valid.rows * valid.cols);
  valid.y.resize(valid.rows);
  if (!valid.weights.empty()) valid.weights.resize(valid.rows);
  const Trained cpu = train(problem, valid, params, rounds, {});
  each_device([&](const CudaLibrary& library, int32_t device) {
    if (device > 0 && problem.rows > 2) return;
    const Trained gpu = train(problem, valid, params, rounds, {&library, device});
    CHECK(gpu.forest.tree_offsets == cpu.forest.tree_offsets);
    CHECK(gpu.forest.feature == cpu.forest.feature);
    CHECK(gpu.forest.threshold == cpu.forest.threshold);
    CHECK(gpu.forest.left == cpu.forest.left);
    CHECK(gpu.forest.rules == cpu.forest.rules);
    CHECK(gpu.forest.cover == cpu.forest.cover);
    CHECK(gpu.forest.values == cpu.forest.values);
    CHECK(gpu.forest.set_offsets == cpu.forest.set_offsets);
    CHECK(gpu.forest.set_words == cpu.forest.set_words);
    CHECK(gpu.forest.gain == cpu.forest.gain);
    CHECK(gpu.scores == cpu.scores);
    CHECK(gpu.train_loss == cpu.train_loss);
    CHECK(gpu.valid_loss == cpu.valid_loss);
  });
}

}  // namespace

TEST_CASE("boosting: every loss, with and without weights and missing values") {
  for (const LossKind loss :
       {LossKind::kSquaredError, LossKind::kAbsoluteError, LossKind::kQuantile, LossKind::kHuber,
        LossKind::kPoisson, LossKind::kGamma, LossKind::kTweedie, LossKind::kLogistic, LossKind::kSoftmax}) {
    CAPTURE(static_cast<int>(loss));
    const uint32_t classes = loss == LossKind::kLogistic ? 2 : loss == LossKind::kSoftmax ? 3 : 0;
    Rng rng(static_cast<uint64_t>(loss) + 1);
    Problem problem = problem_of(rng, 200, 3, 0.1, false, classes);
    check_same(problem, params_of(loss), 2);
    for (size_t i = 0; i < problem.rows; ++i) problem.weights.push_back(rng.below(4));
    check_same(problem, params_of(loss), 1);
  }
}

TEST_CASE("boosting: shapes, from a row and a column on") {
  for (const size_t rows : {1u, 2u, 31u, 2049u, 5000u}) {
    for (const size_t cols : {1u, 2u, 7u, 33u}) {
      if (rows > 2000 && cols % 2 != (rows == 5000u ? 0 : 1)) continue;
      if (rows > 2000 && cols == 33) continue;
      CAPTURE(rows);
      CAPTURE(cols);
      Rng rng(rows * 100 + cols);
      Problem problem = problem_of(rng, rows, cols, cols % 2 == 0 ? 0.2 : 0, cols == 7, 2);
      BoosterParams params = params_of(LossKind::kLogistic);
      params.growth.min_samples_leaf = rows < 300 ? 1 : 20;
      check_same(problem, params, 1);
    }
  }
}

TEST_CASE("boosting: sums of several parts, and tiles of rows") {
  for (const LossKind loss : {LossKind::kSquaredError, LossKind::kLogistic}) {
    Rng rng(17);
    Problem problem = problem_of(rng, 20000, 2, 0.01, false, loss == LossKind::kLogistic ? 2 : 0);
    BoosterParams params = params_of(loss);
    params.growth.max_leaves = 5;
    params.max_bins = 255;
    check_same(problem, params, 1);
  }
}

TEST_CASE("boosting: growth, constraints and draws") {
  Rng rng(9);
  Problem problem = problem_of(rng, 600, 6, 0.1, true, 2);
  const auto check_with = [&](const char* what, auto change) {
    CAPTURE(what);
    BoosterParams params = params_of(LossKind::kLogistic);
    change(params);
    check_same(problem, params, params.dropout.on ? 3 : 1);
  };
  check_with("by levels", [](BoosterParams& p) {
    p.growth.leaf_wise = false;
    p.growth.max_depth = 5;
    p.growth.max_leaves = 1000;
  });
  check_with("penalties", [](BoosterParams& p) {
    p.growth.l1 = 0.3;
    p.growth.l2 = 1;
    p.growth.min_gain = 0.01;
    p.growth.min_hessian = 2;
  });
  check_with("monotonic", [](BoosterParams& p) { p.growth.monotonic = {1, 0, -1, 0, 0, 0}; });
  check_with("groups", [](BoosterParams& p) {
    p.growth.group_words = 1;
    p.growth.groups = {1, 1, 3, 2, 2, 2};
  });
  check_with("columns", [](BoosterParams& p) {
    p.column_share = 0.7;
    p.growth.columns_per_split = 0.5;
  });
  check_with("rows", [](BoosterParams& p) { p.sampling.share = 0.4; });
  check_with("one-sided", [](BoosterParams& p) { p.sampling.one_sided = true; });
  check_with("dropout", [](BoosterParams& p) {
    p.dropout.on = true;
    p.dropout.rate = 0.5;
  });
  check_with("many bins", [](BoosterParams& p) { p.max_bins = 200; });
  problem.categorical.clear();  // the device searches from here on
  check_with("the device's search", [](BoosterParams& p) { p.growth.l2 = 0.5; });
  check_with("the device's search, by levels", [](BoosterParams& p) {
    p.growth.leaf_wise = false;
    p.growth.max_leaves = 1000;
    p.growth.min_samples_leaf = 11;
    p.growth.min_gain = 0.02;
  });
  check_with("many leaves", [](BoosterParams& p) {
    p.growth.max_leaves = 200;
    p.growth.min_samples_leaf = 1;
  });
  problem.y.assign(problem.rows, 1.0);
  check_with("a constant target", [](BoosterParams& p) { p.loss = LossKind::kSquaredError; });
}

TEST_CASE("boosting: an aborted round, and memory that does not suffice") {
  if (!cuda_devices().emulated) return;
  Rng rng(3);
  Problem problem = problem_of(rng, 400, 3, 0, false, 0), none{0, 3, {}, {}, {}, {}};
  const CudaTarget cuda{cuda_devices().library, 0};
  BoosterParams params = params_of(LossKind::kSquaredError);
  params.growth.cuda = cuda;
  const auto make = [&] {
    return std::make_unique<HistBooster>(problem.data(), none.data(), Span<uint8_t>{}, params, nullptr);
  };
  CancelToken cancel;
  cancel.cancel();
  CHECK_THROWS_WITH_AS(make()->round(&cancel), doctest::Contains("aborted"), Error);
  {
    const SmallDevice small(10000);
    CHECK(error_code(make) == "ERR_OUT_OF_MEMORY");
  }
  make()->round(nullptr);
}

TEST_CASE("boosting: memory is counted, taken at the start, and given back; the search can do without") {
  if (!cuda_devices().emulated) return;
  const CudaLibrary& library = *cuda_devices().library;
  Rng rng(3);
  Problem problem = problem_of(rng, 300, 3, 0, false, 3), none{0, 3, {}, {}, {}, {}};
  BoosterParams params = params_of(LossKind::kSoftmax);
  const Trained expected = train(problem, none, params, 2, {});
  const uint64_t before = free_bytes(library, 0);
  params.growth.cuda = {&library, 0};
  uint64_t used = 0;
  {
    HistBooster booster(problem.data(), none.data(), {}, params, nullptr);
    used = before - free_bytes(library, 0);
    CHECK(booster.memory_bytes() >= used);
    for (int round = 0; round < 2; ++round) booster.round(nullptr);
    CHECK(booster.train_loss() > 0);
    CHECK(before - free_bytes(library, 0) == used);
  }
  CHECK(free_bytes(library, 0) == before);
  const uint64_t others = library.device(0).total_bytes - before;
  const SmallDevice small(others + used - 1);  // too little for the search, which comes last
  const Trained found = train(problem, none, params, 2, {&library, 0});
  CHECK(found.forest.values == expected.forest.values);
  CHECK(found.scores == expected.scores);
}

TEST_CASE("boosting: a call that fails ends the fit that made it, and no other") {
  if (!cuda_devices().emulated) return;
  const CudaTarget cuda{cuda_devices().library, 0};
  Rng rng(8);
  Problem problem = problem_of(rng, 60, 2, 0.1, false, 0), none{0, 2, {}, {}, {}, {}};
  BoosterParams params = params_of(LossKind::kSquaredError);
  const Trained expected = train(problem, none, params, 2, cuda);
  const uint64_t before = free_bytes(*cuda.library, 0);
  for (const std::string kind : {"memory ", "work "}) {
    CAPTURE(kind);
    int nth = 1;
    for (int passed = 0; passed == 0; ++nth) {
      CAPTURE(nth);
      std::string code;
      {
        const Failing failing(kind + std::to_string(nth));
        code = error_code([&] {
          const Trained found = train(problem, none, params, 2, cuda);
          CHECK(found.forest.values == expected.forest.values);
        });
      }
      // Memory that the search lacks ends nothing; what comes after it is the search's, too.
      passed = code == "none" && nth > 20 ? 1 : 0;
      if (code != "none") CHECK(code == (kind == "work " ? "ERR_CUDA" : "ERR_OUT_OF_MEMORY"));
      CHECK(free_bytes(*cuda.library, 0) == before);
    }
    CHECK(nth > 20);
    CHECK(train(problem, none, params, 2, cuda).forest.values == expected.forest.values);
  }
}

TEST_CASE("boosting: histograms that run out are built anew") {
  Rng rng(21);
  Problem problem = problem_of(rng, 700, 2, 0.1, false, 0);
  BoosterParams params = params_of(LossKind::kSquaredError);
  params.max_bins = 255;
  params.growth.histogram_bytes = 0;
  params.growth.max_leaves = 300;
  params.growth.min_samples_leaf = 1;
  check_same(problem, params, 1);
  params.growth.l1 = 1e-3;  // the host searches
  check_same(problem, params, 1);
}

TEST_CASE("boosting: two columns that gain the same up to rounding, in a group and apart") {
  // The second gains more by a last bit, which a comparison without the division rounds away.
  constexpr size_t kPart = 167, kRows = 10 * kPart, kCols = 17;
  constexpr double kUnit = 3935;
  for (const size_t second : {size_t{1}, size_t{8}}) {
    CAPTURE(second);
    Problem problem{kRows, kCols, std::vector<float>(kRows * kCols), {}, {}, {}};
    for (size_t i = 0; i < kRows; ++i) {
      problem.x[i * kCols] = i < kPart ? 0 : 1;
      problem.x[i * kCols + second] = i < 5 * kPart ? 0 : 1;
      problem.y.push_back(i < kPart ? 6 * kUnit : i < 5 * kPart ? kUnit : -2 * kUnit);
    }
    BoosterParams params = params_of(LossKind::kSquaredError);
    params.growth.max_leaves = 2;
    check_same(problem, params, 1);
  }
}

TEST_CASE("boosting: nodes that may not split, all of a batch") {
  for (const uint32_t depth : {1u, 2u}) {
    for (const bool leaf_wise : {true, false}) {
      Rng rng(depth);
      Problem problem = problem_of(rng, 200, 3, 0, false, 2);
      BoosterParams params = params_of(LossKind::kLogistic);
      params.growth.max_depth = depth;
      params.growth.leaf_wise = leaf_wise;
      check_same(problem, params, 2);
    }
  }
}

}  // namespace test
}  // namespace boreal
