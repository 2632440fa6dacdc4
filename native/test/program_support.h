// Shared by the tests of programs: random rows, running, and comparing with the reference.
#pragma once

#include <doctest/doctest.h>

#include <limits>
#include <memory>
#include <vector>

#include "base/rng.h"
#include "device/cpu_program.h"
#include "kernels/dispatch.h"
#include "test/error_code.h"
#include "test/plan_reference.h"
#include "test/tolerance.h"

namespace boreal {
namespace test {

// Values around zero; about one in `nan_every` is NaN (0: none).
template <typename T>
std::vector<T> random_rows(Rng& rng, size_t rows, size_t cols, uint32_t nan_every = 0) {
  std::vector<T> x(rows * cols);
  for (T& value : x) {
    value = static_cast<T>(rng.uniform() * 4 - 2);
    if (nan_every != 0 && rng.below(nan_every) == 0) value = std::numeric_limits<T>::quiet_NaN();
  }
  return x;
}

template <typename T>
std::vector<T> run(const Program<T>& program, const std::vector<T>& x, size_t threads = 1) {
  const size_t rows = x.size() / program.input_width();
  // Filled with a value that no op writes, so that an unwritten element shows.
  std::vector<T> out(rows * program.output_width(), T(-12345));
  program.run(x.data(), rows, out.data(), threads, nullptr);
  return out;
}

template <typename T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!same_bits(a[i], b[i])) return false;
  }
  return true;
}

template <typename T>
std::vector<T> reference(const Plan& plan, const std::vector<T>& x) {
  std::vector<T> y;
  for (size_t i = 0; i < x.size(); i += plan.input_width) {
    const std::vector<T> row = RowReference<T>::run(plan, &x[i]);
    y.insert(y.end(), row.begin(), row.end());
  }
  return y;
}

}  // namespace test
}  // namespace boreal
