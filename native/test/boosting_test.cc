// Boosting by hand for one round, and the promises of train/boosting.h: determinism, cancelling, rounds that
// end early, rounds that go on. test/golden/boosting.test.ts compares whole models with scikit-learn.
#include "train/boosting.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "base/rng.h"

namespace boreal {
namespace {

struct Rows {
  std::vector<float> x;
  std::vector<double> y, weights, raw;
  size_t cols = 3;

  BoostingData data() const {
    BoostingData data;
    data.x = dense_view(x.data(), y.size(), cols);
    data.y = {y.data(), y.size()};
    data.weights = {weights.data(), weights.size()};
    data.raw = {raw.data(), raw.size()};
    return data;
  }
};

Rows random_rows(size_t count, uint32_t classes, Rng& rng) {
  Rows rows;
  for (size_t i = 0; i < count; ++i) {
    double sum = 0;
    for (size_t j = 0; j < rows.cols; ++j) {
      rows.x.push_back(static_cast<float>(rng.uniform() * 2 - 1));
      sum += rows.x.back() * static_cast<double>(j + 1);
    }
    const double noisy = sum + rng.uniform() - 0.5;
    rows.y.push_back(classes == 0 ? noisy : noisy < -1 ? 0 : noisy < 1 ? 1 : classes - 1);
  }
  rows.raw.assign(count * std::max(1u, classes > 2 ? classes : 1u), 0.0);
  return rows;
}

BoostingParams few_rounds(BoostingLoss loss, uint32_t classes = 0) {
  BoostingParams params;
  params.loss = loss;
  params.class_count = classes;
  params.rounds = 6;
  params.max_depth = 3;
  params.max_features = 3;
  return params;
}

bool same(const BoostingModel& a, const BoostingModel& b) {
  return a.trees.feature == b.trees.feature && a.trees.threshold == b.trees.threshold &&
         a.trees.values == b.trees.values && a.train_score == b.train_score && a.oob_score == b.oob_score;
}

TEST_CASE("boosting: one round of one split by hand") {
  Rows rows;
  rows.cols = 1;
  rows.x = {1, 2, 3, 4};
  rows.y = {1, 3, 10, 12};
  rows.raw = {6, 6, 6, 6};
  BoostingParams params = few_rounds(BoostingLoss::kSquaredError);
  params.rounds = 1;
  params.max_depth = 1;
  params.max_features = 1;
  params.learning_rate = 0.5;
  const BoostingModel squared = train_boosting(rows.data(), params, 1, nullptr, nullptr);
  CHECK(squared.trees.threshold[0] == 2.5);
  CHECK(squared.trees.values == std::vector<double>{-4, 5});
  // Errors after half of each step: -3, -1, 1.5, 3.5.
  CHECK(squared.train_score == std::vector<double>{(9 + 1 + 2.25 + 12.25) / 4});
  params.loss = BoostingLoss::kAbsoluteError;
  const BoostingModel absolute = train_boosting(rows.data(), params, 1, nullptr, nullptr);
  CHECK(absolute.trees.values == std::vector<double>{-5, 4});  // the lower of two medians
  rows.y = {0, 0, 1, 1};
  rows.raw = {0, 0, 0, 0};
  params.loss = BoostingLoss::kLogistic;
  const BoostingModel logistic = train_boosting(rows.data(), params, 1, nullptr, nullptr);
  CHECK(logistic.trees.values == std::vector<double>{-2, 2});
}

TEST_CASE("boosting: the same bits at any number of threads, and other bits of another seed") {
  Rng rng(31);
  for (const auto& [loss, classes] :
       {std::pair(BoostingLoss::kHuber, 0u), std::pair(BoostingLoss::kMultinomial, 3u)}) {
    const Rows rows = random_rows(5000, classes, rng);
    BoostingParams params = few_rounds(loss, classes);
    params.subsample = 0.6;
    params.max_features = 2;
    const BoostingModel one = train_boosting(rows.data(), params, 1, nullptr, nullptr);
    CHECK(same(one, train_boosting(rows.data(), params, 4, nullptr, nullptr)));
    CHECK(one.oob_score.size() == 6);
    params.seed = 1;
    CHECK_FALSE(same(one, train_boosting(rows.data(), params, 1, nullptr, nullptr)));
  }
}

TEST_CASE("boosting: every loss falls, with weights and without") {
  Rng rng(32);
  for (const auto& [loss, classes] :
       {std::pair(BoostingLoss::kSquaredError, 0u), std::pair(BoostingLoss::kAbsoluteError, 0u),
        std::pair(BoostingLoss::kQuantile, 0u), std::pair(BoostingLoss::kLogistic, 2u),
        std::pair(BoostingLoss::kExponential, 2u), std::pair(BoostingLoss::kMultinomial, 3u)}) {
    for (bool weighted : {false, true}) {
      Rows rows = random_rows(300, classes, rng);
      if (weighted) {
        for (size_t i = 0; i < 300; ++i) rows.weights.push_back(static_cast<double>(i % 3));
      }
      const std::vector<double> scores =
          train_boosting(rows.data(), few_rounds(loss, classes), 2, nullptr, nullptr).train_score;
      for (size_t round = 1; round < scores.size(); ++round) CHECK(scores[round] < scores[round - 1]);
    }
  }
}

TEST_CASE("boosting: rows to validate on end it, and are not learned from") {
  Rng rng(33);
  Rows rows = random_rows(200, 0, rng);
  for (size_t i = 150; i < 200; ++i) rows.y[i] = -rows.y[i];  // what is learned only harms
  BoostingParams params = few_rounds(BoostingLoss::kSquaredError);
  params.rounds = 50;
  params.validation_rows = 50;
  params.patience = 3;
  const BoostingModel ended = train_boosting(rows.data(), params, 2, nullptr, nullptr);
  CHECK(ended.train_score.size() < 10);
  params.patience = 0;
  params.rounds = static_cast<uint32_t>(ended.train_score.size());
  CHECK(same(ended, train_boosting(rows.data(), params, 2, nullptr, nullptr)));
}

TEST_CASE("boosting: cancelling stops it, and bad rows are refused") {
  Rng rng(34);
  Rows rows = random_rows(2000, 0, rng);
  BoostingParams params = few_rounds(BoostingLoss::kSquaredError);
  params.rounds = 1000;
  CancelToken token;
  size_t rounds = 0;
  auto code = [&](auto f) -> std::string {
    try {
      f();
    } catch (const Error& error) {
      return error.code();
    }
    return "no error";
  };
  CHECK(code([&] {
          train_boosting(rows.data(), params, 2, &token, [&](size_t done, size_t, double, double) {
            rounds = done;
            if (done == 2) token.cancel();
            return true;
          });
        }) == "ERR_ABORTED");
  CHECK(rounds == 2);
  rows.weights.assign(2000, 0.0);
  rows.weights[7] = 1;
  params.rounds = 1;
  params.subsample = 0.01;
  CHECK(code([&] { train_boosting(rows.data(), params, 2, nullptr, nullptr); }) == "ERR_PARAMETER");
}

}  // namespace
}  // namespace boreal
