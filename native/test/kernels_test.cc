// Every row kernel of every table this CPU can run, in float and double: values, NaN rules, sizes around the
// vector length, strides, alignment, in place, nothing read or written outside, and row independence bit for
// bit. The accuracy of exp, sigmoid and tanh is in kernels_math_test.cc, dense is in kernels_dense_test.cc.
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "kernels/dispatch.h"
#include "test/fenced_matrix.h"
#include "test/tolerance.h"

namespace boreal {
namespace test {
namespace {

const std::vector<size_t> kCols{0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 67};
const std::vector<size_t> kRows{0, 1, 2, 5, 71};

template <typename T>
constexpr T kNan = std::numeric_limits<T>::quiet_NaN();
template <typename T>
constexpr T kInf = std::numeric_limits<T>::infinity();

enum class Fill { kOrdinary, kWithNan, kWithSpecials };

template <typename T>
std::vector<T> values(size_t count, Fill fill, unsigned seed = 1) {
  using Limits = std::numeric_limits<T>;
  const T specials[] = {kNan<T>,       kInf<T>, -kInf<T>,      T(0),          -T(0), Limits::denorm_min(),
                        Limits::min(), T(1),    Limits::max(), -Limits::max()};
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0, 3);
  std::vector<T> out(count);
  for (T& value : out) {
    const unsigned dice = random() % 4;
    value = static_cast<T>(normal(random));
    if (dice == 0 && fill == Fill::kWithNan) value = kNan<T>;
    if (dice == 0 && fill == Fill::kWithSpecials) value = specials[random() % 10];
  }
  return out;
}

// A kernel over whole matrices, with everything but x, y and rows bound.
template <typename T>
using RowCall = std::function<void(const T* x, size_t xs, T* y, size_t ys, size_t rows)>;

// Runs the kernel over x[rows, cols] -> [rows, width] at several strides and alignments, and row by row; all
// must agree bit for bit and leave the fences alone. Returns the result, dense.
template <typename T>
std::vector<T> run_rows(const std::vector<T>& x, size_t rows, size_t cols, size_t width, bool in_place,
                        const RowCall<T>& call) {
  std::vector<T> result(rows * width);
  for (size_t variant = 0; variant < 4; ++variant) {
    const size_t x_gap = variant % 2 * 3, y_gap = variant / 2, shift = variant % 3;
    FencedMatrix<T> in(rows, cols, cols + x_gap, shift), out(rows, width, width + y_gap, variant);
    in.set(x);
    call(in.data(), in.stride(), out.data(), out.stride(), rows);
    CHECK(out.intact());
    CHECK(in.intact());
    size_t differing = 0, changed = 0;
    for (size_t i = 0; i < rows; ++i) {
      for (size_t j = 0; j < width && cols > 0; ++j) {
        if (variant == 0) result[i * width + j] = out.at(i, j);
        differing += !same_bits(result[i * width + j], out.at(i, j));
      }
      for (size_t j = 0; j < cols; ++j) changed += !same_bits(x[i * cols + j], in.at(i, j));
      if (cols == 0) continue;
      std::vector<T> alone(shift + width);
      call(x.data() + i * cols, cols, alone.data() + shift, width, 1);
      for (size_t j = 0; j < width; ++j) differing += !same_bits(result[i * width + j], alone[shift + j]);
    }
    CHECK(differing == 0);
    CHECK(changed == 0);
    if (!in_place) continue;
    call(in.data(), in.stride(), in.data(), in.stride(), rows);
    CHECK(in.intact());
    for (size_t i = 0; i < rows; ++i) {
      for (size_t j = 0; j < cols; ++j) differing += !same_bits(result[i * width + j], in.at(i, j));
    }
    CHECK(differing == 0);
  }
  return result;
}

// body(table) for every table and every shape.
template <typename T, typename Body>
void for_each_shape(Body body) {
  for (const Kernels* table : available_kernels()) {
    const std::string isa = table->name;
    CAPTURE(isa);
    for (size_t rows : kRows) {
      CAPTURE(rows);
      for (size_t cols : kCols) {
        CAPTURE(cols);
        body(*table, rows, cols);
      }
    }
  }
}

}  // namespace

TEST_CASE("available_kernels starts with scalar and kernels() is one of them") {
  const std::vector<const Kernels*>& tables = available_kernels();
  REQUIRE(!tables.empty());
  CHECK(tables.front()->name == std::string("scalar"));
  CHECK(std::count(tables.begin(), tables.end(), &kernels()) == 1);
}

TEST_CASE_TEMPLATE("impute replaces NaN only", T, float, double) {
  for_each_shape<T>([](const Kernels& table, size_t rows, size_t cols) {
    const RowKernels<T>& k = row_kernels<T>(table);
    const std::vector<T> x = values<T>(rows * cols, Fill::kWithSpecials);
    FencedMatrix<T> fill(1, cols, cols);
    fill.set(values<T>(cols, Fill::kOrdinary, 2));
    const std::vector<T> y =
        run_rows<T>(x, rows, cols, cols, true, [&](const T* in, size_t xs, T* out, size_t ys, size_t m) {
          k.impute(in, xs, fill.data(), out, ys, m, cols);
        });
    size_t wrong = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      wrong += !same_bits(y[i], std::isnan(x[i]) ? fill.at(0, i % cols) : x[i]);
    }
    CHECK(wrong == 0);
  });
}

TEST_CASE_TEMPLATE("affine subtracts and truly divides", T, float, double) {
  for_each_shape<T>([](const Kernels& table, size_t rows, size_t cols) {
    const RowKernels<T>& k = row_kernels<T>(table);
    const std::vector<T> x = values<T>(rows * cols, Fill::kWithSpecials);
    FencedMatrix<T> shift(1, cols, cols), scale(1, cols, cols);
    shift.set(values<T>(cols, Fill::kOrdinary, 2));
    scale.set(values<T>(cols, Fill::kOrdinary, 3));
    if (cols > 2) scale.at(0, 2) = 0;
    const std::vector<T> y =
        run_rows<T>(x, rows, cols, cols, true, [&](const T* in, size_t xs, T* out, size_t ys, size_t m) {
          k.affine(in, xs, shift.data(), scale.data(), out, ys, m, cols);
        });
    size_t wrong = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      wrong += !same_bits(y[i], (x[i] - shift.at(0, i % cols)) / scale.at(0, i % cols));
    }
    CHECK(wrong == 0);
  });
}

TEST_CASE_TEMPLATE("binary takes a constant for each column on either side", T, float, double) {
  for_each_shape<T>([](const Kernels& table, size_t rows, size_t cols) {
    const ElementwiseKernels<T>& k = elementwise_kernels<T>(table);
    const std::vector<T> x = values<T>(rows * cols, Fill::kOrdinary);
    FencedMatrix<T> constants(1, cols, cols);
    constants.set(values<T>(cols, Fill::kOrdinary, 2));
    const Operand<T> row{constants.data(), 0, 1};
    for (bool constant_first : {false, true}) {
      CAPTURE(constant_first);
      const std::vector<T> y =
          run_rows<T>(x, rows, cols, cols, true, [&](const T* in, size_t xs, T* out, size_t ys, size_t m) {
            const Operand<T> values{in, xs, 1};
            k.binary(Binary::kSub, constant_first ? row : values, constant_first ? values : row, out, ys, m,
                     cols);
          });
      size_t wrong = 0;
      for (size_t i = 0; i < x.size(); ++i) {
        const T c = constants.at(0, i % cols);
        wrong += !same_bits(y[i], constant_first ? c - x[i] : x[i] - c);
      }
      CHECK(wrong == 0);
    }
  });
}

TEST_CASE_TEMPLATE("activate maps every element", T, float, double) {
  const Unary kinds[] = {Unary::kIdentity, Unary::kRelu, Unary::kSigmoid, Unary::kTanh, Unary::kExp};
  for_each_shape<T>([&](const Kernels& table, size_t rows, size_t cols) {
    const ElementwiseKernels<T>& k = elementwise_kernels<T>(table);
    const std::vector<T> x = values<T>(rows * cols, Fill::kWithSpecials);
    for (Unary kind : kinds) {
      CAPTURE(static_cast<int>(kind));
      const std::vector<T> y =
          run_rows<T>(x, rows, cols, cols, true, [&](const T* in, size_t xs, T* out, size_t ys, size_t m) {
            k.unary(kind, in, xs, out, ys, m, cols);
          });
      double worst = 0;
      for (size_t i = 0; i < x.size(); ++i) {
        const long double a = x[i];
        const long double exact = kind == Unary::kIdentity  ? a
                                  : kind == Unary::kRelu    ? (a < 0 ? 0 : a)
                                  : kind == Unary::kSigmoid ? 1 / (1 + std::exp(-a))
                                  : kind == Unary::kTanh    ? std::tanh(a)
                                                            : std::exp(a);
        worst = std::max(worst, ulp_error(y[i], exact));
      }
      CHECK(worst <= (kind == Unary::kIdentity || kind == Unary::kRelu ? 0 : kElementwiseUlps));
    }
  });
}

TEST_CASE_TEMPLATE("softmax and its logarithm agree with the formula in long double", T, float, double) {
  for_each_shape<T>([](const Kernels& table, size_t rows, size_t cols) {
    const ElementwiseKernels<T>& k = elementwise_kernels<T>(table);
    std::vector<T> x = values<T>(rows * cols, Fill::kOrdinary);
    for (size_t j = 0; j < cols && rows > 1; ++j) x[cols + j] *= 1000;  // would overflow without the maximum
    for (bool log : {false, true}) {
      CAPTURE(log);
      const std::vector<T> y =
          run_rows<T>(x, rows, cols, cols, true, [&](const T* in, size_t xs, T* out, size_t ys, size_t m) {
            k.softmax_rows(log, in, xs, out, ys, m, cols);
          });
      size_t wrong = 0;
      for (size_t i = 0; i < rows && cols > 0; ++i) {
        const T* row = x.data() + i * cols;
        const long double largest = *std::max_element(row, row + cols);
        long double sum = 0;
        for (size_t j = 0; j < cols; ++j) sum += std::exp(row[j] - largest);
        for (size_t j = 0; j < cols; ++j) {
          const long double distance = largest - row[j], exact = std::exp(-distance) / sum;
          const double bound = softmax_bound<T>(cols, static_cast<double>(distance));
          // An error of the sum is one of its logarithm.
          wrong +=
              log ? !(std::fabs(y[i * cols + j] + distance + std::log(sum)) <= bound)
                  : !(std::fabs(y[i * cols + j] - exact) <= bound * exact + std::numeric_limits<T>::min());
        }
      }
      CHECK(wrong == 0);
    }
  });
}

TEST_CASE_TEMPLATE("softmax of rows with special values", T, float, double) {
  for (const Kernels* table : available_kernels()) {
    const std::string isa = table->name;
    CAPTURE(isa);
    for (size_t cols : {1, 2, 8, 19}) {
      for (size_t place = 0; place < cols; ++place) {
        for (size_t rows : {1, 40}) {  // which of narrow ones are turned together
          std::vector<T> x(rows * cols, T(1)), y(rows * cols);
          const auto softmax = [&](T value) {
            for (size_t i = 0; i < rows; ++i) x[i * cols + place] = value;
            elementwise_kernels<T>(*table).softmax_rows(false, x.data(), cols, y.data(), cols, rows, cols);
          };
          softmax(kNan<T>);
          CHECK(std::all_of(y.begin(), y.end(), [](T value) { return std::isnan(value); }));
          if (cols == 1) continue;
          softmax(-kInf<T>);
          size_t wrong = 0;
          for (size_t i = 0; i < rows; ++i) {
            wrong += y[i * cols + place] != 0 || !(y[i * cols + (place + 1) % cols] > 0);
          }
          CHECK(wrong == 0);
        }
      }
    }
  }
}

TEST_CASE_TEMPLATE("argmax is the first largest, a NaN the largest of all", T, float, double) {
  for_each_shape<T>([](const Kernels& table, size_t rows, size_t cols) {
    const ElementwiseKernels<T>& k = elementwise_kernels<T>(table);
    if (cols == 0) return;
    for (Fill fill : {Fill::kOrdinary, Fill::kWithNan, Fill::kWithSpecials}) {
      for (unsigned seed = 0; seed < 3; ++seed) {
        std::vector<T> x = values<T>(rows * cols, fill, seed);
        if (seed == 0) std::fill(x.begin(), x.end(), -kInf<T>);  // all equal
        if (seed == 1)
          std::transform(x.begin(), x.end(), x.begin(), [](T a) { return std::floor(a); });  // ties
        const std::vector<T> y =
            run_rows<T>(x, rows, cols, 1, false, [&](const T* in, size_t xs, T* out, size_t ys, size_t m) {
              for (size_t i = 0; i < m; ++i)
                out[i * ys] = static_cast<T>(k.find_extreme(true, in + i * xs, cols));
            });
        for (size_t i = 0; i < rows; ++i) {
          const T* row = x.data() + i * cols;
          const T* nan = std::find_if(row, row + cols, [](T a) { return std::isnan(a); });
          const T* best = nan < row + cols ? nan : std::max_element(row, row + cols);
          CHECK(y[i] == static_cast<T>(best - row));
        }
      }
    }
  });
}

TEST_CASE_TEMPLATE("find_invalid gives the first offender in row order", T, float, double) {
  for_each_shape<T>([](const Kernels& table, size_t rows, size_t cols) {
    const RowKernels<T>& k = row_kernels<T>(table);
    for (size_t gap : {0, 3}) {
      FencedMatrix<T> x(rows, cols, cols + gap);
      const size_t count = rows * cols;
      x.set(std::vector<T>(count, -std::numeric_limits<T>::max()));
      const auto find = [&](FiniteRule rule) {
        return k.find_invalid(rule, x.data(), x.stride(), rows, cols);
      };
      CHECK(find(FiniteRule::kFinite) == count);
      CHECK(find(FiniteRule::kFiniteOrNan) == count);
      for (size_t place = 0; place < count; place += 1 + place / 5) {
        CAPTURE(place);
        T& value = x.at(place / cols, place % cols);
        const T ordinary = value;
        const T last = x.at(rows - 1, cols - 1);
        x.at(rows - 1, cols - 1) = kInf<T>;
        for (T bad : {kInf<T>, -kInf<T>, kNan<T>}) {
          value = bad;
          CHECK(find(FiniteRule::kFinite) == place);
          if (!std::isnan(bad)) CHECK(find(FiniteRule::kFiniteOrNan) == place);
        }
        value = kNan<T>;
        CHECK(find(FiniteRule::kFiniteOrNan) == (place + 1 == count ? count : count - 1));
        x.at(rows - 1, cols - 1) = last;
        value = ordinary;
      }
    }
  });
}

}  // namespace test
}  // namespace boreal
