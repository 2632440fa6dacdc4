// The kernels of sparse rows against plain loops on every ISA.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/rng.h"
#include "kernels/dispatch.h"
#include "kernels/dispatch_sparse.h"

namespace boreal {
namespace test {
namespace {

TEST_CASE("sums of scattered rows") {
  constexpr size_t kRows = 50, kWidest = 75;
  Rng rng(7);
  std::vector<double> b(kRows * (kWidest + 1));
  for (double& value : b) value = rng.uniform() - 0.5;
  for (const Kernels* isa : available_kernels()) {
    INFO(isa->name);
    for (size_t cols = 1; cols <= kWidest; ++cols) {
      for (const size_t count : {size_t{0}, size_t{1}, size_t{7}, size_t{30}}) {
        CAPTURE(cols);
        CAPTURE(count);
        std::vector<int32_t> columns;
        std::vector<double> x;
        for (size_t k = 0; k < count; ++k) {
          columns.push_back(static_cast<int32_t>(rng.below(kRows)));
          x.push_back(rng.uniform() - 0.5);
        }
        // One more, which nothing may touch.
        std::vector<double> y(cols + 1, 3);
        sparse_kernels(*isa).add_rows(b.data(), kWidest + 1, columns.data(), x.data(), count, cols, y.data());
        CHECK(y[cols] == 3);
        for (size_t j = 0; j < cols; ++j) {
          double sum = 3;
          for (size_t k = 0; k < count; ++k)
            sum = std::fma(x[k], b[static_cast<size_t>(columns[k]) * (kWidest + 1) + j], sum);
          CHECK(std::fabs(y[j] - sum) <= 1e-14);
        }
      }
    }
  }
}

// Steps of single coefficients, each of which moves at every step.
struct EagerSaga {
  std::vector<double> w, mean;
  void step(double change, size_t j, double share, double eta, double shrink, double l1) {
    const double free = w[j] * shrink - eta * (change + mean[j]);
    w[j] = free - std::min(std::max(free, -eta * l1), eta * l1);
    mean[j] += share * change;
  }
};

TEST_CASE("steps of SAGA that are caught up with are those taken one by one") {
  constexpr size_t kCols = 9;
  constexpr uint32_t kSteps = 60;
  constexpr double kEta = 0.3, kShrink = 0.97, kShare = 0.1;
  std::vector<double> powers{1, 0};
  for (size_t k = 0; k < kSteps; ++k) {
    const double power = powers[2 * k], sum = powers[2 * k + 1];
    powers.insert(powers.end(), {power * kShrink, sum + power});
  }
  for (const Kernels* isa : available_kernels()) {
    const SparseKernels& sparse = sparse_kernels(*isa);
    for (const size_t width : {size_t{1}, size_t{4}, size_t{8}, size_t{12}}) {
      for (const double l1 : {0.0, 0.2}) {
        CAPTURE(isa->name);
        CAPTURE(width);
        CAPTURE(l1);
        Rng rng(3);
        std::vector<double> columns(kCols * 2 * width);
        EagerSaga eager{std::vector<double>(kCols * width), std::vector<double>(kCols * width)};
        for (size_t j = 0; j < kCols; ++j) {
          for (size_t c = 0; c < width; ++c) {
            columns[j * 2 * width + c] = eager.w[j * width + c] = rng.uniform() - 0.5;
            columns[(j * 2 + 1) * width + c] = eager.mean[j * width + c] = rng.uniform() - 0.5;
          }
        }
        std::vector<uint32_t> seen(kCols, 0);
        const SagaColumns of{columns.data(), seen.data(), width};
        const SagaRates rates{powers.data(), kEta, kShrink, l1, kShare};
        for (uint32_t time = 0; time < kSteps; ++time) {
          std::vector<double> row(kCols, 0.0), x, changes;
          std::vector<int32_t> named;
          for (size_t j = 0; j < kCols; ++j) {
            if (rng.below(8) > 1) continue;
            named.push_back(static_cast<int32_t>(j));
            x.push_back(row[j] = rng.uniform() - 0.5);
          }
          for (size_t c = 0; c < width; ++c) changes.push_back(rng.uniform() - 0.5);
          sparse.saga_catch_up(of, rates, named.data(), named.size(), time);
          sparse.saga_step(of, rates, named.data(), x.data(), named.size(), time, changes.data());
          for (size_t j = 0; j < kCols * width; ++j)
            eager.step(changes[j % width] * row[j / width], j, kShare, kEta, kShrink, l1);
        }
        sparse.saga_settle(of, rates, kCols, kSteps);
        for (size_t j = 0; j < kCols; ++j) {
          CHECK(seen[j] == 0);
          for (size_t c = 0; c < width; ++c) {
            CHECK(std::fabs(columns[j * 2 * width + c] - eager.w[j * width + c]) <= 1e-12);
            CHECK(std::fabs(columns[(j * 2 + 1) * width + c] - eager.mean[j * width + c]) <= 1e-12);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace test
}  // namespace boreal
