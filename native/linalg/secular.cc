// Each root is found on its own, by Li's "middle way" (LAPACK working note 89): the sums over the poles on
// either side of the root are each replaced by one pole that matches their value and slope, which leads to a
// quadratic equation. A bracket guards every step; it is halved where the step leaves it.
#include "linalg/secular.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/partition.h"
#include "base/thread_pool.h"

namespace boreal {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr int kMaxSteps = 100;     // three to six are usual; halving alone needs about 60
constexpr int kTrustedSteps = 12;  // from then on every other step halves the bracket
constexpr size_t kRootsPerTask = 16;
constexpr size_t kPolesPerTask = 128;

class Equation {
 public:
  Equation(Poles poles, const std::vector<double>& d, const std::vector<double>& z2, double rho)
      : poles_(poles),
        d_(d),
        z2_(z2),
        k_(d.size()),
        inverse_rho_(1 / rho),
        reach_(rho * std::accumulate(z2.begin(), z2.end(), 0.0)) {}

  // delta [k] receives p[j] - x.
  Root solve(size_t r, double* delta) const {
    const bool last = r + 1 == k_;
    Root root{r, 0};
    differences(r, delta);
    if (k_ == 1) {
      root.shift = reach_;
    } else {
      double low = 0, high = last ? reach_ : delta[r + 1];
      const double mid = high / 2;
      // The two poles whose terms are kept as they are; the rest of the sum is taken as constant.
      const size_t a = last ? r - 1 : r, b = a + 1;
      const Value at_mid = evaluate(b, delta, mid);
      double rest = at_mid.f - z2_[a] / (delta[a] - mid) - z2_[b] / (delta[b] - mid);
      if (last) {
        (at_mid.f < 0 ? low : high) = mid;
      } else if (at_mid.f >= 0) {
        high = mid;
      } else {
        root.origin = b;
        differences(b, delta);
        low = -mid;
        high = 0;
      }
      const double start = two_pole_root(rest, z2_[a], z2_[b], delta[a], delta[b], low, high);
      root.shift = iterate(b, delta, start, low, high);
    }
    for (size_t j = 0; j < k_; ++j) delta[j] -= root.shift;
    return root;
  }

 private:
  struct Value {
    double f, before, after, tolerance;  // f and, as slopes, the sums over poles before and from `split` on
  };

  void differences(size_t origin, double* delta) const {
    vector_kernels().pole_differences(poles_, d_.data(), d_[origin], delta, k_);
  }

  Value evaluate(size_t split, const double* delta, double x) const {
    const VectorKernels& kernels = vector_kernels();
    const SecularSums a = kernels.secular_sums(delta, z2_.data(), x, split);
    const SecularSums b = kernels.secular_sums(delta + split, z2_.data() + split, x, k_ - split);
    const double tolerance = kEpsilon * (8 * (std::fabs(a.value) + std::fabs(b.value)) + inverse_rho_ +
                                         std::fabs(x) * (a.slope + b.slope));
    return {inverse_rho_ + a.value + b.value, a.slope, b.slope, tolerance};
  }

  static double inside(double x, double low, double high) {
    return x > low && x < high ? x : low + (high - low) / 2;
  }

  // The root in (low, high) of rest + za / (da - x) + zb / (db - x) = 0, one of da and db being 0.
  static double two_pole_root(double rest, double za, double zb, double da, double db, double low,
                              double high) {
    // rest x^2 - p x + q = 0
    const double p = rest * (da + db) + za + zb, q = rest * da * db + za * db + zb * da;
    const double disc = std::sqrt(std::max(0.0, p * p - 4 * rest * q));
    const double large = p >= 0 ? p + disc : p - disc;  // twice rest times the root of larger magnitude
    const double first = large / (2 * rest), second = 2 * q / large;
    return first > low && first < high ? first : inside(second, low, high);
  }

  double iterate(size_t split, const double* delta, double x, double low, double high) const {
    for (int step = 0; step < kMaxSteps; ++step) {
      const Value v = evaluate(split, delta, x);
      if (std::fabs(v.f) <= v.tolerance) break;
      (v.f < 0 ? low : high) = x;
      const double da = delta[split - 1] - x, db = delta[split] - x;
      // c s^2 - p s + q = 0 for the step s
      const double c = v.f - da * v.before - db * v.after;
      const double p = (da + db) * v.f - da * db * (v.before + v.after), q = da * db * v.f;
      const double disc = std::sqrt(std::max(0.0, p * p - 4 * c * q));
      // Between the poles exactly one root lies in reach; beyond the last it is the other one.
      const bool beyond = db < 0;
      double s;
      if (beyond) {
        s = p >= 0 ? (p + disc) / (2 * c) : 2 * q / (p - disc);
      } else {
        s = p <= 0 ? (p - disc) / (2 * c) : 2 * q / (p + disc);
      }
      if (!(v.f * s < 0)) s = -v.f / (v.before + v.after);
      double next = inside(x + s, low, high);
      if (step >= kTrustedSteps && step % 2 == 0) next = low + (high - low) / 2;
      if (next == x || !(next > low && next < high)) break;  // the bracket holds no other number
      x = next;
    }
    return x;
  }

  const Poles poles_;
  const std::vector<double>&d_, &z2_;
  const size_t k_;
  const double inverse_rho_, reach_;
};

double squared(size_t k) { return static_cast<double>(k) * static_cast<double>(k); }

}  // namespace

void solve_secular(Poles poles, const std::vector<double>& d, const std::vector<double>& z2, double rho,
                   Root* roots, Dense gaps, const RunOptions& run) {
  const size_t k = d.size();
  const Equation equation(poles, d, z2, rho);
  const Partition parts{k, kRootsPerTask};
  ThreadPool::instance().parallel_for(
      parts.count(),
      [&](size_t part, size_t) {
        check_cancel(run.cancel);
        for (size_t r = parts.begin(part); r < parts.end(part); ++r)
          roots[r] = equation.solve(r, gaps.row(r));
      },
      worth_threads(20 * squared(k), run));
}

// z_j^2 rho = prod_r (x_r - p_j) / prod_{r != j} (p_r - p_j) (Loewner). Each root is divided by the pole next
// to it on the side away from j, so that every factor is positive and near one.
std::vector<double> consistent_weights(Poles poles, const std::vector<double>& d, ConstDense gaps,
                                       const RunOptions& run) {
  const size_t k = d.size();
  std::vector<double> z(k, 1.0);
  const Partition parts{k, kPolesPerTask};
  const VectorKernels& kernels = vector_kernels();
  ThreadPool::instance().parallel_for(
      parts.count(),
      [&](size_t part, size_t) {
        const size_t begin = parts.begin(part), end = parts.end(part);
        double delta[kPolesPerTask];
        // Poles from..to of this part, over p_j - p_pole.
        const auto multiply_by = [&](size_t r, size_t pole, size_t from, size_t to) {
          if (from >= to) return;
          kernels.pole_differences(poles, d.data() + from, d[pole], delta, to - from);
          kernels.scale_by_ratio(gaps.row(r) + from, delta, z.data() + from, to - from);
        };
        for (size_t r = 0; r + 1 < k; ++r) {
          const size_t middle = std::min(std::max(r + 1, begin), end);
          multiply_by(r, r + 1, begin, middle);
          multiply_by(r, r, middle, end);
        }
        for (size_t j = begin; j < end; ++j) z[j] = std::sqrt(std::fabs(z[j] * gaps.at(k - 1, j)));
      },
      worth_threads(10 * squared(k), run));
  return z;
}

}  // namespace boreal
