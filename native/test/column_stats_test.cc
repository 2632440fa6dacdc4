// Column statistics against hand-checked values, and the same statistics computed plainly in long double.
#include "train/column_stats.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/rng.h"
#include "linalg/column_moments.h"

using boreal::CancelToken;
using boreal::ColumnDistinct;
using boreal::ColumnMoments;
using boreal::dense_view;
using boreal::Error;
using boreal::MatrixView;
using boreal::Span;
using std::vector;

namespace {

const double kNaN = std::numeric_limits<double>::quiet_NaN();
const double kInfinity = std::numeric_limits<double>::infinity();

template <typename T>
MatrixView<const T> view(const vector<T>& values, size_t rows) {
  return dense_view<const T>(values.data(), rows, values.size() / rows);
}

vector<double> quantiles(const vector<double>& x, size_t rows, const vector<double>& probabilities) {
  return boreal::column_quantiles(view(x, rows), {probabilities.data(), probabilities.size()},
                                  boreal::QuantileMethod::kLinear, nullptr);
}

template <typename Call>
std::string code_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  return "no error";
}

}  // namespace

TEST_CASE("moments skip NaN column by column") {
  const vector<double> x = {1, kNaN, 5, kNaN,  //
                            3, 7,    5, kNaN,  //
                            8, kNaN, 5, kNaN};
  const ColumnMoments m = boreal::column_moments(view(x, 3), {});
  CHECK(m.count == vector<double>{3, 1, 3, 0});
  CHECK(m.mean[0] == 4);
  CHECK(m.variance[0] == doctest::Approx(26.0 / 3).epsilon(1e-15));
  CHECK(m.min[0] == 1);
  CHECK(m.max[0] == 8);
  CHECK(m.mean[1] == 7);
  CHECK(m.variance[1] == 0);
  CHECK(m.mean[2] == 5);
  CHECK(m.variance[2] == 0);
  for (const vector<double>* values : {&m.mean, &m.variance, &m.min, &m.max}) CHECK(std::isnan((*values)[3]));
}

TEST_CASE("moments stay accurate for large offsets and exact for constants, over many blocks") {
  const size_t rows = 30000;
  vector<double> x;
  long double sum = 0, squares = 0;
  for (size_t i = 0; i < rows; ++i) {
    const double value = 1e9 + static_cast<double>(i * i * 31 % 97) / 48;
    x.insert(x.end(), {value, 0.1, i < 20000 ? kNaN : value});
    sum += value;
  }
  const long double mean = sum / rows;
  for (size_t i = 0; i < rows; ++i) squares += (x[3 * i] - mean) * (x[3 * i] - mean);
  const ColumnMoments m = boreal::column_moments(view(x, rows), {});
  CHECK(std::fabs(m.mean[0] - static_cast<double>(mean)) <= 2.4e-7);  // two units in the last place
  CHECK(m.variance[0] == doctest::Approx(static_cast<double>(squares / rows)).epsilon(1e-12));
  CHECK(m.mean[1] == 0.1);
  CHECK(m.variance[1] == 0);
  CHECK(m.count[2] == 10000);
  CHECK(m.variance[2] == doctest::Approx(m.variance[0]).epsilon(0.02));
}

TEST_CASE("whole weights are repetitions, zero weights absent rows") {
  const vector<double> x = {1, 4, 2, kNaN, 9, 5, -50, 50};
  const vector<double> weights = {3, 2, 1, 0};
  const vector<double> repeated = {1, 4, 1, 4, 1, 4, 2, kNaN, 2, kNaN, 9, 5};
  const ColumnMoments weighted = boreal::column_moments(view(x, 4), {weights.data(), 4});
  const ColumnMoments plain = boreal::column_moments(view(repeated, 6), {});
  CHECK(weighted.count == plain.count);
  CHECK(weighted.min == plain.min);
  CHECK(weighted.max == plain.max);
  for (size_t j = 0; j < 2; ++j) {
    CHECK(weighted.mean[j] == doctest::Approx(plain.mean[j]).epsilon(1e-15));
    CHECK(weighted.variance[j] == doctest::Approx(plain.variance[j]).epsilon(1e-15));
  }
  const vector<double> negative = {1, 1, 1, -1};
  CHECK(code_of([&] { boreal::column_moments(view(x, 4), {negative.data(), 4}); }) == "ERR_PARAMETER");
  CHECK(code_of([&] { boreal::column_moments(view(x, 4), {weights.data(), 3}); }) == "ERR_SHAPE");
}

TEST_CASE("float32 columns are summed in float64, rows may be strided") {
  vector<float> x;
  for (int i = 0; i < 1000; ++i) x.insert(x.end(), {16777216.0f + static_cast<float>(2 * (i % 2)), -1.0f});
  const MatrixView<const float> first{x.data(), 1000, 1, 2};
  const ColumnMoments m = boreal::column_moments(first, {});
  CHECK(m.mean == vector<double>{16777217.0});
  CHECK(m.variance == vector<double>{1.0});
}

TEST_CASE("moments have the same bits whatever the stride and the number of threads") {
  for (const size_t cols : {size_t{1}, size_t{3}, size_t{28}}) {
    const size_t rows = 20003;
    vector<double> x(rows * (cols + 1));
    for (size_t i = 0; i < x.size(); ++i) x[i] = std::sin(static_cast<double>(i)) * 1e3;
    x[2 * (cols + 1)] = kNaN;
    const MatrixView<const double> strided{x.data(), rows, cols, cols + 1};
    vector<double> packed;
    for (size_t i = 0; i < rows; ++i) packed.insert(packed.end(), strided.row(i), strided.row(i) + cols);
    const ColumnMoments a = boreal::column_moments(strided, {}, {1, nullptr});
    const ColumnMoments b = boreal::column_moments(view(packed, rows), {});
    CHECK(a.mean == b.mean);
    CHECK(a.variance == b.variance);
    CHECK(a.count == b.count);
    CHECK(a.count[0] == static_cast<double>(rows - 1));
    const ColumnMoments without = boreal::column_moments<double>(strided, {}, {}, nullptr, false);
    CHECK(without.mean == a.mean);
    CHECK(without.count == a.count);
    CHECK(without.min == a.min);
    CHECK(without.max == a.max);
    CHECK(std::isnan(without.variance[0]));
  }
}

TEST_CASE("quantiles interpolate as numpy does") {
  // np.quantile([3, 1, 2, 10], [0, .25, .5, .9, 1]) -> [1, 1.75, 2.5, 7.9, 10], here beside a column with NaN
  // whose values are 5 and 7, and one without values.
  const vector<double> x = {3, kNaN, kNaN, 1, 7, kNaN, 2, 5, kNaN, 10, kNaN, kNaN};
  const vector<double> result = quantiles(x, 4, {0.9, 0, 0.25, 1, 0.5});
  const vector<double> expected = {7.9, 1, 1.75, 10, 2.5, 6.8, 5, 5.5, 7, 6};
  for (size_t i = 0; i < expected.size(); ++i)
    CHECK(result[i] == doctest::Approx(expected[i]).epsilon(1e-15));
  for (size_t i = expected.size(); i < 15; ++i) CHECK(std::isnan(result[i]));
  CHECK(quantiles({4}, 1, {0, 0.3, 1}) == vector<double>{4, 4, 4});
  CHECK(quantiles({-kInfinity, -kInfinity}, 2, {0.5})[0] == -kInfinity);
  CHECK(code_of([] { quantiles({1}, 1, {1.5}); }) == "ERR_PARAMETER");
  CHECK(code_of([] { quantiles({1}, 1, {kNaN}); }) == "ERR_PARAMETER");
}

TEST_CASE("quantiles of many columns and rows come out in place") {
  const size_t rows = 5001, cols = 19;
  vector<double> x(rows * cols);
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < cols; ++j)
      x[i * cols + j] = static_cast<double>((i * 4999 + j) % rows);  // a permutation
  }
  const vector<double> result = quantiles(x, rows, {0.5, 0.01});
  for (size_t j = 0; j < cols; ++j) {
    CHECK(result[2 * j] == 2500);
    CHECK(result[2 * j + 1] == doctest::Approx(50).epsilon(1e-12));
  }
}

TEST_CASE("modes take the smallest of the most frequent values") {
  const vector<double> x = {2, 0.0, kNaN, 1, -0.0, kNaN, 2, 5, kNaN, 1, 5, kNaN, 7, 0.0, kNaN};
  const vector<double> modes = boreal::column_modes(view(x, 5), nullptr);
  CHECK(modes[0] == 1);
  CHECK(modes[1] == 0);
  CHECK(std::isnan(modes[2]));
}

TEST_CASE("statistics of sparse rows are those of dense ones, NaN left out") {
  // Dense: {0, -1, NaN}, {3, 0, NaN}, {NaN, -1, NaN}, {0, 2, NaN}, {5, 5, NaN}; one zero is stored.
  const vector<int32_t> starts = {0, 3, 5, 8, 10, 13}, columns = {0, 1, 2, 0, 2, 0, 1, 2, 1, 2, 0, 1, 2};
  const vector<double> values = {0, -1, kNaN, 3, kNaN, kNaN, -1, kNaN, 2, kNaN, 5, 5, kNaN};
  const boreal::CsrView<double> x{
      {starts.data(), starts.size()}, {columns.data(), columns.size()}, {values.data(), values.size()}, 3};
  vector<double> dense(15, 0.0);
  for (size_t i = 0; i < 5; ++i) {
    for (size_t k = x.begin(i); k < x.end(i); ++k) dense[i * 3 + static_cast<size_t>(columns[k])] = values[k];
  }
  const auto same = [](const vector<double>& a, const vector<double>& b) {
    REQUIRE(a.size() == b.size());
    for (size_t p = 0; p < a.size(); ++p) CHECK((a[p] == b[p] || (std::isnan(a[p]) && std::isnan(b[p]))));
  };
  const vector<double> probabilities = {0, 0.3, 0.5, 1};
  const boreal::Span<double> wanted{probabilities.data(), probabilities.size()};
  const auto method = boreal::QuantileMethod::kLinear;
  same(boreal::column_quantiles(x, wanted, method, true, nullptr),
       boreal::column_quantiles(view(dense, 5), wanted, method, nullptr));
  // Without zeros: {3, 5}, {-1, -1, 2, 5} and nothing.
  same(boreal::column_quantiles(x, wanted, method, false, nullptr),
       {3, 3.6, 4, 5, -1, -1, 0.5, 5, kNaN, kNaN, kNaN, kNaN});
  same(boreal::column_modes(x, nullptr), boreal::column_modes(view(dense, 5), nullptr));
  const ColumnMoments sparse = boreal::csr_moments(x, {}, nullptr);
  const ColumnMoments expected = boreal::column_moments(view(dense, 5), {});
  same(sparse.count, expected.count);
  same(sparse.mean, expected.mean);
  same(sparse.min, expected.min);
  same(sparse.max, expected.max);
  for (size_t j = 0; j < 2; ++j) CHECK(sparse.variance[j] == doctest::Approx(expected.variance[j]));
}

TEST_CASE("distinct values are sorted and counted, NaN last") {
  const vector<float> x = {2, 5, 0.5f, 5, std::nanf(""), 5, 2, 5, -1, 5};
  const ColumnDistinct d = boreal::column_distinct(view(x, 5), nullptr);
  CHECK(d.offsets == vector<int32_t>{0, 4, 5});
  CHECK(vector<double>(d.values.begin(), d.values.begin() + 3) == vector<double>{-1, 0.5, 2});
  CHECK(std::isnan(d.values[3]));
  CHECK(d.values[4] == 5);
  CHECK(d.counts == vector<double>{1, 1, 2, 1, 5});
}

TEST_CASE("columns of small whole numbers are counted as others are sorted") {
  constexpr size_t kRows = 3000, kCols = 11;
  boreal::Rng rng(8);
  vector<double> x(kRows * kCols), halves;
  for (size_t i = 0; i < kRows; ++i) {
    for (size_t j = 0; j < kCols; ++j) {
      const double whole = static_cast<double>(rng.below(7 * (j + 1))) - 5;
      x[i * kCols + j] = rng.below(10) == 0 ? kNaN : whole;
    }
  }
  x[0] = -0.0;
  x[kCols + 3] = 3840;                 // one beyond what is counted
  x[(kRows - 1) * kCols + 5] = 1e300;  // the last row gives the column up
  // Halves are sorted.
  for (const double value : x) halves.push_back(value / 2);
  const ColumnDistinct counted = boreal::column_distinct(view(x, kRows), nullptr);
  const ColumnDistinct sorted = boreal::column_distinct(view(halves, kRows), nullptr);
  CHECK(counted.offsets == sorted.offsets);
  CHECK(counted.counts == sorted.counts);
  for (size_t k = 0; k < counted.values.size(); ++k) {
    if (!std::isnan(sorted.values[k])) CHECK(counted.values[k] == 2 * sorted.values[k]);
    CHECK(std::isnan(counted.values[k]) == std::isnan(sorted.values[k]));
  }
  const vector<double> modes = boreal::column_modes(view(x, kRows), nullptr);
  const vector<double> of_halves = boreal::column_modes(view(halves, kRows), nullptr);
  for (size_t j = 0; j < kCols; ++j) CHECK(modes[j] == 2 * of_halves[j]);
}

TEST_CASE("invalid values are found in row order") {
  vector<double> x(40000, 1.0);
  CHECK(boreal::find_invalid(view(x, 10000), false, nullptr) == -1);
  x[39999] = kInfinity;
  x[12345] = kNaN;
  x[12346] = -kInfinity;
  CHECK(boreal::find_invalid(view(x, 10000), false, nullptr) == 12345);
  CHECK(boreal::find_invalid(view(x, 10000), true, nullptr) == 12346);
  const MatrixView<const double> strided{x.data(), 10000, 1, 4};  // column 0 only: 12345 % 4 == 1
  CHECK(boreal::find_invalid(strided, false, nullptr) == -1);
  const vector<float> narrow = {1, std::numeric_limits<float>::infinity()};
  CHECK(boreal::find_invalid(view(narrow, 2), true, nullptr) == 1);
}

TEST_CASE("statistics of no rows, and abortion") {
  const double nothing = 0;
  const MatrixView<const double> empty{&nothing, 0, 2, 2};
  const ColumnMoments m = boreal::column_moments(empty, {});
  CHECK(m.count == vector<double>{0, 0});
  CHECK(std::isnan(m.mean[1]));
  CHECK(std::isnan(boreal::column_modes(empty, nullptr)[0]));
  CHECK(boreal::column_distinct(empty, nullptr).offsets == vector<int32_t>{0, 0, 0});
  CHECK(boreal::find_invalid(empty, false, nullptr) == -1);

  CancelToken cancel;
  cancel.cancel();
  const vector<double> x(10, 1.0), half = {0.5};
  CHECK(code_of([&] { boreal::column_moments(view(x, 5), {}, {0, &cancel}); }) == "ERR_ABORTED");
  CHECK(code_of([&] {
          boreal::column_quantiles(view(x, 5), {half.data(), 1}, boreal::QuantileMethod::kLinear, &cancel);
        }) == "ERR_ABORTED");
  CHECK(code_of([&] { boreal::column_modes(view(x, 5), &cancel); }) == "ERR_ABORTED");
  CHECK(code_of([&] { boreal::column_distinct(view(x, 5), &cancel); }) == "ERR_ABORTED");
  CHECK(code_of([&] { boreal::find_invalid(view(x, 5), false, &cancel); }) == "ERR_ABORTED");
}

TEST_CASE("quantiles of the empirical distribution are averaged where it jumps") {
  const auto at = [](const vector<double>& x, double p) {
    return boreal::column_quantiles(view(x, x.size()), {&p, 1}, boreal::QuantileMethod::kAveragedInvertedCdf,
                                    nullptr)[0];
  };
  const vector<double> x = {40, 10, kNaN, 30, 20};
  CHECK(at(x, 0) == 10);
  CHECK(at(x, 0.2) == 10);
  CHECK(at(x, 0.25) == 15);
  CHECK(at(x, 0.3) == 20);
  CHECK(at(x, 0.75) == 35);
  CHECK(at(x, 1) == 40);
}

TEST_CASE("order statistics of whatever is spread: sorting by buckets is sorting") {
  uint64_t state = 1;
  const auto next = [&] {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<double>(state >> 11) / 9007199254740992.0;
  };
  const size_t rows = 5000;
  const vector<std::function<double(size_t)>> shapes = {
      [&](size_t) { return next(); },                                     // spread
      [&](size_t) { return std::floor(next() * 3); },                     // few values
      [&](size_t) { return std::exp(80 * next() - 40); },                 // crowded at one end
      [&](size_t i) { return i == 7 ? 1e300 : next(); },                  // an outlier
      [&](size_t i) { return (i % 2 ? 1 : -1) * 1.7e308 * next(); },      // a range that is no number
      [&](size_t i) { return i % 2 ? 5e-324 : 0; },                       // a range too small to divide by
      [&](size_t i) { return static_cast<double>(i); },                   // sorted
      [&](size_t i) { return i < 4990 ? next() * 1e-9 : next() * 1e9; },  // crowded twice
      [&](size_t) { return 3.0; },
  };
  for (const auto& shape : shapes) {
    vector<double> x(rows);
    for (size_t i = 0; i < rows; ++i) x[i] = shape(i);
    vector<double> sorted = x;
    std::sort(sorted.begin(), sorted.end());
    vector<double> probabilities;
    for (const size_t i : {0, 1, 17, 2500, 4998, 4999}) {
      probabilities.push_back(static_cast<double>(i) / (rows - 1));
    }
    const vector<double> found = quantiles(x, rows, probabilities);
    for (size_t q = 0; q < probabilities.size(); ++q) {
      const double position = probabilities[q] * (rows - 1);
      const size_t i = static_cast<size_t>(position);
      CHECK(found[q] >= sorted[i]);
      CHECK(found[q] <= sorted[std::min(i + 1, rows - 1)]);
    }
    const ColumnDistinct distinct = boreal::column_distinct(view(x, rows), nullptr);
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
    CHECK(distinct.values == sorted);
  }
}
