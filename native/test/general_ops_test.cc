// The ops of imported graphs against the row-by-row reference, on every ISA and in both precisions.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "test/plan_writer.h"
#include "test/program_support.h"

namespace boreal {
namespace test {
namespace {

const double kNan = std::numeric_limits<double>::quiet_NaN();
const size_t kRowCounts[] = {1, 2, 7, 33, 500};

// Every program's results and the reference's, to `compare`.
template <typename T, typename Compare>
void each_program(const PlanWriter& writer, const std::vector<T>& x, const Compare& compare) {
  const Plan plan = writer.decode();
  const std::vector<T> expected = reference<T>(plan, x);
  for (const Kernels* kernels : available_kernels()) {
    INFO(kernels->name);
    const std::vector<T> y = run(*prepare_cpu<T>(plan, *kernels), x);
    REQUIRE(y.size() == expected.size());
    compare(y, expected);
  }
}

template <typename T>
void check_exact(const PlanWriter& writer, const std::vector<T>& x) {
  each_program<T>(writer, x, [](const auto& y, const auto& expected) { CHECK(same(y, expected)); });
}

TEST_CASE_TEMPLATE("binary functions of constants, of slots and of one column", T, float, double) {
  Rng rng(21);
  for (int32_t f = 0; f < kBinaryFunctionCount; ++f) {
    const BinaryFunction function = static_cast<BinaryFunction>(f);
    CAPTURE(f);
    for (const size_t rows : kRowCounts) {
      PlanWriter plan(6);
      const int32_t x = plan.activation(plan.gather(0, {0, 1, 2}), Unary::kAbs);
      const int32_t y = plan.gather(0, {3, 4, 5}), one = plan.gather(0, {4});
      const int32_t of_constants = plan.binary(function, x, {0.5, -1, 3});
      plan.concat({of_constants, plan.binary(function, x, y), plan.binary(function, x, one),
                   plan.binary(function, plan.gather(x, {1}), y), plan.binary(function, x, x), x});
      std::vector<T> values = random_rows<T>(rng, rows, 6, 12);
      for (size_t i = 0; i < rows; i += 3) values[i * 6 + 3] = values[i * 6];  // equal ones
      each_program<T>(plan, values, [](const auto& y, const auto& expected) {
        for (size_t i = 0; i < y.size(); ++i) {
          if (std::isnan(expected[i])) {
            CHECK(std::isnan(y[i]));
          } else {
            CHECK(ulp_error<T, double>(y[i], expected[i]) <= kElementwiseUlps + 1);
          }
        }
      });
    }
  }
}

TEST_CASE_TEMPLATE("choosing, constants, lookups and rounding are exact", T, float, double) {
  Rng rng(22);
  for (const size_t rows : kRowCounts) {
    PlanWriter plan(5);
    const int32_t a = plan.gather(0, {0, 1}), b = plan.gather(0, {2, 3});
    const int32_t flag = plan.binary(BinaryFunction::kGreater, a, b);
    const int32_t chosen = plan.select(flag, b, plan.constant_row(0, {7, 0.1}));
    const int32_t looked =
        plan.lookup(plan.gather(0, {4, 0, 4}), {0, 3, 3, 4}, {10, 0.2, kNan, 12}, {-1, 5, kNan});
    plan.concat({chosen, looked, plan.float32(0), plan.float32(a)});
    std::vector<T> x = random_rows<T>(rng, rows, 5, 9);
    for (size_t i = 0; i < rows; ++i) x[i * 5 + 4] = static_cast<T>(rng.below(7)) / 2 - T(0.5);
    check_exact<T>(plan, x);
  }
}

TEST_CASE_TEMPLATE("folds of rows and distances from points", T, float, double) {
  Rng rng(23);
  const size_t width = 21;
  std::vector<double> points(7 * width);
  for (double& value : points) value = rng.uniform() * 4 - 2;
  for (const size_t rows : kRowCounts) {
    PlanWriter plan(static_cast<int32_t>(width));
    std::vector<int32_t> parts;
    for (const Fold fold :
         {Fold::kSum, Fold::kSumAbs, Fold::kProduct, Fold::kMin, Fold::kMax, Fold::kMaxAbs}) {
      parts.push_back(plan.reduce(0, fold));
    }
    for (const Metric metric : {Metric::kEuclidean, Metric::kSquaredEuclidean, Metric::kManhattan}) {
      parts.push_back(plan.distance(0, metric, 7, points));
    }
    plan.concat(parts);
    each_program<T>(plan, random_rows<T>(rng, rows, width), [&](const auto& y, const auto& expected) {
      for (size_t i = 0; i < y.size(); ++i) {
        CHECK(std::fabs(y[i] - expected[i]) <= dot_bound<T>(width, 16.0 * width));
      }
    });
  }
}

TEST_CASE_TEMPLATE("pairwise coupling", T, float, double) {
  Rng rng(24);
  for (const int32_t classes : {2, 3, 5, 9}) {
    PlanWriter plan(classes * (classes - 1) / 2);
    plan.coupling(0, classes);
    std::vector<T> pairs = random_rows<T>(rng, 4, plan.decode().input_width);
    for (T& r : pairs) r = r / 5 + T(0.5);
    each_program<T>(plan, pairs, [&](const auto& p, const auto& expected) {
      for (size_t i = 0; i < p.size(); ++i) CHECK(std::fabs(p[i] - expected[i]) < 0.03 / classes);
    });
  }
  // Consistent pairs r_ab = p_a / (p_a + p_b) have p as their exact solution.
  const double p[] = {0.5, 0.3, 0.15, 0.05};
  std::vector<T> pairs;
  for (int a = 0; a < 4; ++a) {
    for (int b = a + 1; b < 4; ++b) pairs.push_back(static_cast<T>(p[a] / (p[a] + p[b])));
  }
  PlanWriter plan(6);
  plan.coupling(0, 4);
  const std::vector<T> found = run(*prepare_cpu<T>(plan.decode(), kernels()), pairs);
  for (size_t a = 0; a < 4; ++a) CHECK(std::fabs(found[a] - p[a]) < 0.005);
}

TEST_CASE_TEMPLATE("kernel expansions of many and of few vectors", T, float, double) {
  Rng rng(25);
  const size_t width = 9;
  for (const size_t count : {size_t{0}, size_t{1}, size_t{70}, size_t{1300}}) {
    std::vector<double> vectors(count * width), weights(count * 3);
    for (double& value : vectors) value = rng.uniform() * 2 - 1;
    for (double& value : weights) value = rng.uniform() * 2 - 1;
    for (const size_t rows : {size_t{1}, size_t{7}, size_t{60}}) {
      PlanWriter plan(static_cast<int32_t>(width));
      std::vector<int32_t> parts;
      for (int32_t f = 0; f < kKernelFunctionCount; ++f) {
        for (const double degree : {2.0, 3.0, 4.0}) {
          parts.push_back(plan.expansion(0, static_cast<KernelFunction>(f), 3, {0.3, 0.5, degree}, vectors,
                                         weights, {1, 2, 3}));
        }
      }
      plan.concat(parts);
      each_program<T>(plan, random_rows<T>(rng, rows, width), [&](const auto& y, const auto& expected) {
        for (size_t i = 0; i < y.size(); ++i) {
          CHECK(std::fabs(y[i] - expected[i]) <=
                dot_bound<T>(count + width, 64.0 * (static_cast<double>(count) + 1)));
        }
      });
    }
  }
}

TEST_CASE_TEMPLATE("interpolation within the points and beyond them", T, float, double) {
  Rng rng(26);
  const std::vector<double> from = {-1, -0.5, 0.1, 1.5, 0.25, -2, 2}, to = {3, 4, 4, 7, 9, 1, 0};
  for (const Outside outside : {Outside::kClip, Outside::kNan}) {
    PlanWriter plan(3);
    plan.interpolate(0, outside, {0, 4, 5, 7}, from, to);
    std::vector<T> x = random_rows<T>(rng, 90, 3, 11);
    for (size_t k = 0; k < 4; ++k) x[3 * k] = static_cast<T>(from[k]);
    each_program<T>(plan, x, [&](const auto& y, const auto& expected) {
      for (size_t i = 0; i < y.size(); ++i) {
        if (std::isnan(expected[i])) {
          CHECK(std::isnan(y[i]));
        } else {
          CHECK(std::fabs(y[i] - expected[i]) <= dot_bound<T>(4, 32));
        }
      }
    });
  }
  PlanWriter plan(3);
  plan.interpolate(0, Outside::kReject, {0, 4, 5, 7}, from, to);
  const std::vector<T> inside = {-1, 5, 2}, outside = {0, 5, 0, 0, 0, T(2.5)};
  CHECK(run(*prepare_cpu<T>(plan.decode(), kernels()), inside) == std::vector<T>{3, 9, 0});
  CHECK(error_code([&] { run(*prepare_cpu<T>(plan.decode(), kernels()), outside); }) == "ERR_OUT_OF_RANGE");
}

TEST_CASE_TEMPLATE("interpolation of points that are crowded, far apart or as near as numbers get", T, float,
                   double) {
  constexpr T kMost = std::numeric_limits<T>::max(), kLeast = std::numeric_limits<T>::denorm_min();
  constexpr T kInfinity = std::numeric_limits<T>::infinity();
  std::vector<double> crowd;
  for (int k = 0; k < 3000; ++k) crowd.push_back(1 + k * 1e-4 + (k % 7) * 1e-5);
  crowd.push_back(1e9);
  std::vector<double> small;
  for (int k = 1; k < 9; ++k) small.push_back(static_cast<double>(k * k * kLeast));
  const std::vector<std::vector<double>> sets = {
      crowd, small, {-kMost, -1, -kLeast, 0, kLeast, 5, kMost}, {1e6, 1e6 + 0.5, 1e6 + 1}, {-1e300, 0, 1e300},
      {3}};
  for (const std::vector<double>& from : sets) {
    std::vector<double> to;
    std::vector<T> x;
    for (size_t k = 0; k < from.size(); ++k) to.push_back(static_cast<double>((k * k) % 11));
    for (const double value : from) {
      x.push_back(static_cast<T>(value));
      x.push_back(std::nextafter(static_cast<T>(value), kInfinity));
      x.push_back(std::nextafter(static_cast<T>(value), -kInfinity));
    }
    x.insert(x.end(), {kInfinity, -kInfinity, -T(0), std::numeric_limits<T>::quiet_NaN()});
    PlanWriter plan(1);
    plan.interpolate(0, Outside::kClip, {0, static_cast<int32_t>(from.size())}, from, to);
    const std::vector<T> y = run(*prepare_cpu<T>(plan.decode(), kernels()), x);
    for (size_t k = 0; k < from.size(); ++k) {
      CHECK(y[3 * k] == static_cast<T>(to[k]));
      for (size_t side = 1; side <= 2; ++side) {  // between this point and the next one, or the one before
        const size_t other = side == 1 ? std::min(k + 1, from.size() - 1) : std::max<size_t>(k, 1) - 1;
        const auto [low, high] = std::minmax(to[k], to[other]);
        CHECK(y[3 * k + side] >= static_cast<T>(low * (1 - 1e-5)));
        CHECK(y[3 * k + side] <= static_cast<T>(high * (1 + 1e-5)));
      }
    }
    CHECK(y[x.size() - 4] == static_cast<T>(to.back()));
    CHECK(y[x.size() - 3] == static_cast<T>(to[0]));
    CHECK(std::isfinite(y[x.size() - 2]));
    CHECK(std::isnan(y[x.size() - 1]));
  }
}

TEST_CASE("of points that are equal as float32, or infinite, the first one counts") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  PlanWriter plan(1);
  plan.interpolate(0, Outside::kClip, {0, 6}, {-3e300, -2e300, 1, 1 + 1e-12, 2, 1e300}, {1, 2, 3, 4, 5, 6});
  const std::vector<float> x = {-kInfinity, -1e38F, 1, 1.5F, kInfinity};
  const std::vector<float> y = run(*prepare_cpu<float>(plan.decode(), kernels()), x);
  CHECK(y[0] == 1);
  CHECK((y[1] > 2 && y[1] < 3));
  CHECK(y[2] == 3);
  CHECK(y[3] == 4.5F);
  CHECK(y[4] == 6);
}

TEST_CASE_TEMPLATE("a layer of a network sees each row alone, in any tile", T, float, double) {
  Rng rng(29);
  // The largest of windows of 2 x 3 in images of 5 x 7 with two channels.
  const std::vector<double> pool{4, 12, 0, 5, 7, 2, 2, 3, 2, 2, 0, 1, 1, 0};
  for (const size_t rows : kRowCounts) {
    PlanWriter plan(70);
    plan.op(28, {0}, {18, 0}, {plan.constant(pool), plan.constant(std::vector<float>{})});
    std::vector<T> x = random_rows<T>(rng, rows, 70);
    for (T& value : x) value = static_cast<T>(static_cast<float>(value));
    check_exact<T>(plan, x);
  }
  PlanWriter wrong(70);
  wrong.op(28, {0}, {17, 0}, {wrong.constant(pool), wrong.constant(std::vector<float>{})});
  CHECK(error_code([&] { prepare_cpu<T>(wrong.decode(), kernels()); }) == "ERR_PLAN");
  // Only a convolution has an activation.
  PlanWriter active(70);
  active.op(28, {0}, {18, 1}, {active.constant(pool), active.constant(std::vector<float>{})});
  CHECK(error_code([&] { prepare_cpu<T>(active.decode(), kernels()); }) == "ERR_PLAN");
}

TEST_CASE_TEMPLATE("a scale has one number for each channel of all positions", T, float, double) {
  PlanWriter plan(6);
  plan.op(30, {0}, {}, {plan.constant(std::vector<double>{2, -1}), plan.constant(std::vector<double>{0, 3})});
  const std::vector<T> x{1, 1, 2, 2, 3, 3};
  CHECK(run(*prepare_cpu<T>(plan.decode(), kernels()), x) == std::vector<T>{2, 2, 4, 1, 6, 0});
  for (const std::vector<double>& factor : {std::vector<double>{}, std::vector<double>{1, 2, 3, 4}}) {
    PlanWriter wrong(6);
    wrong.op(30, {0}, {}, {wrong.constant(factor), wrong.constant(factor)});
    CHECK(error_code([&] { wrong.decode(); }) == "ERR_PLAN");
  }
}

TEST_CASE_TEMPLATE("a product and its activation have the bits of both ops", T, float, double) {
  Rng rng(31);
  const std::vector<T> x = random_rows<T>(rng, 37, 9);
  const std::vector<double> weights = random_rows<double>(rng, 9, 21), bias = random_rows<double>(rng, 1, 21);
  PlanWriter joined(9), apart(9);
  joined.dense(0, weights, bias, Unary::kGelu);
  apart.activation(apart.dense(0, weights, bias), Unary::kGelu);
  CHECK(run(*prepare_cpu<T>(joined.decode(), kernels()), x) ==
        run(*prepare_cpu<T>(apart.decode(), kernels()), x));
}

TEST_CASE("explain says what the ops do") {
  PlanWriter plan(3);
  const int32_t sum = plan.reduce(plan.binary(BinaryFunction::kDiv, 0, {1, 2, 3}), Fold::kSum);
  plan.coupling(
      plan.lookup(plan.distance(sum, Metric::kEuclidean, 3, {1, 2, 3}), {0, 0, 0, 1}, {4}, {0, 0, 0}), 3);
  const std::string text = prepare_cpu<double>(plan.decode(), kernels())->explain();
  INFO(text);
  for (const char* part : {"Binary", "/", "Reduce", "sum", "Distance", "3 points", "Lookup", "1 values",
                           "Coupling", "3 classes"}) {
    CHECK(text.find(part) != std::string::npos);
  }
}

TEST_CASE_TEMPLATE("coordinates of least divergence are those of the reference", T, float, double) {
  for (const double beta : {-0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0}) {
    PlanWriter writer(3);
    writer.divergence(0, {1, 0.5, 0.25, 0.1, 2, 0.7}, {beta, 0.1, 0.2, 0}, 2, 60);
    for (const size_t rows : kRowCounts) {
      std::vector<T> x;
      for (size_t i = 0; i < 3 * rows; ++i) x.push_back(static_cast<T>(1 + static_cast<int>(i * 7 % 11)));
      each_program<T>(writer, x, [&](const std::vector<T>& y, const std::vector<T>& expected) {
        for (size_t i = 0; i < y.size(); ++i) {
          CHECK(static_cast<double>(y[i]) ==
                doctest::Approx(static_cast<double>(expected[i])).epsilon(sizeof(T) == 4 ? 1e-4 : 1e-10));
        }
      });
    }
  }
}

TEST_CASE_TEMPLATE("non-negative coordinates are those of the reference", T, float, double) {
  PlanWriter writer(3);
  writer.non_negative(0, {4, 1, 0.5, 1, 3, 1, 0.5, 1, 2}, 0, 200);
  for (const size_t rows : kRowCounts) {
    std::vector<T> x;
    for (size_t i = 0; i < 3 * rows; ++i) x.push_back(static_cast<T>(static_cast<int>(i * 7 % 11) - 4));
    each_program<T>(writer, x, [&](const std::vector<T>& y, const std::vector<T>& expected) {
      for (size_t i = 0; i < y.size(); ++i) {
        CHECK(y[i] >= 0);
        CHECK(std::fabs(static_cast<double>(y[i]) - static_cast<double>(expected[i])) <
              64 * static_cast<double>(std::numeric_limits<T>::epsilon()));
      }
    });
  }
}

TEST_CASE_TEMPLATE("draws are uniform, and belong to the row and the seed", T, float, double) {
  PlanWriter first(2), second(2);
  first.draw(0, 1);
  second.draw(0, -2);
  const auto program = prepare_cpu<T>(first.decode(), kernels());
  constexpr size_t kRows = 4096;
  std::vector<T> x;
  for (size_t i = 0; i < kRows; ++i) x.insert(x.end(), {static_cast<T>(i), T(-1)});
  const std::vector<T> y = run(*program, x);
  double sum = 0, squares = 0;
  for (size_t i = 0; i < kRows; ++i) {
    CHECK(y[i] > 0);
    CHECK(y[i] < 1);
    sum += static_cast<double>(y[i]);
    squares += static_cast<double>(y[i]) * static_cast<double>(y[i]);
  }
  CHECK(std::fabs(sum / kRows - 0.5) < 0.02);
  CHECK(std::fabs(squares / kRows - 1.0 / 3) < 0.02);
  CHECK(run(*program, {x[14], x[15]}) == std::vector<T>{y[7]});
  CHECK(run(*program, {T(0), T(-1), T(-0.0), T(-1)}) == std::vector<T>{y[0], y[0]});
  CHECK(run(*prepare_cpu<T>(second.decode(), kernels()), {x[14], x[15]})[0] != y[7]);
  const T nan = std::numeric_limits<T>::quiet_NaN();
  const std::vector<T> missing = run(*program, {nan, T(1), -nan, T(1)});
  CHECK(missing[0] == missing[1]);
}

}  // namespace
}  // namespace test
}  // namespace boreal
