// Histogram boosting: bins, histograms against sums by hand, splits against a brute-force search, and the
// promises of train/hist_booster.h: the same bits at any number of threads, constraints, cancelling.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/rng.h"
#include "device/portable_math.h"
#include "train/hist_booster.h"
#include "train/hist_histogram.h"

namespace boreal {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct Data {
  std::vector<double> x, y, weights;
  size_t cols = 1;

  MatrixView<const double> matrix() const {
    return dense_view(static_cast<const double*>(x.data()), x.size() / cols, cols);
  }
  BoosterData<double> view() const {
    return {matrix(), {y.data(), y.size()}, {weights.data(), weights.size()}, {}, {}};
  }
};

// Numbers with a few missing; y depends on two columns.
Data noise(size_t rows, size_t cols, uint64_t seed) {
  Rng rng(seed);
  Data data;
  data.cols = cols;
  for (size_t i = 0; i < rows * cols; ++i) {
    data.x.push_back(rng.uniform() < 0.05 ? kNan : std::floor(rng.uniform() * 1000) / 100);
  }
  for (size_t i = 0; i < rows; ++i) {
    const double a = data.x[i * cols], b = data.x[i * cols + cols - 1];
    data.y.push_back((std::isnan(a) ? 3 : a > 5) + (std::isnan(b) ? 0 : 0.2 * b) + rng.uniform());
  }
  return data;
}

BoosterParams params_of(LossKind loss = LossKind::kSquaredError) {
  BoosterParams params;
  params.loss = loss;
  params.growth.max_threads = 1;
  params.growth.min_samples_leaf = 5;
  return params;
}

HistForest boosted(const Data& data, const BoosterParams& params, size_t rounds,
                   const std::vector<uint8_t>& categorical = {}) {
  HistBooster booster(data.view(), BoosterData<double>{}, {categorical.data(), categorical.size()}, params,
                      nullptr);
  for (size_t r = 0; r < rounds; ++r) booster.round(nullptr);
  return booster.forest();
}

template <typename T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

bool same_forest(const HistForest& a, const HistForest& b) {
  return same_bits(a.tree_offsets, b.tree_offsets) && same_bits(a.feature, b.feature) &&
         same_bits(a.left, b.left) && same_bits(a.threshold, b.threshold) && same_bits(a.rules, b.rules) &&
         same_bits(a.cover, b.cover) && same_bits(a.values, b.values) && same_bits(a.gain, b.gain) &&
         same_bits(a.set_words, b.set_words);
}

TEST_CASE("hist: exp and log are right") {
  for (double x = -690; x < 690; x += 0.37) {
    CHECK(portable_exp(x) == doctest::Approx(std::exp(x)).epsilon(2e-15));
    const double y = std::exp(x / 8);
    CHECK(std::fabs(portable_log(y) - std::log(y)) <= 2e-15 * std::max(1.0, std::fabs(std::log(y))));
    CHECK(portable_softplus(x) == doctest::Approx(std::log1p(std::exp(x))).epsilon(2e-15));
  }
  CHECK(portable_log(1.0) == 0);
  CHECK(portable_exp(0.0) == 1);
}

TEST_CASE("hist: few values are cut halfway, many at quantiles, missing ones come last") {
  Data data;
  data.x = {3, 1, kNan, 2, 2, -0.0, 0.0};
  const BinMapper few(data.matrix(), {}, {}, BinOptions{}, nullptr);
  CHECK(few.column(0).cuts == std::vector<double>{0.5, 1.5, 2.5});
  const BinnedMatrix binned(few, data.matrix(), 1, nullptr);
  const std::vector<uint8_t> bins(binned.column(0), binned.column(0) + 7);
  CHECK(bins == std::vector<uint8_t>{3, 1, 4, 2, 2, 0, 0});
  CHECK(binned.has_missing(0));

  Data many;
  for (int i = 0; i < 1000; ++i) many.x.push_back(i);
  BinOptions options;
  options.max_bins = 4;
  const BinMapper quantiles(many.matrix(), {}, {}, options, nullptr);
  CHECK(quantiles.column(0).cuts == std::vector<double>{249.5, 499.5, 749.5});
  // A value that weighs as much as 1000 others moves the cuts as its copies would.
  std::vector<double> weights(1000, 1.0);
  weights[999] = 3001;
  const BinMapper weighted(many.matrix(), {weights.data(), weights.size()}, {}, options, nullptr);
  CHECK(weighted.column(0).cuts == std::vector<double>{999});
}

TEST_CASE("hist: every value is in the bin of its cuts") {
  const Data data = noise(3000, 3, 4);
  for (uint32_t max_bins : {2u, 17u, 255u}) {
    BinOptions options;
    options.max_bins = max_bins;
    const BinMapper mapper(data.matrix(), {}, {}, options, nullptr);
    const BinnedMatrix binned(mapper, data.matrix(), 1, nullptr);
    for (size_t j = 0; j < 3; ++j) {
      const BinMapper::Column& column = mapper.column(j);
      CHECK(column.bins <= max_bins);
      for (size_t i = 0; i < 3000; ++i) {
        const double value = data.x[i * 3 + j];
        const auto below = std::lower_bound(column.cuts.begin(), column.cuts.end(), value);
        const size_t bin = std::isnan(value) ? column.bins : static_cast<size_t>(below - column.cuts.begin());
        REQUIRE(binned.column(j)[i] == bin);
      }
    }
  }
}

TEST_CASE("hist: histograms are the sums of their rows") {
  for (size_t cols : {1, 4, 7, 70}) {
    const Data data = noise(500, cols, cols);
    const BinMapper mapper(data.matrix(), {}, {}, BinOptions{}, nullptr);
    const BinnedMatrix x(mapper, data.matrix(), 1, nullptr);
    std::vector<float> gradient, hessian;
    Rng rng(3);
    for (size_t i = 0; i < 500; ++i) {
      gradient.push_back(static_cast<float>(rng.uniform() - 0.5));
      hessian.push_back(static_cast<float>(rng.uniform()));
    }
    QuantizedGradients pairs(500);
    pairs.quantize(gradient.data(), hessian.data(), 1);
    std::vector<uint32_t> rows;
    for (uint32_t i = 0; i < 500; i += 3) rows.push_back(i);
    std::vector<PackedPair> listed(cols * mapper.slots()), all(cols * mapper.slots());
    add_rows(x, {rows.data(), rows.size()}, pairs.data(), mapper.slots(), listed.data());
    add_rows(x, 0, 500, pairs.data(), mapper.slots(), all.data());
    for (size_t j = 0; j < cols; ++j) {
      std::vector<double> sum(mapper.slots()), all_sum(mapper.slots());
      PackedPair total = 0;
      for (uint32_t i : rows) sum[x.column(j)[i]] += static_cast<double>(gradient[i]);
      for (size_t i = 0; i < 500; ++i) all_sum[x.column(j)[i]] += static_cast<double>(hessian[i]);
      for (size_t b = 0; b < mapper.slots(); ++b) {
        total += all[j * mapper.slots() + b];
        REQUIRE(gradient_of(listed[j * mapper.slots() + b]) * pairs.gradient_step() ==
                doctest::Approx(sum[b]).epsilon(1e-4));
        REQUIRE(hessian_of(all[j * mapper.slots() + b]) * pairs.hessian_step() ==
                doctest::Approx(all_sum[b]).epsilon(1e-4));
      }
      CHECK(total == pairs.total());
    }
  }
}

// The best gain of any cut of any column with its rows counted one by one.
double best_gain(const Data& data, const std::vector<float>& gradient, const std::vector<float>& hessian,
                 size_t least_rows, double l2) {
  const size_t rows = gradient.size();
  double best = 0, total_g = 0, total_h = 0;
  for (size_t i = 0; i < rows; ++i) {
    total_g += static_cast<double>(gradient[i]);
    total_h += static_cast<double>(hessian[i]);
  }
  for (size_t j = 0; j < data.cols; ++j) {
    std::vector<double> values;
    for (size_t i = 0; i < rows; ++i) {
      if (!std::isnan(data.x[i * data.cols + j])) values.push_back(data.x[i * data.cols + j]);
    }
    for (double cut : values) {
      for (bool missing_left : {false, true}) {
        double g = 0, h = 0;
        size_t count = 0;
        for (size_t i = 0; i < rows; ++i) {
          const double value = data.x[i * data.cols + j];
          if (!(std::isnan(value) ? missing_left : value <= cut)) continue;
          g += static_cast<double>(gradient[i]);
          h += static_cast<double>(hessian[i]);
          ++count;
        }
        if (count < least_rows || rows - count < least_rows) continue;
        best = std::max(best, g * g / (h + l2) + (total_g - g) * (total_g - g) / (total_h - h + l2) -
                                  total_g * total_g / (total_h + l2));
      }
    }
  }
  return best;
}

TEST_CASE("hist: the first split is the best there is, with rows counted exactly") {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    const Data data = noise(120, 3, seed);
    const BinMapper mapper(data.matrix(), {}, {}, BinOptions{}, nullptr);
    const BinnedMatrix x(mapper, data.matrix(), 1, nullptr);
    // Hessians from tiny to large: the number of rows cannot be told from them.
    std::vector<float> gradient, hessian;
    Rng rng(seed);
    for (size_t i = 0; i < 120; ++i) {
      gradient.push_back(static_cast<float>(data.y[i] - 2 + (i % 40 == 0 ? 20 : 0)));
      hessian.push_back(static_cast<float>(std::pow(rng.uniform(), 8)) + 1e-4f);
    }
    QuantizedGradients pairs(120);
    pairs.quantize(gradient.data(), hessian.data(), 1);
    for (uint32_t least : {1u, 10u, 40u}) {
      GrowthParams growth;
      growth.max_leaves = 2;
      growth.min_samples_leaf = least;
      growth.min_hessian = 0;
      growth.l2 = 0.5;
      growth.max_threads = 1;
      TreeGrower grower(mapper, x, growth, nullptr);
      const HistTree tree = grower.grow(pairs, {}, true, {}, 0, 0, nullptr);
      const double expected = best_gain(data, gradient, hessian, least, 0.5);
      REQUIRE(tree.nodes[0].gain == doctest::Approx(expected).epsilon(1e-5));
      for (const TreeGrower::Leaf& leaf : grower.leaves()) CHECK(leaf.rows.size >= least);
    }
  }
}

TEST_CASE("hist: categories are split as the best subset would be") {
  Data data;
  Rng rng(8);
  const double level[] = {5, -1, 4, 0, -3, 2};
  for (size_t i = 0; i < 300; ++i) {
    const auto category = rng.below(6);
    data.x.push_back(i % 30 == 0 ? kNan : category);
    data.y.push_back(level[category] + rng.uniform() / 10);
  }
  BoosterParams params = params_of();
  params.growth.max_leaves = 2;
  params.growth.category_smoothing = 0;
  const HistForest forest = boosted(data, params, 1, {1});
  REQUIRE(forest.feature == std::vector<int32_t>{0, -1, -1});
  // By level: 4, 1, 3 | 5, 2, 0, whichever of the two the set names.
  const int32_t low = 1 << 4 | 1 << 1 | 1 << 3, high = 1 << 5 | 1 << 2 | 1 << 0;
  REQUIRE(forest.set_words.size() == 1);
  CHECK((forest.set_words[0] == low || forest.set_words[0] == high));
  data.x[7] = 0.5;
  CHECK_THROWS_AS(boosted(data, params, 1, {1}), Error);
}

TEST_CASE("hist: threads, and leaves explored ahead, change no bit") {
  Data data = noise(30000, 6, 2);
  for (LossKind loss : {LossKind::kSquaredError, LossKind::kPoisson, LossKind::kAbsoluteError}) {
    for (bool leaf_wise : {true, false}) {
      BoosterParams params = params_of(loss);
      params.growth.leaf_wise = leaf_wise;
      params.growth.max_leaves = leaf_wise ? 40 : 1000;
      params.growth.max_depth = leaf_wise ? 0xffffffffu : 5;
      params.growth.columns_per_split = 0.6;
      params.sampling.share = loss == LossKind::kPoisson ? 0.7 : 1;
      params.sampling.one_sided = loss == LossKind::kSquaredError;
      params.dropout.on = loss != LossKind::kPoisson;
      params.dropout.rate = 1;
      params.dropout.skip = 0.4;
      const HistForest one = boosted(data, params, 4);
      CHECK(one.feature.size() > 60);
      for (size_t threads : {2, 4}) {
        params.growth.max_threads = threads;
        CHECK(same_forest(boosted(data, params, 4), one));
      }
    }
  }
}

// Scores of the forest for one row, by its thresholds.
double predict(const HistForest& forest, const double* row) {
  double sum = 0;
  for (size_t t = 0; t + 1 < forest.tree_offsets.size(); ++t) {
    const auto base = static_cast<size_t>(forest.tree_offsets[t]);
    size_t k = base;
    while (forest.feature[k] >= 0) {
      const double value = row[forest.feature[k]];
      const bool left = std::isnan(value) ? (forest.rules[k] & 1) != 0 : value <= forest.threshold[k];
      k = base + static_cast<size_t>(forest.left[k]) + (left ? 0 : 1);
    }
    sum += forest.values[static_cast<size_t>(forest.left[k])];
  }
  return sum;
}

TEST_CASE("hist: thresholds send rows where their bins went") {
  const Data data = noise(2000, 4, 9);
  for (bool dropout : {false, true}) {
    BoosterParams params = params_of();
    params.sampling.one_sided = dropout;
    params.dropout.on = dropout;
    params.dropout.skip = 0.2;
    HistBooster booster(data.view(), data.view(), {}, params, nullptr);
    for (int r = 0; r < 25; ++r) booster.round(nullptr);
    const HistForest forest = booster.forest();
    std::vector<double> scores(booster.score_count());
    booster.write_train_scores(scores.data());
    for (size_t i = 0; i < 2000; ++i) {
      const double score = booster.baseline()[0] + predict(forest, &data.x[i * 4]);
      REQUIRE(scores[i] == doctest::Approx(score).epsilon(1e-12));
      REQUIRE(booster.valid_scores()[i] == scores[i]);
    }
    CHECK(booster.train_loss() == doctest::Approx(booster.valid_loss()).epsilon(1e-12));
  }
}

TEST_CASE("hist: predictions rise with a column that must") {
  Rng rng(5);
  Data data;
  data.cols = 2;
  for (size_t i = 0; i < 2000; ++i) {
    const double a = std::floor(rng.uniform() * 50), b = rng.uniform();
    data.x.insert(data.x.end(), {a, b});
    data.y.push_back(std::sin(a / 4) * 3 + a / 20 + b);
  }
  BoosterParams params = params_of();
  const auto rises = [&](int8_t sign) {
    params.growth.monotonic = {sign, 0};
    const HistForest forest = boosted(data, params, 20);
    for (double b : {0.1, 0.5, 0.9}) {
      double last = -std::numeric_limits<double>::infinity();
      for (double a = 0; a < 50; ++a) {
        const double row[] = {a, b};
        const double score = (sign < 0 ? -1 : 1) * predict(forest, row);
        if (score < last) return false;
        last = score;
      }
    }
    return true;
  };
  CHECK_FALSE(rises(0));
  CHECK(rises(1));
  CHECK(rises(-1));
}

TEST_CASE("hist: columns of different groups never meet on a branch") {
  const Data data = noise(3000, 4, 11);
  BoosterParams params = params_of();
  params.growth.group_words = 1;
  params.growth.groups = {1, 2, 2, 1};
  const HistForest forest = boosted(data, params, 5);
  for (size_t t = 0; t + 1 < forest.tree_offsets.size(); ++t) {
    const auto base = static_cast<size_t>(forest.tree_offsets[t]);
    std::vector<uint32_t> used(static_cast<size_t>(forest.tree_offsets[t + 1]) - base);
    for (size_t k = 0; k < used.size(); ++k) {
      if (forest.feature[base + k] < 0) continue;
      used[k] |= params.growth.groups[static_cast<size_t>(forest.feature[base + k])];
      REQUIRE(used[k] != 3);
      const auto left = static_cast<size_t>(forest.left[base + k]);
      used[left] = used[left + 1] = used[k];
    }
  }
}

TEST_CASE("hist: what makes no sense is refused, and a cancelled round leaves no tree") {
  Data data = noise(100, 2, 1);
  data.y[4] = -1;
  CHECK_THROWS_AS(boosted(data, params_of(LossKind::kPoisson), 1), Error);
  CHECK_THROWS_AS(boosted(data, params_of(LossKind::kLogistic), 1), Error);
  data.y.pop_back();
  CHECK_THROWS_AS(boosted(data, params_of(), 1), Error);
  data.y.push_back(0);
  HistBooster booster(data.view(), BoosterData<double>{}, {}, params_of(), nullptr);
  booster.round(nullptr);
  CancelToken cancel;
  cancel.cancel();
  CHECK_THROWS_AS(booster.round(&cancel), Error);
  CHECK(booster.rounds() == 1);
}

}  // namespace
}  // namespace boreal
