// Accuracy of exp, sigmoid and tanh on every table this CPU can run. Float: a stride over all bit patterns
// against double. Double: random arguments over the whole range against long double. The specials are exact.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "kernels/dispatch.h"
#include "test/tolerance.h"

namespace boreal {
namespace test {
namespace {

constexpr Unary kKinds[] = {Unary::kExp, Unary::kSigmoid, Unary::kTanh};

template <typename Wide>
Wide exact_value(Unary kind, Wide x) {
  switch (kind) {
    case Unary::kExp:
      return std::exp(x);
    case Unary::kSigmoid:
      return 1 / (1 + std::exp(-x));
    default:
      return std::tanh(x);
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
    INFO(isa, ": activation ", static_cast<int>(kind), " at ", worst_at);
    CHECK(worst <= kElementwiseUlps);
  }
}

}  // namespace

TEST_CASE("exp, sigmoid and tanh over the bit patterns of float") {
  std::vector<float> x;
  for (uint64_t pattern = 0; pattern <= 0xffffffffu; pattern += 1789) {
    const uint32_t bits = static_cast<uint32_t>(pattern);
    float value;
    std::memcpy(&value, &bits, sizeof(value));
    x.push_back(value);
  }
  for (Unary kind : kKinds) check_accuracy<float, double>(kind, x);
}

TEST_CASE("exp, sigmoid and tanh where double varies") {
  std::mt19937_64 random(3);
  const double reach[] = {750, 40, 1, 1e-3};
  std::vector<double> x;
  for (double bound : reach) {
    std::uniform_real_distribution<double> uniform(-bound, bound);
    for (int i = 0; i < 50000; ++i) x.push_back(uniform(random));
  }
  for (int i = 0; i < 50000; ++i) {  // all magnitudes, infinities and NaN among them
    const uint64_t bits = random();
    double value;
    std::memcpy(&value, &bits, sizeof(value));
    x.push_back(value);
  }
  for (Unary kind : kKinds) check_accuracy<double, long double>(kind, x);
}

TEST_CASE_TEMPLATE("special values of exp, sigmoid and tanh are exact", T, float, double) {
  const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  const T tiny = std::numeric_limits<T>::denorm_min(), max = std::numeric_limits<T>::max();
  struct Case {
    Unary kind;
    T x, y;
  };
  const Case cases[] = {
      {Unary::kExp, -inf, T(0)},    {Unary::kExp, inf, inf},        {Unary::kExp, T(0), T(1)},
      {Unary::kExp, -T(0), T(1)},   {Unary::kExp, max, inf},        {Unary::kExp, -max, T(0)},
      {Unary::kExp, nan, nan},      {Unary::kExp, tiny, T(1)},      {Unary::kSigmoid, -inf, T(0)},
      {Unary::kSigmoid, inf, T(1)}, {Unary::kSigmoid, T(0), T(.5)}, {Unary::kSigmoid, nan, nan},
      {Unary::kSigmoid, max, T(1)}, {Unary::kSigmoid, -max, T(0)},  {Unary::kTanh, -inf, T(-1)},
      {Unary::kTanh, inf, T(1)},    {Unary::kTanh, T(0), T(0)},     {Unary::kTanh, -T(0), -T(0)},
      {Unary::kTanh, nan, nan},     {Unary::kTanh, tiny, tiny},     {Unary::kTanh, -max, T(-1)},
      {Unary::kTanh, -tiny, -tiny},
  };
  for (const Kernels* table : available_kernels()) {
    const std::string isa = table->name;
    CAPTURE(isa);
    for (const Case& c : cases) {
      CAPTURE(c.x);
      T y = 77;
      elementwise_kernels<T>(*table).unary(c.kind, &c.x, 1, &y, 1, 1, 1);
      CHECK(same_bits(y, c.y));
    }
  }
}

}  // namespace test
}  // namespace boreal
