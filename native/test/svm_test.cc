// The passes of sequential minimal optimisation against plain loops on every ISA, and the solver's optimum by
// the conditions of optimality.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "base/rng.h"
#include "kernels/dispatch.h"
#include "kernels/dispatch_svm.h"
#include "test/emulation.h"
#include "train/svm_solver.h"

namespace boreal {
namespace test {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST_CASE("passes have the bits of plain loops, and the first of equal candidates wins") {
  Rng rng(31);
  for (const Kernels* isa : available_kernels()) {
    INFO(isa->name);
    for (const size_t n : {size_t{0}, size_t{1}, size_t{7}, size_t{8}, size_t{37}, size_t{200}}) {
      CAPTURE(n);
      std::vector<float> p(n), q(n);
      std::vector<double> f(n), up(n), low(n), diagonal(n);
      for (size_t k = 0; k < n; ++k) {
        // Few values, so that candidates tie.
        p[k] = static_cast<float>(rng.below(3)) / 4;
        q[k] = static_cast<float>(rng.below(3)) / 4;
        f[k] = static_cast<double>(rng.below(5)) / 2 - 1;
        up[k] = rng.below(3) == 0 ? kInfinity : 0;
        low[k] = rng.below(3) == 0 ? -kInfinity : 0;
        diagonal[k] = 1;
      }
      SvmPartner partner{-kInfinity, {0, 0}};
      for (size_t k = 0; k < n; ++k) {
        const double value = f[k] + low[k], gap = value + 0.5;
        partner.most = std::max(partner.most, value);
        const double curve = std::max(1.0 + 1.0 - (static_cast<double>(p[k]) + p[k]), 1e-12);
        const double gain = gap > 0 ? gap * gap / curve : 0;
        if (gain > partner.best.value) partner.best = {gain, k};
      }
      const SvmPartner found =
          svm_kernels(*isa).choose(f.data(), p.data(), diagonal.data(), low.data(), -0.5, 1.0, 1e-12, n);
      CHECK(found.most == partner.most);
      CHECK(found.best.value == partner.best.value);
      CHECK(found.best.index == partner.best.index);

      std::vector<double> moved = f;
      SvmCandidate least{kInfinity, 0};
      for (size_t k = 0; k < n; ++k) {
        moved[k] += 0.5 * (static_cast<double>(p[k]) - static_cast<double>(q[k]));
        if (moved[k] + up[k] < least.value) least = {moved[k] + up[k], k};
      }
      const SvmCandidate first = svm_kernels(*isa).advance(f.data(), p.data(), q.data(), 0.5, up.data(), n);
      CHECK(f == moved);
      CHECK(first.value == least.value);
      CHECK(first.index == least.index);
    }
  }
}

TEST_CASE("squared hinge losses along a column are those of a plain loop on every ISA") {
  Rng rng(32);
  for (const Kernels* isa : available_kernels()) {
    INFO(isa->name);
    for (const size_t n : {size_t{0}, size_t{1}, size_t{7}, size_t{8}, size_t{37}, size_t{200}}) {
      CAPTURE(n);
      std::vector<double> v(n), m(n);
      // Numbers whose sums are exact.
      for (double& value : v) value = static_cast<double>(rng.below(9)) / 4 - 1;
      for (double& value : m) value = static_cast<double>(rng.below(9)) / 4 - 1;
      SvmHinge expected{0, 0, 0};
      double moved_loss = 0;
      std::vector<double> moved(n);
      for (size_t k = 0; k < n; ++k) {
        moved[k] = m[k] + 0.5 * v[k];
        moved_loss += moved[k] > 0 ? moved[k] * moved[k] : 0;
        if (m[k] <= 0) continue;
        expected.loss += m[k] * m[k];
        expected.slope -= v[k] * m[k];
        expected.curvature += v[k] * v[k];
      }
      const SvmHinge found = svm_kernels(*isa).hinge(v.data(), m.data(), n);
      CHECK(found.loss == expected.loss);
      CHECK(found.slope == expected.slope);
      CHECK(found.curvature == expected.curvature);
      CHECK(svm_kernels(*isa).move_hinge(m.data(), v.data(), 0.5, n) == moved_loss);
      CHECK(m == moved);
    }
  }
}

void check_optimal(const KernelColumns& columns, const SvmProblem& problem, const SvmSolution& solution,
                   double tolerance) {
  const size_t n = columns.size();
  double balance = 0, least = kInfinity, most = -kInfinity;
  std::vector<float> column(n);
  std::vector<double> gradient(n);
  for (size_t i = 0; i < n; ++i) gradient[i] = -problem.y[i];
  for (size_t j = 0; j < n; ++j) {
    if (solution.alpha[j] == 0) continue;
    columns.fill(j, 0, n, column.data());
    for (size_t i = 0; i < n; ++i) gradient[i] += problem.y[j] * solution.alpha[j] * column[i];
  }
  for (size_t i = 0; i < n; ++i) {
    balance += problem.y[i] * solution.alpha[i];
    CHECK(solution.alpha[i] >= 0);
    CHECK(solution.alpha[i] <= problem.c[i]);
    const bool can_rise = problem.y[i] > 0 ? solution.alpha[i] < problem.c[i] : solution.alpha[i] > 0;
    const bool can_fall = problem.y[i] > 0 ? solution.alpha[i] > 0 : solution.alpha[i] < problem.c[i];
    if (can_rise) least = std::min(least, gradient[i]);
    if (can_fall) most = std::max(most, gradient[i]);
  }
  CHECK(std::fabs(balance) < 1e-9);
  CHECK(most - least < 2 * tolerance);
  CHECK(solution.rho >= least - tolerance);
  CHECK(solution.rho <= most + tolerance);
}

TEST_CASE("a solution meets the conditions of optimality, whatever the cache and the kernel") {
  Rng rng(32);
  const size_t n = 150, d = 4;
  std::vector<double> x(n * d);
  for (double& value : x) value = rng.uniform() * 2 - 1;
  SvmProblem problem;
  for (size_t i = 0; i < n; ++i) {
    problem.y.push_back(x[i * d] + x[i * d + 1] + rng.uniform() - 0.5 > 0 ? 1 : -1);
    problem.p.push_back(-1);
    problem.c.push_back(i % 10 == 0 ? 0 : 2);
  }
  std::vector<int32_t> rows(n);
  std::iota(rows.begin(), rows.end(), 0);
  for (int32_t f = 0; f < kKernelFunctionCount - 1; ++f) {
    SvmKernel kernel;
    kernel.function = static_cast<KernelFunction>(f);
    kernel.gamma = 0.5;
    const KernelColumns columns(kernel, dense_view<const double>(x.data(), n, d), rows);
    SvmOptions options;
    options.tolerance = 1e-5;
    const SvmSolution solution = solve_svm(columns, problem, options);
    CHECK(solution.converged);
    options.cache_bytes = 0;  // two rows, always
    CHECK(solve_svm(columns, problem, options).alpha == solution.alpha);
    check_optimal(columns, problem, solution, options.tolerance);
  }
}

TEST_CASE("what is left out for a while comes back, with the bits of any cache and number of threads") {
  Rng rng(33);
  const size_t n = emulated() ? 4500 : 7000, d = 3;
  std::vector<double> x(n * d);
  for (double& value : x) value = rng.uniform() * 2 - 1;
  SvmProblem problem;
  for (size_t i = 0; i < n; ++i) {
    problem.y.push_back(x[i * d] + x[i * d + 1] * x[i * d + 2] + 0.1 * (rng.uniform() - 0.5) > 0 ? 1 : -1);
    problem.p.push_back(-1);
    problem.c.push_back(1000);
  }
  std::vector<int32_t> rows(n);
  std::iota(rows.begin(), rows.end(), 0);
  SvmKernel kernel;
  kernel.function = KernelFunction::kRbf;
  kernel.gamma = 0.5;
  const KernelColumns columns(kernel, dense_view<const double>(x.data(), n, d), rows);
  SvmOptions options;
  const SvmSolution solution = solve_svm(columns, problem, options);
  CHECK(solution.converged);
  check_optimal(columns, problem, solution, options.tolerance);
  options.max_threads = 1;
  options.cache_bytes = size_t{1} << 20;
  CHECK(solve_svm(columns, problem, options).alpha == solution.alpha);
  options.shrinking = false;
  const SvmSolution whole = solve_svm(columns, problem, options);
  CHECK(whole.alpha != solution.alpha);  // or nothing was left out
  check_optimal(columns, problem, whole, options.tolerance);
  options.shrinking = true;
  options.max_iterations = solution.iterations - 5;  // the end comes while some are left out
  const SvmSolution early = solve_svm(columns, problem, options);
  CHECK_FALSE(early.converged);
  check_optimal(columns, problem, early, 100 * options.tolerance);
}

}  // namespace
}  // namespace test
}  // namespace boreal
