// Every op that has a kernel, on every device, against the row-by-row reference and against the CPU.
#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "device/cuda_program.h"
#include "test/cuda/devices.h"
#include "test/plan_writer.h"
#include "test/program_support.h"

namespace boreal {
namespace test {
namespace {

const double kNan = std::numeric_limits<double>::quiet_NaN();

// Shapes that fill tiles, groups of lanes and passes, miss them by one, and are tiny.
const size_t kRowCounts[] = {1, 2, 17, 65, 300};

std::vector<double> random_values(Rng& rng, size_t count) {
  std::vector<double> values(count);
  for (double& value : values) value = static_cast<float>(rng.uniform() * 2 - 1);
  return values;
}

std::unique_ptr<Program<float>> prepare_on(const Plan& plan, const CudaLibrary& library, int32_t device) {
  return prepare_cuda(plan, library, device);
}

// bound(value of the reference): the largest error; null: equal bits.
void compare(const Plan& plan, const std::vector<float>& x, const std::function<double(double)>& bound) {
  const std::vector<float> expected = reference<float>(plan, x);
  each_device([&](const CudaLibrary& library, int32_t device) {
    const auto program = prepare_on(plan, library, device);
    const std::vector<float> y = run(*program, x);
    REQUIRE(y.size() == expected.size());
    size_t wrong = 0;
    for (size_t i = 0; i < y.size(); ++i) {
      const bool same = same_bits(y[i], expected[i]) ||
                        (bound && std::fabs(double(y[i]) - expected[i]) <= bound(expected[i]));
      if (!same && wrong++ == 0) {
        CAPTURE(i);
        CAPTURE(device);
        CHECK(y[i] == expected[i]);
      }
    }
    CHECK(wrong == 0);
  });
}

// Runs the plan that `write` writes over `width` columns on all row counts.
void check_plan(size_t width, uint32_t nan_every, const std::function<double(double)>& bound,
                const std::function<void(PlanWriter&, Rng&)>& write) {
  Rng rng(width * 7919 + nan_every);
  PlanWriter writer(static_cast<int32_t>(width));
  write(writer, rng);
  const Plan plan = writer.decode();
  for (const size_t rows : kRowCounts) {
    CAPTURE(width);
    CAPTURE(rows);
    compare(plan, random_rows<float>(rng, rows, width, nan_every), bound);
  }
}

double relative(double ulps, double value) { return ulps * 6e-8 * std::fabs(value) + 1e-37; }

}  // namespace

TEST_CASE("columns: gather, concat, impute, affine") {
  for (const size_t width : {1u, 5u, 33u}) {
    check_plan(width, 5, nullptr, [&](PlanWriter& plan, Rng& rng) {
      const int32_t w = static_cast<int32_t>(width);
      const int32_t gathered = plan.gather(0, {w - 1, 0, w / 2});
      const int32_t filled = plan.impute(0, random_values(rng, width));
      std::vector<double> scale = random_values(rng, width);
      for (double& value : scale) value = static_cast<float>(value + 2);
      const int32_t scaled = plan.affine(filled, random_values(rng, width), scale);
      plan.concat({gathered, scaled, 0});
    });
  }
}

TEST_CASE("columns: category, one-hot, lookup") {
  PlanWriter writer(2);
  const int32_t codes = writer.category(0, {0, 3, 6}, {-1, 0.5, kNan, 0, 1, 7}, false);
  const int32_t hot = writer.one_hot(codes, {3, 4}, {1, -1});
  const int32_t looked = writer.lookup(codes, {0, 3, 5}, {5, 6, 7, 8, 9}, {-1, kNan});
  writer.concat({codes, hot, looked});
  const Plan plan = writer.decode();
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = INFINITY;
  compare(plan, {-1, 0, 0.5f, 1, nan, 7, 0, nan, infinity, -infinity, -0.0f, -0.0f, 0.25f, 6.5f}, nullptr);
}

TEST_CASE("plans of checks alone, and of no columns") {
  check_plan(3, 0, nullptr, [](PlanWriter& plan, Rng&) { plan.check(0, FiniteRule::kFinite); });
  check_plan(3, 0, nullptr, [](PlanWriter& plan, Rng&) { plan.gather(0, {}); });
}

TEST_CASE("activations") {
  // The reference has these; kernels/functions.h gives the others, whose bounds the emulation's libm keeps.
  for (const Unary kind : {Unary::kIdentity, Unary::kRelu, Unary::kSigmoid, Unary::kTanh, Unary::kExp,
                           Unary::kSoftplus, Unary::kSquare, Unary::kSign, Unary::kAbs, Unary::kNegate,
                           Unary::kSqrt, Unary::kFloor, Unary::kLog}) {
    CAPTURE(static_cast<int>(kind));
    check_plan(
        7, 6, [](double value) { return relative(2 * kElementwiseUlps, value); },
        [&](PlanWriter& plan, Rng&) { plan.activation(0, kind); });
  }
}

TEST_CASE("activations: all of them as on the CPU") {
  std::vector<float> x = {0.0f,   -0.0f,   1,      -1,   0.5f,     -0.5f,     1.5f,  2.5f,   -2.5f,
                          1e-30f, -1e-30f, 88,     -88,  100,      -100,      0.25f, 0.999f, 1e-6f,
                          3,      7.25f,   -7.75f, 1e9f, INFINITY, -INFINITY, NAN};
  for (int kind = 0; kind < kUnaryCount; ++kind) {
    CAPTURE(kind);
    PlanWriter writer(1);
    writer.activation(0, static_cast<Unary>(kind));
    const Plan plan = writer.decode();
    const std::vector<float> expected = run(*prepare_cpu<float>(plan, kernels()), x);
    each_device([&](const CudaLibrary& library, int32_t device) {
      const std::vector<float> y = run(*prepare_cuda(plan, library, device), x);
      const double ulps = kind == static_cast<int>(Unary::kNormalQuantile) ? 16 : 2 * kElementwiseUlps;
      for (size_t i = 0; i < x.size(); ++i) {
        CAPTURE(x[i]);
        CAPTURE(y[i]);
        CAPTURE(expected[i]);
        CHECK(ulp_error(y[i], double(expected[i])) <= ulps);
        if (expected[i] == 0) CHECK(std::signbit(y[i]) == std::signbit(expected[i]));
      }
    });
  }
}

TEST_CASE("functions of two numbers, select, constants, folds") {
  for (int function = 0; function < kBinaryFunctionCount; ++function) {
    CAPTURE(function);
    check_plan(
        6, 7, [](double value) { return relative(kElementwiseUlps, value); },
        [&](PlanWriter& plan, Rng& rng) {
          const BinaryFunction f = static_cast<BinaryFunction>(function);
          const int32_t one = plan.gather(0, {2});
          const int32_t both = plan.binary(f, 0, plan.gather(0, {5, 4, 3, 2, 1, 0}));
          plan.concat({both, plan.binary(f, 0, random_values(rng, 6)), plan.binary(f, 0, one),
                       plan.binary(f, one, 0)});
        });
  }
  check_plan(4, 9, nullptr, [](PlanWriter& plan, Rng&) {
    const int32_t greater = plan.binary(BinaryFunction::kGreater, 0, {0, 0, 0, 0});
    plan.select(greater, 0, plan.constant_row(0, {1, 2, 3, 4}));
  });
  for (const size_t width : {1u, 3u, 8u, 20u, 70u}) {
    for (const Fold fold : {Fold::kMin, Fold::kMax, Fold::kMaxAbs}) {
      check_plan(width, 40, nullptr, [&](PlanWriter& plan, Rng&) { plan.reduce(0, fold); });
    }
    for (const Fold fold : {Fold::kSum, Fold::kSumAbs}) {
      check_plan(
          width, 0, [&](double) { return sum_bound<float>(width, 2.0 * double(width)); },
          [&](PlanWriter& plan, Rng&) { plan.reduce(0, fold); });
    }
    check_plan(
        width, 0, [&](double value) { return relative(2.0 * double(width), value); },
        [&](PlanWriter& plan, Rng&) { plan.reduce(0, Fold::kProduct); });
  }
}

TEST_CASE("softmax and argmax") {
  for (const size_t width : {1u, 2u, 3u, 10u, 31u, 33u, 100u}) {
    check_plan(
        width, 0, [&](double value) { return softmax_bound<float>(width, 4) * value; },
        [](PlanWriter& plan, Rng&) { plan.softmax(0); });
    check_plan(width, 11, nullptr, [](PlanWriter& plan, Rng&) { plan.argmax(0); });
  }
}

TEST_CASE("products: one chain of fused multiply-adds from the bias, whatever the shape") {
  const size_t shapes[][2] = {{1, 1}, {3, 5}, {8, 64}, {17, 65}, {130, 129}, {200, 7}};
  for (const auto& shape : shapes) {
    const size_t inputs = shape[0], outputs = shape[1];
    Rng rng(inputs * 131 + outputs);
    const std::vector<double> weights = random_values(rng, inputs * outputs);
    const std::vector<double> bias = random_values(rng, outputs);
    PlanWriter writer(static_cast<int32_t>(inputs));
    writer.dense(0, weights, bias);
    const Plan plan = writer.decode();
    for (const size_t rows : kRowCounts) {
      const std::vector<float> x = random_rows<float>(rng, rows, inputs);
      std::vector<float> expected;
      for (size_t i = 0; i < rows; ++i) {
        for (size_t j = 0; j < outputs; ++j) {
          float sum = static_cast<float>(bias[j]);
          for (size_t k = 0; k < inputs; ++k) {
            sum = std::fma(x[i * inputs + k], static_cast<float>(weights[k * outputs + j]), sum);
          }
          expected.push_back(sum);
        }
      }
      each_device([&](const CudaLibrary& library, int32_t device) {
        CHECK(same(run(*prepare_cuda(plan, library, device), x), expected));
      });
    }
  }
}

// The first device gives these rows of a batch the bits that they have alone.
void check_rows_alone(const Plan& plan, Rng& rng, size_t count, const std::vector<size_t>& rows) {
  const size_t inputs = plan.input_width, outputs = plan.output_width();
  const std::vector<float> x = random_rows<float>(rng, count, inputs);
  each_device([&](const CudaLibrary& library, int32_t device) {
    if (device > 0) return;
    const auto program = prepare_cuda(plan, library, device);
    const std::vector<float> all = run(*program, x);
    for (const size_t row : rows) {
      const std::vector<float> one(x.begin() + static_cast<long>(row * inputs),
                                   x.begin() + static_cast<long>((row + 1) * inputs));
      const std::vector<float> y = run(*program, one);
      CHECK(std::equal(y.begin(), y.end(), all.begin() + static_cast<long>(row * outputs)));
    }
  });
}

TEST_CASE("the large tile of products gives the bits of few rows") {
  // 2048 x 1024 fills the 128 tiles from which it is chosen; groups of four columns fit the first shape only.
  // Both go round the two stages, and end within one.
  const size_t shapes[][2] = {{36, 1024}, {37, 1021}};
  for (const auto& shape : shapes) {
    const size_t inputs = shape[0], outputs = shape[1], rows = 2050;
    Rng rng(5);
    PlanWriter writer(static_cast<int32_t>(inputs));
    writer.dense(0, random_values(rng, inputs * outputs), random_values(rng, outputs));
    check_rows_alone(writer.decode(), rng, rows, {0, 127, 128, 1000, rows - 1});
  }
}

TEST_CASE("the large tile of distances gives the bits of few rows") {
  // 65 x 2 tiles, which are enough; groups of four columns and k, beyond one stage.
  const size_t inputs = 20, outputs = 132, rows = 8197;
  Rng rng(6);
  PlanWriter writer(inputs);
  writer.distance(0, Metric::kSquaredEuclidean, outputs, random_values(rng, outputs * inputs));
  check_rows_alone(writer.decode(), rng, rows, {0, 127, 128, 5000, rows - 1});
}

TEST_CASE("perceptrons: fused layers have the bits of layer after layer") {
  const std::vector<std::vector<size_t>> networks = {
      {3, 4, 2}, {16, 128, 128, 10}, {128, 33, 1}, {1, 1, 1, 1}, {64, 61, 64}};
  for (const std::vector<size_t>& widths : networks) {
    Rng rng(widths.size() * 31 + widths[1]);
    PlanWriter fused(static_cast<int32_t>(widths[0])), apart(static_cast<int32_t>(widths[0]));
    int32_t a = 0, b = 0;
    for (size_t l = 1; l < widths.size(); ++l) {
      const std::vector<double> weights = random_values(rng, widths[l - 1] * widths[l]);
      const std::vector<double> bias = random_values(rng, widths[l]);
      const Unary f = l + 1 < widths.size() ? Unary::kRelu : Unary::kIdentity;
      a = fused.dense(a, weights, bias, f);
      b = apart.dense(b, weights, bias, f);
      // A second reader keeps the layers apart.
      if (l + 1 < widths.size()) b = apart.binary(BinaryFunction::kMin, b, b);
    }
    const Plan one = fused.decode(), many = apart.decode();
    for (const size_t rows : kRowCounts) {
      const std::vector<float> x = random_rows<float>(rng, rows, widths[0]);
      each_device([&](const CudaLibrary& library, int32_t device) {
        const auto program = prepare_cuda(one, library, device);
        CHECK(program->explain().find("Mlp") != std::string::npos);
        CHECK(same(run(*program, x), run(*prepare_cuda(many, library, device), x)));
      });
    }
  }
}

TEST_CASE("distances and kernel expansions") {
  for (const size_t width : {1u, 9u, 40u}) {
    for (const Metric metric : {Metric::kEuclidean, Metric::kSquaredEuclidean, Metric::kManhattan}) {
      check_plan(
          width, 0, [&](double value) { return distance_bound<float>(width, value); },
          [&](PlanWriter& plan, Rng& rng) { plan.distance(0, metric, 70, random_values(rng, 70 * width)); });
    }
    for (int function = 0; function < kKernelFunctionCount; ++function) {
      CAPTURE(function);
      check_plan(
          width, 0, [&](double value) { return 1e-4 * (1 + std::fabs(value)); },
          [&](PlanWriter& plan, Rng& rng) {
            plan.expansion(0, static_cast<KernelFunction>(function), 2, {0.5 / double(width), 0.25, 3},
                           random_values(rng, 20 * width), random_values(rng, 20 * 2), {0.5, -1});
          });
    }
  }
}

TEST_CASE("whole plans: preprocessing, a network and its classes") {
  check_plan(
      6, 8, [](double) { return 1e-4; },
      [](PlanWriter& plan, Rng& rng) {
        const int32_t checked = plan.check(0, FiniteRule::kFiniteOrNan);
        const int32_t filled = plan.impute(checked, random_values(rng, 6));
        const int32_t hidden =
            plan.dense(filled, random_values(rng, 6 * 300), random_values(rng, 300), Unary::kTanh);
        plan.softmax(plan.dense(hidden, random_values(rng, 300 * 4), random_values(rng, 4)));
      });
}

}  // namespace test
}  // namespace boreal
