// Which rows and which trees a round of boosting leaves out, against the definitions by hand.
#include "train/hist_sampling.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "base/rng.h"
#include "train/hist_dropout.h"

namespace boreal {
namespace {

struct Slopes {
  std::vector<float> gradient, hessian;
};

Slopes slopes(size_t count, uint64_t seed) {
  Rng rng(seed);
  Slopes result;
  for (size_t i = 0; i < count; ++i) {
    result.gradient.push_back(static_cast<float>(rng.uniform() - 0.5));
    result.hessian.push_back(static_cast<float>(rng.uniform()));
  }
  return result;
}

SamplingParams one_sided(double top, double other) {
  SamplingParams params;
  params.one_sided = true;
  params.top_share = top;
  params.other_share = other;
  return params;
}

TEST_CASE("hist sampling: the largest gradients are kept, the others stand for the rest") {
  for (size_t outputs : {1, 3}) {
    const size_t rows = 50000;
    const Slopes before = slopes(rows * outputs, 4);
    std::vector<float> sizes(rows);
    for (size_t i = 0; i < rows; ++i) {
      for (size_t k = 0; k < outputs; ++k) {
        sizes[i] += std::fabs(before.gradient[k * rows + i] * before.hessian[k * rows + i]);
      }
    }
    std::vector<float> sorted = sizes;
    std::sort(sorted.begin(), sorted.end(), std::greater<float>());
    const float threshold = sorted[9999];

    std::vector<uint32_t> first;
    for (size_t threads : {1, 3}) {
      Slopes after = before;
      HistSampling sampling(one_sided(0.2, 0.1), rows, threads);
      sampling.draw(7, 30, 30 / outputs, outputs, after.gradient.data(), after.hessian.data());
      REQUIRE_FALSE(sampling.all());
      const std::vector<uint32_t> drawn(sampling.rows().begin(), sampling.rows().end());
      CHECK(drawn.size() == 15000);
      CHECK(std::is_sorted(drawn.begin(), drawn.end()));
      if (threads == 1) first = drawn;
      CHECK(drawn == first);

      size_t large = 0, in_first_half = 0;
      std::vector<float> factor(rows, 1.0f);
      for (uint32_t row : drawn) {
        const bool is_large = sizes[row] >= threshold;
        large += is_large;
        in_first_half += !is_large && row < rows / 2;
        factor[row] = is_large ? 1.0f : 8.0f;  // 40,000 others, 5,000 of them drawn
        REQUIRE(sampling.weight(row) == static_cast<double>(factor[row]));
      }
      CHECK(large == 10000);
      CHECK(in_first_half > 2300);
      CHECK(in_first_half < 2700);
      for (size_t i = 0; i < rows * outputs; ++i) {
        REQUIRE(after.gradient[i] == before.gradient[i] * factor[i % rows]);
        REQUIRE(after.hessian[i] == before.hessian[i] * factor[i % rows]);
      }
    }
  }
}

TEST_CASE("hist sampling: ties, few rows, the first rounds") {
  Slopes equal{std::vector<float>(1000, -0.5f), std::vector<float>(1000, 1.0f)};
  HistSampling ties(one_sided(0.2, 0.1), 1000, 1);
  ties.draw(1, 0, 0, 1, equal.gradient.data(), equal.hessian.data());
  CHECK(ties.all());
  CHECK(equal.gradient == std::vector<float>(1000, -0.5f));

  Slopes few{{0.0f, 3.0f, -4.0f, 1.0f}, std::vector<float>(4, 1.0f)};
  HistSampling sampling(one_sided(0.1, 0.1), 4, 1);
  sampling.draw(1, 0, 0, 1, few.gradient.data(), few.hessian.data());
  REQUIRE(sampling.rows().size == 2);  // one of each kind at least
  CHECK(sampling.weight(2) == 1);
  CHECK(few.gradient[2] == -4);
  const uint32_t other = sampling.rows()[sampling.rows()[0] == 2 ? 1 : 0];
  CHECK(sampling.weight(other) == 3);

  SamplingParams params = one_sided(0.2, 0.1);
  params.warm_up_rounds = 2;
  Slopes some = slopes(100, 3);
  HistSampling late(params, 100, 1);
  for (size_t round : {0, 1, 2}) {
    late.draw(1, round, round, 1, some.gradient.data(), some.hessian.data());
    CHECK(late.all() == (round < 2));
  }
}

TEST_CASE(
    "hist dropout: rounds are dropped at their rate, weigh what is left of them, and no more than most") {
  DropoutParams params;
  params.on = true;
  params.rate = 0.2;
  params.skip = 0.25;
  for (bool uniform : {false, true}) {
    for (bool xgboost : {false, true}) {
      params.uniform = uniform;
      params.xgboost = xgboost;
      HistDropout dropout(params, 0.1);
      size_t skipped = 0, dropped = 0, possible = 0;
      for (size_t round = 0; round < 200; ++round) {
        dropout.draw(3, round);
        const size_t count = dropout.dropped().size();
        CHECK(count <= 50);
        skipped += count == 0;
        dropped += count;
        possible += round;
        const double beside = xgboost ? 0.1 : 1.0;
        CHECK(dropout.new_scale() == doctest::Approx(count == 0 ? 0.1 : 0.1 / (count + beside)));
        if (count > 0) CHECK(dropout.dropped_scale() == doctest::Approx(count / (count + beside)));
        dropout.close_round();
      }
      CHECK(skipped > 35);
      CHECK(skipped < 80);
      const double share = static_cast<double>(dropped) / static_cast<double>(possible);
      CHECK(share > 0.12);
      CHECK(share < 0.18);
    }
  }

  params = DropoutParams();
  params.on = true;
  params.skip = 0;
  params.rate = 1;
  params.most = 3;
  HistDropout capped(params, 0.1);
  for (size_t round = 0; round < 30; ++round) {
    capped.draw(3, round);
    CHECK(capped.dropped().size() <= 3);
    if (round == 2) CHECK(capped.dropped() == std::vector<size_t>{0, 1});
    capped.close_round();
  }
  HistDropout off(DropoutParams{}, 0.1);
  off.close_round();
  off.draw(3, 1);
  CHECK(off.dropped().empty());
  CHECK(off.new_scale() == 0.1);
}

}  // namespace
}  // namespace boreal
