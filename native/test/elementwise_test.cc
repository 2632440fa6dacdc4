// native/linalg/elementwise.cc: values, broadcasting, places (strides, alignment, in place, fences), thread
// counts. The functions' accuracy is in kernels_math_test.cc; here they are compared bit for bit with the
// kernel called on one element.
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
// Empty, single, lane +- 1, a row longer than a task, many rows, tall and thin.
const std::vector<Shape> kShapes{{0, 0},  {0, 3},  {3, 0},      {1, 1},     {1, 7},
                                 {1, 8},  {1, 9},  {3, 15},     {5, 16},    {5, 17},
                                 {7, 33}, {64, 1}, {2, 150000}, {3000, 70}, {90000, 3}};

template <typename T>
T one(Unary f, T x) {
  T y;
  elementwise_kernels<T>(kernels()).unary(f, &x, 1, &y, 1, 1, 1);
  return y;
}
template <typename T>
T one(Binary f, T a, T b) {
  T y;
  elementwise_kernels<T>(kernels()).binary(f, {&a, 0, 0}, {&b, 0, 0}, &y, 1, 1, 1);
  return y;
}

template <typename T>
T exact_binary(Binary f, T a, T b) {
  switch (f) {
    case Binary::kAdd:
      return a + b;
    case Binary::kSub:
      return a - b;
    case Binary::kMul:
      return a * b;
    case Binary::kDiv:
      return a / b;
    case Binary::kMin:
      return std::isnan(a) || a < b ? a : b;
    case Binary::kMax:
      return std::isnan(a) || a > b ? a : b;
    case Binary::kPow:
      return one(f, a, b);
  }
  return 0;
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

TEST_CASE_TEMPLATE("apply_unary gives each element the kernel's value, wherever it lies", T, float, double) {
  for (const Shape& s : kShapes) {
    CAPTURE(s.rows);
    CAPTURE(s.cols);
    const std::vector<T> values = normal_values<T>(s.rows * s.cols, 1, 0, 3);
    const bool large = values.size() > 1000;
    for (int32_t kind = 0; kind < kUnaryCount; ++kind) {
      if (large && kind % 5 != 0) continue;
      CAPTURE(kind);
      const Unary f = static_cast<Unary>(kind);
      for (size_t gap : {0, 3}) {
        FencedMatrix<T> x(s.rows, s.cols, s.cols + gap, gap), y(s.rows, s.cols, s.cols + gap / 3);
        x.set(values);
        apply_unary<T>(f, const_view(x), view(y));
        size_t wrong = 0;
        for (size_t e = 0; e < values.size(); e += large ? 31 : 1) {  // one call per value is slow
          const size_t i = e / s.cols, j = e % s.cols;
          wrong += !same_bits(y.at(i, j), one(f, x.at(i, j)));
        }
        CHECK(wrong == 0);
        CHECK(y.intact());
        apply_unary<T>(f, const_view(x), view(x), {1, nullptr});  // in place, on one thread
        for (size_t i = 0; i < s.rows; ++i) {
          for (size_t j = 0; j < s.cols; ++j) wrong += !same_bits(y.at(i, j), x.at(i, j));
        }
        CHECK(wrong == 0);
        CHECK(x.intact());
      }
    }
  }
}

TEST_CASE_TEMPLATE("apply_binary broadcasts rows, columns and single values", T, float, double) {
  const T nan = std::numeric_limits<T>::quiet_NaN();
  for (const Shape& s : kShapes) {
    if (s.rows == 0 || s.cols == 0) continue;
    CAPTURE(s.rows);
    CAPTURE(s.cols);
    const Shape forms[] = {s, {1, s.cols}, {s.rows, 1}, {1, 1}};
    for (const Shape& sa : forms) {
      for (const Shape& sb : forms) {
        if (s.rows * s.cols > 1000 && sa.rows * sa.cols + sb.rows * sb.cols > s.rows * s.cols + 1 &&
            sa.rows != sb.rows)
          continue;
        for (int32_t kind = 0; kind < kBinaryCount; ++kind) {
          // Large ones are about blocks, of which there are two sizes: pow's, once, and all others'.
          const bool whole = sa.rows == s.rows && sa.cols == s.cols && sb.rows == 1 && sb.cols == 1;
          if (s.rows * s.cols > 1000 && kind != 1 && !(kind == 6 && whole)) continue;
          CAPTURE(kind);
          const Binary f = static_cast<Binary>(kind);
          const size_t gap = kind % 2 * 3;
          FencedMatrix<T> a(sa.rows, sa.cols, sa.cols + gap, gap), b(sb.rows, sb.cols, sb.cols + gap);
          FencedMatrix<T> y(s.rows, s.cols, s.cols + gap);
          std::vector<T> av = normal_values<T>(sa.rows * sa.cols, 1),
                         bv = normal_values<T>(sb.rows * sb.cols, 2);
          if (av.size() > 2) av[2] = nan;
          if (bv.size() > 1) bv[1] = nan;
          a.set(av);
          b.set(bv);
          apply_binary<T>(f, const_view(a), const_view(b), view(y));
          size_t wrong = 0;
          const auto at = [](const FencedMatrix<T>& x, size_t i, size_t j) {
            return x.at(x.rows() == 1 ? 0 : i, x.cols() == 1 ? 0 : j);
          };
          // pow is compared with itself, one call per value: a part of a large one tells as much.
          const size_t step = f == Binary::kPow && s.rows * s.cols > 1000 ? 61 : 1;
          for (size_t e = 0; e < s.rows * s.cols; e += step) {
            const size_t i = e / s.cols, j = e % s.cols;
            wrong += !same_bits(y.at(i, j), exact_binary(f, at(a, i, j), at(b, i, j)));
          }
          CHECK(wrong == 0);
          CHECK(y.intact());
          if (sa.rows != s.rows || sa.cols != s.cols) continue;
          apply_binary<T>(f, const_view(a), const_view(b), view(a), {1, nullptr});  // in place, on one thread
          for (size_t i = 0; i < s.rows; ++i) {
            for (size_t j = 0; j < s.cols; ++j) wrong += !same_bits(y.at(i, j), a.at(i, j));
          }
          CHECK(wrong == 0);
          CHECK(a.intact());
        }
      }
    }
  }
}

TEST_CASE_TEMPLATE("apply_binary of one array with itself, in place", T, float, double) {
  std::vector<T> x = normal_values<T>(77);
  std::vector<T> y = x;
  const MatrixView<T> target = dense_view(y.data(), 7, 11);
  const MatrixView<const T> source = dense_view<const T>(y.data(), 7, 11);
  apply_binary<T>(Binary::kMul, source, source, target);
  for (size_t i = 0; i < x.size(); ++i) CHECK(same_bits(y[i], x[i] * x[i]));
}

TEST_CASE_TEMPLATE("softmax and log_softmax along both axes, on any threads", T, float, double) {
  for (const Shape& s : {Shape{1, 1}, {1, 9}, {5, 7}, {9, 1}, {7, 8}, {33, 65}, {2000, 70}, {4, 40000}}) {
    CAPTURE(s.rows);
    CAPTURE(s.cols);
    FencedMatrix<T> x(s.rows, s.cols, s.cols + 1), y(s.rows, s.cols, s.cols + 2);
    std::vector<T> values = normal_values<T>(s.rows * s.cols, 1, 0, 3);
    for (size_t i = 0; i < values.size(); i += 5) values[i] *= 100;  // would overflow without the maximum
    for (Axis axis : {Axis::kRows, Axis::kCols}) {
      const bool by_row = axis == Axis::kCols;
      const size_t lines = by_row ? s.rows : s.cols, count = by_row ? s.cols : s.rows;
      for (bool log_form : {false, true}) {
        x.set(values);
        (log_form ? log_softmax<T> : softmax<T>)(const_view(x), axis, view(y), {});
        CHECK(y.intact());
        size_t wrong = 0;
        const size_t step = lines > 100 ? 100 / fewer(100) : 1;
        for (size_t line = 0; line < lines; line += step) {
          const auto at = [&](const FencedMatrix<T>& m, size_t i) {
            return by_row ? m.at(line, i) : m.at(i, line);
          };
          long double largest = at(x, 0), sum = 0;
          for (size_t i = 0; i < count; ++i) largest = std::max<long double>(largest, at(x, i));
          for (size_t i = 0; i < count; ++i) sum += std::exp(at(x, i) - largest);
          for (size_t i = 0; i < count; ++i) {
            const long double distance = largest - at(x, i);
            const double bound = softmax_bound<T>(count, static_cast<double>(distance));
            if (log_form) {  // an error of the sum is one of its logarithm; x - max and the result are
                             // rounded
              wrong += !(std::fabs(at(y, i) + distance + std::log(sum)) <= bound);
            } else {
              const long double exact = std::exp(-distance) / sum;
              wrong += !(std::fabs(at(y, i) - exact) <= bound * exact + std::numeric_limits<T>::min());
            }
          }
        }
        CHECK(wrong == 0);
        (log_form ? log_softmax<T> : softmax<T>)(const_view(x), axis, view(x), {1, nullptr});
        for (size_t i = 0; i < s.rows; ++i) {
          for (size_t j = 0; j < s.cols; ++j) wrong += !same_bits(x.at(i, j), y.at(i, j));
        }
        CHECK(wrong == 0);
        CHECK(x.intact());
      }
    }
  }
}

TEST_CASE_TEMPLATE("softmax of a line with a NaN is NaN, along both axes", T, float, double) {
  const size_t rows = 9, cols = 11;
  std::vector<T> x = normal_values<T>(rows * cols), y(x.size());
  x[3 * cols + 4] = std::numeric_limits<T>::quiet_NaN();
  for (Axis axis : {Axis::kRows, Axis::kCols}) {
    for (bool log_form : {false, true}) {
      (log_form ? log_softmax<T> : softmax<T>)(dense_view<const T>(x.data(), rows, cols), axis,
                                               dense_view(y.data(), rows, cols), {});
      size_t wrong = 0;
      for (size_t i = 0; i < rows; ++i) {
        for (size_t j = 0; j < cols; ++j) {
          wrong += std::isnan(y[i * cols + j]) != (axis == Axis::kCols ? i == 3 : j == 4);
        }
      }
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE_TEMPLATE("transpose moves every element, on every table", T, float, double) {
  for (const Shape& s : {Shape{0, 4},
                         {1, 1},
                         {1, 9},
                         {3, 5},
                         {7, 8},
                         {8, 7},
                         {8, 8},
                         {16, 16},
                         {17, 31},
                         {33, 18},
                         {64, 65},
                         {300, 515}}) {
    CAPTURE(s.rows);
    CAPTURE(s.cols);
    FencedMatrix<T> x(s.rows, s.cols, s.cols + 3, 1), y(s.cols, s.rows, s.rows + 1);
    x.set(normal_values<T>(s.rows * s.cols));
    const auto wrong = [&] {
      size_t count = 0;
      for (size_t i = 0; i < s.rows; ++i) {
        for (size_t j = 0; j < s.cols; ++j) count += !same_bits(y.at(j, i), x.at(i, j));
      }
      return count;
    };
    transpose<T>(const_view(x), view(y));
    CHECK(wrong() == 0);
    CHECK(y.intact());
    for (const Kernels* table : available_kernels()) {
      const std::string isa = table->name;
      CAPTURE(isa);
      y.set(std::vector<T>(s.rows * s.cols));
      elementwise_kernels<T>(*table).transpose(x.data(), x.stride(), y.data(), y.stride(), s.rows, s.cols);
      CHECK(wrong() == 0);
      CHECK(y.intact());
    }
  }
}

TEST_CASE("convert rounds to nearest even and widens exactly") {
  const double inf = std::numeric_limits<double>::infinity();
  for (const Shape& s : {Shape{0, 0}, {1, 7}, {3, 9}, {5, 16}, {2, 70000}}) {
    FencedMatrix<double> x(s.rows, s.cols, s.cols + 1), back(s.rows, s.cols, s.cols);
    FencedMatrix<float> y(s.rows, s.cols, s.cols + 2);
    std::vector<double> values = normal_values<double>(s.rows * s.cols);
    const double specials[] = {
        1e300, -1e-300, inf, -0.0, 1 + std::ldexp(1, -24), 1 + std::ldexp(3, -24), std::nan("")};
    for (size_t i = 0; i < 7 && i < values.size(); ++i) values[i] = specials[i];
    x.set(values);
    convert(const_view(x), view(y));
    convert(const_view(y), view(back));
    size_t wrong = 0;
    for (size_t i = 0; i < s.rows; ++i) {
      for (size_t j = 0; j < s.cols; ++j) {
        wrong += !same_bits(y.at(i, j), static_cast<float>(x.at(i, j)));
        wrong += !same_bits(back.at(i, j), static_cast<double>(y.at(i, j)));
      }
    }
    CHECK(wrong == 0);
    CHECK(y.intact());
    CHECK(back.intact());
  }
}

TEST_CASE("elementwise calls refuse shapes that don't fit, and stop when cancelled") {
  std::vector<double> x(12), y(12);
  const auto from = [&](size_t rows, size_t cols) { return dense_view<const double>(x.data(), rows, cols); };
  const auto to = [&](size_t rows, size_t cols) { return dense_view(y.data(), rows, cols); };
  CHECK(code_of([&] { apply_unary<double>(Unary::kExp, from(3, 4), to(4, 3)); }) == "ERR_SHAPE");
  CHECK(code_of([&] { apply_binary<double>(Binary::kAdd, from(3, 4), from(2, 4), to(3, 4)); }) ==
        "ERR_SHAPE");
  CHECK(code_of([&] { apply_binary<double>(Binary::kAdd, from(1, 3), from(3, 4), to(3, 4)); }) ==
        "ERR_SHAPE");
  CHECK(code_of([&] { apply_binary<double>(Binary::kAdd, from(3, 4), from(3, 4), to(1, 4)); }) ==
        "ERR_SHAPE");
  CHECK(code_of([&] { softmax<double>(from(3, 4), Axis::kCols, to(4, 3)); }) == "ERR_SHAPE");
  CHECK(code_of([&] { transpose<double>(from(3, 4), to(3, 4)); }) == "ERR_SHAPE");
  CancelToken cancel;
  cancel.cancel();
  CHECK(code_of([&] {
          apply_unary<double>(Unary::kExp, from(3, 4), to(3, 4), {0, &cancel});
        }) == "ERR_ABORTED");
}

}  // namespace test
}  // namespace boreal
