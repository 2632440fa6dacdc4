// Moments by group against hand-checked values and against the moments of each group alone.
#include "train/group_moments.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "base/error.h"
#include "linalg/column_moments.h"

using boreal::dense_view;
using boreal::group_moments;
using boreal::GroupMoments;
using std::vector;

TEST_CASE("moments by group, of a group without rows and with weights") {
  const vector<double> x = {1, 10,  //
                            5, 20,  //
                            3, 60,  //
                            9, 20};
  const vector<int32_t> codes = {0, 2, 0, 2};
  const GroupMoments plain =
      group_moments<double>(dense_view<const double>(x.data(), 4, 2), {codes.data(), 4}, 3, {}, nullptr);
  CHECK(plain.weight == vector<double>{2, 0, 2});
  CHECK(plain.sum == vector<double>{4, 70, 0, 0, 14, 40});
  CHECK(plain.variance == vector<double>{1, 625, 0, 0, 4, 0});
  const vector<double> weights = {1, 3, 1, 1};
  const GroupMoments weighted = group_moments<double>(dense_view<const double>(x.data(), 4, 2),
                                                      {codes.data(), 4}, 3, {weights.data(), 4}, nullptr);
  CHECK(weighted.weight == vector<double>{2, 0, 4});
  CHECK(weighted.sum[4] == 24);
  CHECK(weighted.variance[4] == 3);
}

TEST_CASE("moments by group of many rows are those of each group alone, far from zero too") {
  const size_t rows = 50000, cols = 3, groups = 7;
  vector<float> x(rows * cols);
  vector<int32_t> codes(rows);
  uint64_t state = 3;
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < cols; ++j) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      x[i * cols + j] = 1e4f + static_cast<float>(state >> 40) / 16777216.0f;
    }
    codes[i] = static_cast<int32_t>((state >> 20) % groups);
  }
  const GroupMoments all = group_moments<float>(dense_view<const float>(x.data(), rows, cols),
                                                {codes.data(), rows}, groups, {}, nullptr);
  for (size_t g = 0; g < groups; ++g) {
    vector<float> own;
    for (size_t i = 0; i < rows; ++i) {
      if (codes[i] == static_cast<int32_t>(g)) own.insert(own.end(), &x[i * cols], &x[i * cols] + cols);
    }
    const auto moments =
        boreal::column_moments<float>(dense_view<const float>(own.data(), own.size() / cols, cols), {});
    for (size_t j = 0; j < cols; ++j) {
      CHECK(all.sum[g * cols + j] / all.weight[g] == doctest::Approx(moments.mean[j]).epsilon(1e-14));
      CHECK(all.variance[g * cols + j] == doctest::Approx(moments.variance[j]).epsilon(1e-11));
    }
  }
}

TEST_CASE("a code that is no group is refused") {
  const vector<double> x = {1, 2};
  for (const int32_t bad : {-1, 2}) {
    const vector<int32_t> codes = {0, bad};
    CHECK_THROWS_AS(
        group_moments<double>(dense_view<const double>(x.data(), 2, 1), {codes.data(), 2}, 2, {}, nullptr),
        boreal::Error);
  }
}
