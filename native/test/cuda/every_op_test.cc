// Every op of a plan on every device: each instruction set that this CPU runs, and each GPU, beside the
// newest set. Shapes and numbers are drawn anew for each seed. An op that has no case fails the test.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "device/cuda_program.h"
#include "test/cuda/devices.h"
#include "test/cuda/op_cases.h"
#include "test/program_support.h"

namespace boreal {
namespace test {
namespace {

// By instruction sets fused multiply-adds and functions have other last bits.
constexpr double kClose = 2e-5;

Floats rows_of(Rng& rng, Rows kind, size_t rows, size_t width) {
  if (kind != Rows::kSmallWhole) {
    return random_rows<float>(rng, rows, width, kind == Rows::kWithMissing ? 5 : 0);
  }
  Floats x(rows * width);
  for (float& value : x) value = static_cast<float>(rng.below(4));
  return x;
}

void check_values(const Floats& y, const Floats& expected, double tolerance) {
  REQUIRE(y.size() == expected.size());
  size_t wrong = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    const double allowed = tolerance * std::max(1.0, std::fabs(double(expected[i])));
    const bool close = same_bits(y[i], expected[i]) || y[i] == expected[i] ||
                       (tolerance > 0 && std::fabs(double(y[i]) - double(expected[i])) <= allowed);
    if (!close && wrong++ == 0) {
      CAPTURE(i);
      CHECK(y[i] == expected[i]);
    }
  }
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("every op has a case") {
  std::set<size_t> kinds;
  for (const OpCase& each : op_cases()) {
    Rng rng(1);
    const PlanWriter writer = each.write(rng);
    for (const Op& op : writer.decode().ops) kinds.insert(op.kind.index());
  }
  for (size_t kind = 0; kind < std::variant_size_v<OpKind>; ++kind) {
    CAPTURE(kind);  // of OpKind in plan/op.h
    CHECK(kinds.count(kind) == 1);
  }
}

TEST_CASE("every op on every device") {
  for (const OpCase& each : op_cases()) {
    for (uint64_t seed = 1; seed <= 4; ++seed) {
      CAPTURE(std::string(each.name));
      CAPTURE(seed);
      Rng rng(seed);
      const PlanWriter writer = each.write(rng);
      const Plan plan = writer.decode();
      for (const size_t rows : {size_t{1}, size_t{40}}) {
        CAPTURE(rows);
        const Floats x = rows_of(rng, each.rows, rows, plan.input_width);
        const std::vector<const Kernels*>& tables = available_kernels();
        const Floats expected = run(*prepare_cpu<float>(plan, *tables.back()), x);
        for (size_t isa = 0; isa + 1 < tables.size(); ++isa) {
          CAPTURE(isa);
          check_values(run(*prepare_cpu<float>(plan, *tables[isa]), x), expected,
                       std::max(each.tolerance, kClose));
        }
        each_device([&](const CudaLibrary& library, int32_t device) {
          if (device > 0) return;
          const auto program = prepare_cuda(plan, library, device);
          const Floats y = run(*program, x);
          check_values(y, expected, each.tolerance);
          // A row's bits do not depend on its batch.
          const size_t width = plan.input_width, last = rows - 1;
          const Floats alone = run(*program, Floats(x.begin() + static_cast<long>(last * width), x.end()));
          CHECK(same(alone, Floats(y.end() - static_cast<long>(alone.size()), y.end())));
        });
      }
    }
  }
}

TEST_CASE("neighbours among several chunks of points, and long lists") {
  for (const int32_t neighbors : {7, 300, 0}) {
    CAPTURE(neighbors);
    Rng rng(5);
    PlanWriter writer(2);
    const int32_t rows = 9000;
    std::vector<int32_t> classes;
    for (int32_t i = 0; i < rows; ++i) classes.push_back(i % 3);
    writer.neighbors(0, {0, 1, 30, neighbors, 0, 1, 3}, grid_points(rng, 2 * rows), {2, 0.6}, classes, {});
    const Plan plan = writer.decode();
    const Floats x = random_rows<float>(rng, 4, 2);
    const Floats expected = run(*prepare_cpu<float>(plan, kernels()), x);
    each_device([&](const CudaLibrary& library, int32_t device) {
      if (device == 0) check_values(run(*prepare_cuda(plan, library, device), x), expected, 0);
    });
  }
}

TEST_CASE("what a step refuses has the CPU's code") {
  const auto refused = [](const Plan& plan, const Floats& x, const std::string& code) {
    CHECK(error_code([&] { run(*prepare_cpu<float>(plan, kernels()), x); }) == code);
    each_device([&](const CudaLibrary& library, int32_t device) {
      CHECK(error_code([&] { run(*prepare_cuda(plan, library, device), x); }) == code);
    });
  };
  PlanWriter interpolate(1);
  interpolate.interpolate(0, Outside::kReject, {0, 3}, {-1, 0, 1}, {3, 1, 2});
  refused(interpolate.decode(), {0, 0.5f, 1.5f}, "ERR_OUT_OF_RANGE");
  PlanWriter divergence(1);
  divergence.divergence(0, {0.5}, {0, 0, 0, 0}, 1, 5);
  refused(divergence.decode(), {1, 0, 1}, "ERR_OUT_OF_RANGE");
  PlanWriter given(2);
  given.neighbors(0, {5, 1, 30, 1, 3, 0, 1}, {}, {2, 1}, {}, {});
  refused(given.decode(), {1, 0, 1, -1}, "ERR_INPUT_NEGATIVE");
  const PlanWriter embedding = layer_plan(1, 2, {8, 6, 1, 4, 2, 1, 0, 0}, Floats(8, 0.5f));
  refused(embedding.decode(), {3, 4}, "ERR_PARAMETER");
  refused(embedding.decode(), {1, 0.5f}, "ERR_PARAMETER");
}

}  // namespace test
}  // namespace boreal
