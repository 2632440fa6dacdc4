// Accuracy of the transcendental functions on every table this CPU can run. Float: a stride over all bit
// patterns against double. Double: random arguments over the whole range against long double. Both: the
// neighbourhoods of all places where an algorithm changes its course. The specials are exact.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "kernels/dispatch.h"
#include "test/emulation.h"
#include "test/tolerance.h"

namespace boreal {
namespace test {
namespace {

// x Phi(x), by erfc where 1 + erf would cancel. erfc(a) changes by a relative 2 a da, so a is corrected by
// what rounding took from it.
template <typename Wide>
Wide exact_gelu(Wide x) {
  if (x > -1) return x / 2 * (1 + std::erf(x * std::sqrt(Wide(0.5))));
  const Wide square = x * x, square_low = std::fma(x, x, -square);
  const Wide a = std::sqrt(square / 2), rest = (square_low / 2 - std::fma(a, a, -square / 2));
  if (std::isinf(square)) return -Wide(0);
  return x / 2 * std::erfc(a) * (1 - rest);
}

// The nearest multiple of 2 leaves [-1, 1] and the mirror [-1/2, 1/2], both exactly.
template <typename Wide>
Wide exact_sin_pi(Wide x) {
  Wide r = std::remainder(x, Wide(2));
  if (std::fabs(r) > Wide(0.5)) r = std::copysign(Wide(1), r) - r;
  const Wide y = std::sin(3.14159265358979323846264338327950288L * r);
  return y == 0 ? std::copysign(Wide(0), x) : y;
}

template <typename Wide>
Wide exact_value(Unary kind, Wide x) {
  switch (kind) {
    case Unary::kExp:
      return std::exp(x);
    case Unary::kExpm1:
      return std::expm1(x);
    case Unary::kLog:
      return std::log(x);
    case Unary::kLog1p:
      return std::log1p(x);
    case Unary::kSigmoid:
      return 1 / (1 + std::exp(-x));
    case Unary::kTanh:
      return std::tanh(x);
    case Unary::kErf:
      return std::erf(x);
    case Unary::kGelu:
      return exact_gelu(x);
    case Unary::kSilu:
      return std::isinf(x) && x < 0 ? -Wide(0) : x / (1 + std::exp(-x));
    case Unary::kSinPi:
      return exact_sin_pi(x);
    case Unary::kCosPi:  // + 0: never a negative zero
      return exact_sin_pi(Wide(0.5) - std::fabs(std::remainder(x, Wide(2)))) + 0;
    default:
      return std::max(x, Wide(0)) + std::log1p(std::exp(-std::fabs(x)));
  }
}

constexpr Unary kKinds[] = {Unary::kExp,     Unary::kExpm1,    Unary::kLog,   Unary::kLog1p,
                            Unary::kSigmoid, Unary::kTanh,     Unary::kErf,   Unary::kGelu,
                            Unary::kSilu,    Unary::kSoftplus, Unary::kSinPi, Unary::kCosPi};

template <typename T>
T from_pattern(uint64_t bits) {
  T value;
  if constexpr (sizeof(T) == 4) {
    const uint32_t low = static_cast<uint32_t>(bits);
    std::memcpy(&value, &low, sizeof(value));
  } else {
    std::memcpy(&value, &bits, sizeof(value));
  }
  return value;
}

// Where a reduction changes n, a branch begins, or a result reaches the end of the range; and around them.
template <typename T>
void add_edges(std::vector<T>& x) {
  std::vector<double> edges{0,
                            1,
                            std::sqrt(.5),
                            std::sqrt(2.),
                            .65,
                            4,
                            9,
                            10,
                            14.75,
                            20,
                            30,
                            38.75,
                            60,
                            87.34,
                            88.73,
                            103.972,
                            112.,
                            708.4,
                            709.79,
                            745.14,
                            760,
                            -.5,
                            std::numeric_limits<T>::min(),
                            std::numeric_limits<T>::max()};
  for (int n = 1; n < 40; ++n) edges.push_back((n - 0.5) * std::log(2.));
  for (double edge : edges) {
    for (T sign : {T(1), T(-1)}) {
      T up = sign * static_cast<T>(edge), down = up;
      for (int step = 0; step < 40; ++step) {
        x.push_back(up);
        x.push_back(down);
        up = std::nextafter(up, std::numeric_limits<T>::infinity());
        down = std::nextafter(down, -std::numeric_limits<T>::infinity());
      }
    }
  }
}

// Largest error in ulps of each table over x.
template <typename T, typename Wide>
void check_accuracy(Unary kind, const std::vector<T>& x) {
  std::vector<Wide> exact(x.size());
  for (size_t i = 0; i < x.size(); ++i) exact[i] = exact_value<Wide>(kind, x[i]);
  std::vector<T> y(x.size());
  for (const Kernels* table : available_kernels()) {
    elementwise_kernels<T>(*table).unary(kind, x.data(), x.size(), y.data(), y.size(), 1, x.size());
    double worst = 0;
    T worst_at = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      const double error = ulp_error(y[i], exact[i]);
      if (error > worst) {
        worst = error;
        worst_at = x[i];
      }
    }
    const std::string isa = table->name;
    INFO(isa, ": function ", static_cast<int>(kind), " at ", worst_at);
    CHECK(worst <= kElementwiseUlps);
  }
}

template <typename T, typename Wide>
void check_pow(const std::vector<T>& x, const std::vector<T>& y) {
  std::vector<T> z(x.size());
  for (const Kernels* table : available_kernels()) {
    const std::string isa = table->name;
    elementwise_kernels<T>(*table).binary(Binary::kPow, {x.data(), x.size(), 1}, {y.data(), y.size(), 1},
                                          z.data(), z.size(), 1, z.size());
    double worst = 0;
    size_t at = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      const double error = ulp_error(z[i], std::pow(Wide(x[i]), Wide(y[i])));
      if (error > worst) {
        worst = error;
        at = i;
      }
    }
    INFO(isa, ": pow(", x[at], ", ", y[at], ")");
    CHECK(worst <= kElementwiseUlps);
  }
}

}  // namespace

TEST_CASE("transcendental functions over the bit patterns of float") {
  std::vector<float> x;
  const uint64_t stride = emulated() ? 32749 : 4093;
  for (uint64_t pattern = 0; pattern <= 0xffffffffu; pattern += stride)
    x.push_back(from_pattern<float>(pattern));
  add_edges(x);
  for (Unary kind : kKinds) check_accuracy<float, double>(kind, x);
}

TEST_CASE("transcendental functions where double varies") {
  std::mt19937_64 random(3);
  const double reach[] = {750, 40, 8, 1, 1e-3};
  std::vector<double> x;
  for (double bound : reach) {
    std::uniform_real_distribution<double> uniform(-bound, bound);
    for (size_t i = 0; i < fewer(20000); ++i) x.push_back(uniform(random));
  }
  for (size_t i = 0; i < fewer(20000); ++i) {
    x.push_back(from_pattern<double>(random()));  // all magnitudes, infinities and NaN among them
    x.push_back(1 + std::ldexp(static_cast<double>(random() >> 12), -52));  // where log is small
  }
  add_edges(x);
  for (Unary kind : kKinds) check_accuracy<double, long double>(kind, x);
}

TEST_CASE_TEMPLATE("the normal quantile undoes the normal distribution", T, float, double) {
  std::vector<T> p;
  const int steps = static_cast<int>(fewer(4000));
  for (int i = 1; i < steps; ++i) {
    p.push_back(static_cast<T>(i) / static_cast<T>(steps));
    p.push_back(std::ldexp(static_cast<T>(0.5 + i / (2.0 * steps)), -(i % (sizeof(T) == 4 ? 120 : 1000))));
  }
  std::vector<T> z(p.size());
  for (const Kernels* table : available_kernels()) {
    const std::string isa = table->name;
    elementwise_kernels<T>(*table).unary(Unary::kNormalQuantile, p.data(), p.size(), z.data(), z.size(), 1,
                                         p.size());
    double worst = 0;
    T worst_at = 0;
    for (size_t i = 0; i < p.size(); ++i) {
      // Newton's steps from what came out, of the side where Phi is small and has all its digits.
      const long double tail = p[i] < T(0.5) ? p[i] : 1 - static_cast<long double>(p[i]);
      long double exact = -std::fabs(static_cast<long double>(z[i]));
      for (int step = 0; step < 3; ++step) {
        const long double below = std::erfc(-exact / std::sqrt(2.0L)) / 2;
        const long double density = std::exp(-exact * exact / 2) * 0.398942280401432677939946059934L;
        exact -= (below - tail) / density;
      }
      const double error = ulp_error(z[i], p[i] < T(0.5) ? exact : -exact);
      if (error > worst) {
        worst = error;
        worst_at = p[i];
      }
    }
    INFO(isa, ": normal quantile of ", worst_at);
    CHECK(worst <= 8);
  }
}

TEST_CASE_TEMPLATE("pow where its result is finite", T, float, double) {
  using Wide = std::conditional_t<sizeof(T) == 4, double, long double>;
  std::mt19937_64 random(4);
  const double reach = std::log(static_cast<double>(std::numeric_limits<T>::max())) * 1.05;
  std::uniform_real_distribution<double> unit(-1, 1);
  std::vector<T> x, y;
  for (double width : {1e-3, 1.0, reach}) {
    for (size_t i = 0; i < fewer(30000); ++i) {
      const T base = static_cast<T>(std::exp(unit(random) * width));
      const double log_base = std::log(static_cast<double>(base));
      x.push_back(base);
      y.push_back(static_cast<T>(log_base == 0 ? 1 : unit(random) * reach / log_base));
      x.push_back(-base);
      y.push_back(std::floor(static_cast<T>(unit(random) * 9)));
    }
  }
  check_pow<T, Wide>(x, y);
}

TEST_CASE_TEMPLATE("pow of special values is that of C", T, float, double) {
  const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  const T large = T(1) / std::numeric_limits<T>::epsilon();  // odd numbers end here
  std::vector<T> values{0,
                        1,
                        2,
                        3,
                        T(.5),
                        T(2.5),
                        inf,
                        nan,
                        std::numeric_limits<T>::max(),
                        std::numeric_limits<T>::min(),
                        std::numeric_limits<T>::denorm_min(),
                        large - 1,
                        large,
                        large + 2,
                        2 * large};
  for (size_t i = values.size(); i-- > 0;) values.push_back(-values[i]);
  std::vector<T> x, y;
  for (T a : values) {
    for (T b : values) {
      x.push_back(a);
      y.push_back(b);
    }
  }
  check_pow<T, std::conditional_t<sizeof(T) == 4, double, long double>>(x, y);
  std::vector<T> z(x.size());
  for (const Kernels* table : available_kernels()) {
    const std::string isa = table->name;
    CAPTURE(isa);
    elementwise_kernels<T>(*table).binary(Binary::kPow, {x.data(), x.size(), 1}, {y.data(), y.size(), 1},
                                          z.data(), z.size(), 1, z.size());
    for (size_t i = 0; i < x.size(); ++i) {
      const T exact = std::pow(x[i], y[i]);
      if (exact == 0 || std::isinf(exact)) {
        INFO("pow(", x[i], ", ", y[i], ")");
        CHECK(std::signbit(z[i]) == std::signbit(exact));
      }
    }
  }
}

TEST_CASE_TEMPLATE("special values of the unary functions are exact", T, float, double) {
  using U = Unary;
  const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  const T tiny = std::numeric_limits<T>::denorm_min(), max = std::numeric_limits<T>::max();
  const T whole = T(1) / std::numeric_limits<T>::epsilon();
  const T zero = 0, one = 1, half = T(0.5);
  struct Case {
    Unary kind;
    T x, y;
  };
  const std::vector<Case> cases{
      {U::kExp, -inf, zero},
      {U::kExp, inf, inf},
      {U::kExp, zero, one},
      {U::kExp, -zero, one},
      {U::kExp, max, inf},
      {U::kExp, -max, zero},
      {U::kExp, nan, nan},
      {U::kExp, tiny, one},
      {U::kExpm1, -inf, -one},
      {U::kExpm1, inf, inf},
      {U::kExpm1, zero, zero},
      {U::kExpm1, -zero, -zero},
      {U::kExpm1, max, inf},
      {U::kExpm1, -max, -one},
      {U::kExpm1, nan, nan},
      {U::kExpm1, tiny, tiny},
      {U::kExpm1, -tiny, -tiny},
      {U::kSigmoid, -inf, zero},
      {U::kSigmoid, inf, one},
      {U::kSigmoid, zero, half},
      {U::kSigmoid, nan, nan},
      {U::kSigmoid, max, one},
      {U::kSigmoid, -max, zero},
      {U::kTanh, -inf, -one},
      {U::kTanh, inf, one},
      {U::kTanh, zero, zero},
      {U::kTanh, -zero, -zero},
      {U::kTanh, nan, nan},
      {U::kTanh, tiny, tiny},
      {U::kTanh, -max, -one},
      {U::kTanh, -tiny, -tiny},
      {U::kLog, zero, -inf},
      {U::kLog, -zero, -inf},
      {U::kLog, one, zero},
      {U::kLog, inf, inf},
      {U::kLog, -one, nan},
      {U::kLog, -inf, nan},
      {U::kLog, -tiny, nan},
      {U::kLog, nan, nan},
      {U::kLog1p, zero, zero},
      {U::kLog1p, -zero, -zero},
      {U::kLog1p, -one, -inf},
      {U::kLog1p, inf, inf},
      {U::kLog1p, -2 * one, nan},
      {U::kLog1p, nan, nan},
      {U::kLog1p, -inf, nan},
      {U::kLog1p, tiny, tiny},
      {U::kLog1p, -tiny, -tiny},
      {U::kErf, zero, zero},
      {U::kErf, -zero, -zero},
      {U::kErf, inf, one},
      {U::kErf, -inf, -one},
      {U::kErf, nan, nan},
      {U::kErf, max, one},
      {U::kGelu, zero, zero},
      {U::kGelu, -zero, -zero},
      {U::kGelu, inf, inf},
      {U::kGelu, -inf, -zero},
      {U::kGelu, nan, nan},
      {U::kGelu, max, max},
      {U::kGelu, -max, -zero},
      {U::kSilu, zero, zero},
      {U::kSilu, -zero, -zero},
      {U::kSilu, inf, inf},
      {U::kSilu, -inf, -zero},
      {U::kSilu, nan, nan},
      {U::kSilu, max, max},
      {U::kSilu, -max, -zero},
      {U::kSoftplus, -inf, zero},
      {U::kSoftplus, inf, inf},
      {U::kSoftplus, nan, nan},
      {U::kSoftplus, max, max},
      {U::kSoftplus, -max, zero},
      {U::kSinPi, zero, zero},
      {U::kSinPi, -zero, -zero},
      {U::kSinPi, one, zero},
      {U::kSinPi, -3 * one, -zero},
      {U::kSinPi, half, one},
      {U::kSinPi, -half, -one},
      {U::kSinPi, whole - half, -one},
      {U::kSinPi, max, zero},
      {U::kSinPi, inf, nan},
      {U::kSinPi, nan, nan},
      {U::kCosPi, zero, one},
      {U::kCosPi, -zero, one},
      {U::kCosPi, half, zero},
      {U::kCosPi, -one - half, zero},
      {U::kCosPi, one, -one},
      {U::kCosPi, whole + one, -one},
      {U::kCosPi, -2 * whole, one},
      {U::kCosPi, max, one},
      {U::kCosPi, -inf, nan},
      {U::kCosPi, nan, nan},
      {U::kNormalQuantile, zero, -inf},
      {U::kNormalQuantile, one, inf},
      {U::kNormalQuantile, half, zero},
      {U::kNormalQuantile, 2 * one, nan},
      {U::kNormalQuantile, -tiny, nan},
      {U::kNormalQuantile, nan, nan},
      {U::kSqrt, zero, zero},
      {U::kSqrt, -zero, -zero},
      {U::kSqrt, inf, inf},
      {U::kSqrt, -one, nan},
      {U::kSqrt, nan, nan},
      {U::kAbs, -zero, zero},
      {U::kAbs, -inf, inf},
      {U::kAbs, nan, nan},
      {U::kNegate, zero, -zero},
      {U::kNegate, inf, -inf},
      {U::kNegate, nan, nan},
      {U::kSquare, -zero, zero},
      {U::kSquare, max, inf},
      {U::kSquare, nan, nan},
      {U::kReciprocal, zero, inf},
      {U::kReciprocal, -zero, -inf},
      {U::kReciprocal, -inf, -zero},
      {U::kReciprocal, nan, nan},
      {U::kFloor, -zero, -zero},
      {U::kFloor, -half, -one},
      {U::kFloor, half, zero},
      {U::kFloor, -tiny, -one},
      {U::kFloor, inf, inf},
      {U::kFloor, max, max},
      {U::kFloor, nan, nan},
      {U::kFloor, whole - half, whole - one},
      {U::kCeil, -zero, -zero},
      {U::kCeil, -half, -zero},
      {U::kCeil, half, one},
      {U::kCeil, tiny, one},
      {U::kCeil, -inf, -inf},
      {U::kCeil, -max, -max},
      {U::kCeil, nan, nan},
      {U::kRound, half, zero},
      {U::kRound, -half, -zero},
      {U::kRound, one + half, 2},
      {U::kRound, 2 + half, 2},
      {U::kRound, -zero, -zero},
      {U::kRound, inf, inf},
      {U::kRound, -max, -max},
      {U::kRound, nan, nan},
      {U::kRound, whole + 1, whole + 1},
      {U::kSign, -zero, zero},
      {U::kSign, zero, zero},
      {U::kSign, tiny, one},
      {U::kSign, -inf, -one},
      {U::kSign, nan, nan},
      {U::kRelu, -inf, zero},
      {U::kRelu, -tiny, zero},
      {U::kRelu, tiny, tiny},
      {U::kRelu, nan, nan},
      {U::kIdentity, nan, nan},
      {U::kIdentity, -zero, -zero},
  };
  for (const Kernels* table : available_kernels()) {
    const std::string isa = table->name;
    CAPTURE(isa);
    for (const Case& c : cases) {
      CAPTURE(c.x);
      const int kind = static_cast<int>(c.kind);
      CAPTURE(kind);
      T y = 77;
      elementwise_kernels<T>(*table).unary(c.kind, &c.x, 1, &y, 1, 1, 1);
      CHECK(same_bits(y, c.y));
    }
  }
}

}  // namespace test
}  // namespace boreal
