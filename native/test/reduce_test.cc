// native/linalg/reduce.cc and the folds below it: values against long double, the rules for NaN and for
// nothing, ranges, fences, and the same bits on any number of threads.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "kernels/dispatch.h"
#include "test/emulation.h"
#include "test/linalg_support.h"
#include "test/tolerance.h"

namespace boreal {
namespace test {
namespace {

struct Shape {
  size_t rows, cols;
};
const std::vector<Shape> kShapes{{1, 1},     {1, 7},     {1, 8},    {1, 9},      {3, 15},     {5, 16},
                                 {5, 17},    {7, 33},    {8, 64},   {64, 1},     {9, 129},    {513, 3},
                                 {1025, 17}, {2000, 70}, {3, 2050}, {600, 2100}, {2, 150000}, {100000, 2}};

template <typename T>
std::vector<T> lines_of(const FencedMatrix<T>& x, Axis axis, size_t line) {
  const size_t first_row = axis == Axis::kCols ? line : 0, first_col = axis == Axis::kRows ? line : 0;
  const size_t end_row = axis == Axis::kCols ? line + 1 : x.rows();
  const size_t end_col = axis == Axis::kRows ? line + 1 : x.cols();
  std::vector<T> values;
  for (size_t i = first_row; i < end_row; ++i) {
    for (size_t j = first_col; j < end_col; ++j) values.push_back(x.at(i, j));
  }
  return values;
}

size_t line_count(const Shape& s, Axis axis) {
  return axis == Axis::kRows ? s.cols : axis == Axis::kCols ? s.rows : 1;
}

struct Expected {
  long double value, bound;
};

// The value of each Reduction, in the order of the enum.
template <typename T>
std::vector<Expected> expected(const std::vector<T>& x) {
  const size_t n = x.size();
  long double sum = 0, size = 0, squares = 0, product = 1, least = x[0], most = x[0], largest = 0,
              deviations = 0;
  for (T v : x) {
    const long double a = v;
    sum += a;
    size += std::fabs(a);
    squares += a * a;
    product *= a;
    least = std::min(least, a);
    most = std::max(most, a);
    largest = std::max(largest, std::fabs(a));
  }
  const long double mean = sum / n, count = n, norm = std::sqrt(squares);
  const auto bound = [&](long double magnitude, double operations) -> long double {
    return sum_bound<T>(n, static_cast<double>(magnitude), operations);
  };
  for (T v : x) deviations += (v - mean) * (v - mean);
  const long double variance = deviations / (count - 1), eps = std::numeric_limits<T>::epsilon();
  // A part's mean enters the merging of variances by its difference from another.
  const long double variance_bound = bound(variance, 8) + 4 * bound(size, 2) / count * std::sqrt(variance);
  const long double product_bound = std::fabs(product) * count * eps + std::numeric_limits<T>::min();
  return {{sum, bound(size, 0)},
          {mean, bound(size, 2) / count},
          {variance, variance_bound},
          {least, 0},
          {most, 0},
          {product, product_bound},
          {size, bound(size, 0)},
          {norm, bound(norm, 8)},
          {largest, 0}};
}

std::string code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  return "none";
}

}  // namespace

TEST_CASE_TEMPLATE("reductions agree with long double, in all directions and on any threads", T, float,
                   double) {
  for (const Shape& s : kShapes) {
    CAPTURE(s.rows);
    CAPTURE(s.cols);
    const size_t gap = s.rows % 2 * 3;
    FencedMatrix<T> x(s.rows, s.cols, s.cols + gap, gap);
    x.set(normal_values<T>(s.rows * s.cols, 1, 0.5, 1));
    for (Axis axis : {Axis::kRows, Axis::kCols, Axis::kAll}) {
      const size_t lines = line_count(s, axis), step = 1 + lines / fewer(20);
      std::vector<std::vector<Expected>> exact;
      for (size_t i = 0; i < lines; i += step) exact.push_back(expected(lines_of(x, axis, i)));
      for (int32_t kind = 0; kind < kReductionCount; ++kind) {
        const Reduction f = static_cast<Reduction>(kind);
        CAPTURE(kind);
        FencedMatrix<T> out(1, lines, lines), again(1, lines, lines);
        reduce<T>(f, axis, const_view(x), 1, out.data());
        reduce<T>(f, axis, const_view(x), 1, again.data(), {1, nullptr});
        CHECK(out.intact());
        size_t wrong = 0, differing = 0;
        for (size_t i = 0; i < lines; ++i) {
          differing += !same_bits(out.at(0, i), again.at(0, i));
          if (i % step != 0) continue;
          const Expected e = exact[i / step][static_cast<size_t>(kind)];
          const bool undefined = f == Reduction::kVariance && s.rows * s.cols / lines < 2;
          wrong += undefined ? !std::isnan(out.at(0, i)) : !(std::fabs(out.at(0, i) - e.value) <= e.bound);
        }
        CHECK(wrong == 0);
        CHECK(differing == 0);
      }
    }
  }
}

TEST_CASE_TEMPLATE("a row's reduction does not depend on the other rows", T, float, double) {
  const size_t rows = 700, cols = 45;
  const std::vector<T> x = normal_values<T>(rows * cols);
  for (int32_t kind = 0; kind < kReductionCount; ++kind) {
    const Reduction f = static_cast<Reduction>(kind);
    std::vector<T> all(rows);
    reduce<T>(f, Axis::kCols, dense_view(x.data(), rows, cols), 0, all.data());
    size_t differing = 0;
    for (size_t i = 0; i < rows; ++i) {
      T alone;
      reduce<T>(f, Axis::kCols, dense_view(x.data() + i * cols, 1, cols), 0, &alone);
      differing += !same_bits(all[i], alone);
    }
    CHECK(differing == 0);
  }
}

TEST_CASE_TEMPLATE("a NaN reaches its own line only, infinities stay", T, float, double) {
  const T nan = std::numeric_limits<T>::quiet_NaN(), inf = std::numeric_limits<T>::infinity();
  for (const Shape& s : {Shape{9, 7}, {11, 70}, {1300, 3}, {2, 70000}}) {
    const size_t row = s.rows / 2, col = s.cols / 3;
    std::vector<T> x = normal_values<T>(s.rows * s.cols);
    x[row * s.cols + col] = nan;
    for (Axis axis : {Axis::kRows, Axis::kCols, Axis::kAll}) {
      const size_t lines = line_count(s, axis);
      for (int32_t kind = 0; kind < kReductionCount; ++kind) {
        CAPTURE(kind);
        std::vector<T> out(lines);
        reduce<T>(static_cast<Reduction>(kind), axis, dense_view<const T>(x.data(), s.rows, s.cols), 0,
                  out.data());
        size_t wrong = 0;
        for (size_t i = 0; i < lines; ++i) {
          wrong += std::isnan(out[i]) != (axis == Axis::kAll || i == (axis == Axis::kRows ? col : row));
        }
        CHECK(wrong == 0);
      }
    }
    std::fill(x.begin(), x.end(), T(1));
    x[row * s.cols + col] = -inf;
    const auto all = [&](Reduction f) {
      T out;
      reduce<T>(f, Axis::kAll, dense_view<const T>(x.data(), s.rows, s.cols), 0, &out);
      return out;
    };
    CHECK(all(Reduction::kSum) == -inf);
    CHECK(all(Reduction::kMin) == -inf);
    CHECK(all(Reduction::kMax) == 1);
    CHECK(all(Reduction::kNorm1) == inf);
    CHECK(all(Reduction::kNorm2) == inf);
    CHECK(all(Reduction::kNormMax) == inf);
  }
}

TEST_CASE_TEMPLATE("norms neither overflow nor underflow on the way", T, float, double) {
  const T max = std::numeric_limits<T>::max(), tiny = std::numeric_limits<T>::denorm_min();
  const auto norm = [](const std::vector<T>& x, Axis axis) {
    T out;
    const size_t rows = axis == Axis::kRows ? x.size() : 1;
    reduce<T>(Reduction::kNorm2, axis, dense_view(x.data(), rows, x.size() / rows), 0, &out);
    return out;
  };
  for (Axis axis : {Axis::kRows, Axis::kCols, Axis::kAll}) {
    for (size_t n : {2, 50, 100000}) {
      std::vector<T> x(n);
      x[0] = max / 16 * 3;
      x[n - 1] = max / 16 * -4;
      CHECK(ulp_error<T, long double>(norm(x, axis), static_cast<long double>(max) / 16 * 5) <=
            kElementwiseUlps);
      x[0] = 3 * tiny;
      x[n - 1] = 4 * tiny;
      CHECK(norm(x, axis) == 5 * tiny);
      x[0] = max;
      x[n - 1] = max;
      CHECK(std::isinf(norm(x, axis)));
      x[0] = x[n - 1] = 0;
      CHECK(norm(x, axis) == 0);
    }
  }
}

TEST_CASE_TEMPLATE("the variance of values far from zero", T, float, double) {
  for (const Shape& s : {Shape{1, 1000}, {1000, 1}, {400, 300}}) {
    const size_t count = s.rows * s.cols;
    std::vector<T> x(count);
    for (size_t i = 0; i < count; ++i) x[i] = 4096 + static_cast<T>(i % 2);
    T variance;
    reduce<T>(Reduction::kVariance, Axis::kAll, dense_view<const T>(x.data(), s.rows, s.cols), 0, &variance);
    CHECK(std::fabs(variance - T(0.25)) <= sum_bound<T>(count, 0.25, 8));
    std::fill(x.begin(), x.end(), T(0.1));
    reduce<T>(Reduction::kVariance, Axis::kAll, dense_view<const T>(x.data(), s.rows, s.cols), 0, &variance);
    CHECK(variance <= std::pow(sum_bound<T>(count, 0.1), 2));
  }
}

TEST_CASE_TEMPLATE("reductions of nothing", T, float, double) {
  const MatrixView<const T> none{nullptr, 0, 3, 3}, rows{nullptr, 3, 0, 0};
  T out[3] = {7, 7, 7};
  for (Reduction f : {Reduction::kMin, Reduction::kMax}) {
    CHECK(code_of([&] { reduce<T>(f, Axis::kRows, none, 0, out); }) == "ERR_EMPTY");
    CHECK(code_of([&] { reduce<T>(f, Axis::kCols, rows, 0, out); }) == "ERR_EMPTY");
    CHECK(code_of([&] { reduce<T>(f, Axis::kAll, none, 0, out); }) == "ERR_EMPTY");
    CHECK(code_of([&] { reduce<T>(f, Axis::kCols, none, 0, out); }) == "none");
  }
  int64_t index;
  CHECK(code_of([&] { arg_reduce<T>(true, Axis::kAll, none, &index); }) == "ERR_EMPTY");
  for (const auto& c : {std::make_pair(Axis::kRows, none), std::make_pair(Axis::kCols, rows)}) {
    reduce<T>(Reduction::kSum, c.first, c.second, 0, out);
    for (T value : out) CHECK(value == 0);
    reduce<T>(Reduction::kNorm2, c.first, c.second, 0, out);
    for (T value : out) CHECK(value == 0);
    reduce<T>(Reduction::kProduct, c.first, c.second, 0, out);
    for (T value : out) CHECK(value == 1);
    reduce<T>(Reduction::kMean, c.first, c.second, 0, out);
    for (T value : out) CHECK(std::isnan(value));
    reduce<T>(Reduction::kVariance, c.first, c.second, 0, out);
    for (T value : out) CHECK(std::isnan(value));
  }
}

TEST_CASE_TEMPLATE("arg_reduce finds the first extreme, a NaN before all", T, float, double) {
  for (const Shape& s : kShapes) {
    CAPTURE(s.rows);
    CAPTURE(s.cols);
    for (int variety = 0; variety < 3; ++variety) {
      std::vector<T> values = normal_values<T>(s.rows * s.cols, 5);
      for (size_t i = 0; i < values.size(); ++i) {
        values[i] = std::floor(values[i] * 2);  // ties
        if (variety == 1 && i % 11 == 10) values[i] = std::numeric_limits<T>::quiet_NaN();
        if (variety == 2) values[i] = -std::numeric_limits<T>::infinity();
      }
      FencedMatrix<T> x(s.rows, s.cols, s.cols + static_cast<size_t>(variety) % 2);
      x.set(values);
      for (Axis axis : {Axis::kRows, Axis::kCols, Axis::kAll}) {
        for (bool largest : {false, true}) {
          std::vector<int64_t> index(line_count(s, axis), -1);
          arg_reduce<T>(largest, axis, const_view(x), index.data());
          size_t wrong = 0;
          for (size_t i = 0; i < index.size(); ++i) {
            if (index.size() > 20 && i % (index.size() / 20) != 0) continue;
            const std::vector<T> line = lines_of(x, axis, i);
            size_t best = 0;
            for (size_t k = 1; k < line.size() && !std::isnan(line[best]); ++k) {
              if (std::isnan(line[k]) || (largest ? line[k] > line[best] : line[k] < line[best])) best = k;
            }
            wrong += index[i] != static_cast<int64_t>(best);
          }
          CHECK(wrong == 0);
        }
      }
    }
  }
}

// linalg runs the chosen table only; the folds of the others are compared here.
TEST_CASE_TEMPLATE("folds of every table", T, float, double) {
  for (const Kernels* table : available_kernels()) {
    const std::string isa = table->name;
    CAPTURE(isa);
    const ElementwiseKernels<T>& k = elementwise_kernels<T>(*table);
    for (const Shape& s : {Shape{1, 1}, {3, 5}, {8, 8}, {9, 17}, {17, 70}, {40, 1100}}) {
      CAPTURE(s.rows);
      CAPTURE(s.cols);
      FencedMatrix<T> x(s.rows, s.cols, s.cols + 1);
      x.set(normal_values<T>(s.rows * s.cols));
      for (Axis axis : {Axis::kRows, Axis::kCols}) {
        const size_t lines = line_count(s, axis);
        std::vector<std::vector<Expected>> exact;
        for (size_t i = 0; i < lines; ++i) exact.push_back(expected(lines_of(x, axis, i)));
        FencedMatrix<T> out(1, lines, lines), index(1, lines, lines);
        const auto fold = axis == Axis::kRows ? k.fold_cols : k.fold_rows;
        const std::pair<Fold, Reduction> folds[] = {
            {Fold::kSum, Reduction::kSum},         {Fold::kSumAbs, Reduction::kNorm1},
            {Fold::kProduct, Reduction::kProduct}, {Fold::kMin, Reduction::kMin},
            {Fold::kMax, Reduction::kMax},         {Fold::kMaxAbs, Reduction::kNormMax}};
        for (const auto& pair : folds) {
          fold(pair.first, x.data(), x.stride(), s.rows, s.cols, nullptr, out.data());
          CHECK(out.intact());
          size_t wrong = 0;
          for (size_t i = 0; i < lines; ++i) {
            const Expected e = exact[i][static_cast<size_t>(pair.second)];
            wrong += !(std::fabs(out.at(0, i) - e.value) <= e.bound);
          }
          CHECK(wrong == 0);
        }
        const std::vector<T> half(lines, T(0.5));
        fold(Fold::kSumSquares, x.data(), x.stride(), s.rows, s.cols, half.data(), out.data());
        size_t wrong = 0;
        for (size_t i = 0; i < lines; ++i) {
          const Expected e = exact[i][static_cast<size_t>(Reduction::kNorm2)];
          wrong += !(std::fabs(std::sqrt(out.at(0, i)) - e.value / 2) <= e.bound);
        }
        CHECK(wrong == 0);
        for (bool largest : {false, true}) {
          if (axis == Axis::kRows) {
            k.find_extreme_cols(largest, x.data(), x.stride(), s.rows, s.cols, index.data(), out.data());
            CHECK(index.intact());
          }
          for (size_t i = 0; i < lines; ++i) {
            const std::vector<T> line = lines_of(x, axis, i);
            const auto best = largest ? std::max_element(line.begin(), line.end())
                                      : std::min_element(line.begin(), line.end());
            const size_t at = axis == Axis::kRows ? static_cast<size_t>(index.at(0, i))
                                                  : k.find_extreme(largest, x.row(i), s.cols);
            wrong += at != static_cast<size_t>(best - line.begin());
          }
        }
        CHECK(wrong == 0);
      }
    }
  }
}

}  // namespace test
}  // namespace boreal
