// The kernels of sparse rows against plain loops on every ISA.
#include <doctest/doctest.h>

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

}  // namespace
}  // namespace test
}  // namespace boreal
