// One-sided Jacobi (Hestenes 1958), on the rows of the triangular factor as Drmac & Veselic (2008) advise: it
// converges in a few sweeps there. In a sweep every two rows meet once. Groups of rows meet by the circle
// method of a round-robin tournament: the pairs of groups in one round share no row, so they run in parallel,
// and the order of every row's rotations, hence its bits, is the same at any thread count.
#include "train/row_jacobi.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include "base/partition.h"
#include "base/thread_pool.h"
#include "train/dot.h"

namespace boreal {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr size_t kMaxSweeps = 60;
constexpr size_t kRowsPerGroup = 16;  // two groups fit in the L2 cache up to a few thousand columns
constexpr size_t kParallelWork = size_t{1}
                                 << 21;  // multiplications of a sweep that are worth several threads

struct Products {
  double aa, bb, ab;
};

Products products(const double* __restrict a, const double* __restrict b, size_t cols) {
  double aa[kDotLanes] = {}, bb[kDotLanes] = {}, ab[kDotLanes] = {};
  size_t k = 0;
  for (; k + kDotLanes <= cols; k += kDotLanes) {
    for (size_t l = 0; l < kDotLanes; ++l) {
      aa[l] += a[k + l] * a[k + l];
      bb[l] += b[k + l] * b[k + l];
      ab[l] += a[k + l] * b[k + l];
    }
  }
  for (; k < cols; ++k) {
    aa[0] += a[k] * a[k];
    bb[0] += b[k] * b[k];
    ab[0] += a[k] * b[k];
  }
  return {sum_lanes(aa), sum_lanes(bb), sum_lanes(ab)};
}

void rotate(double* __restrict a, double* __restrict b, double c, double s, size_t cols) {
  for (size_t k = 0; k < cols; ++k) {
    const double x = a[k], y = b[k];
    a[k] = c * x - s * y;
    b[k] = s * x + c * y;
  }
}

// True if the pair had to be rotated.
bool orthogonalize_pair(MatrixView<double> a, size_t cols, size_t i, size_t j, double negligible) {
  const Products p = products(a.row(i), a.row(j), cols);
  if (p.aa <= negligible || p.bb <= negligible) return false;
  const double tolerance = kEpsilon * std::sqrt(static_cast<double>(cols));
  if (std::fabs(p.ab) <= tolerance * std::sqrt(p.aa) * std::sqrt(p.bb)) return false;
  // The smaller of the two angles that make the rows orthogonal (Golub & Van Loan, section 8.6.3).
  const double zeta = (p.bb - p.aa) / (2 * p.ab);
  const double t = std::copysign(1 / (std::fabs(zeta) + std::hypot(1.0, zeta)), zeta);
  const double c = 1 / std::hypot(1.0, t);
  rotate(a.row(i), a.row(j), c, c * t, a.cols);
  return true;
}

}  // namespace

void orthogonalize_rows(MatrixView<double> a, size_t cols, const CancelToken* cancel) {
  double largest = 0;
  for (size_t i = 0; i < a.rows; ++i) largest = std::max(largest, products(a.row(i), a.row(i), cols).aa);
  const double negligible = largest * kEpsilon * kEpsilon;
  const Partition groups{a.rows, kRowsPerGroup};
  const size_t players = groups.count();
  const size_t circle =
      players == 0 ? 0 : players - 1 + players % 2;  // positions; the last player is the centre
  const size_t max_threads = a.rows * a.rows * cols < kParallelWork ? 1 : 0;
  ThreadPool& pool = ThreadPool::instance();
  std::atomic<bool> rotated{true};
  const auto meet = [&](size_t i, size_t j) {
    if (orthogonalize_pair(a, cols, i, j, negligible)) rotated.store(true, std::memory_order_relaxed);
  };
  const auto within = [&](size_t group, size_t) {
    check_cancel(cancel);
    for (size_t i = groups.begin(group); i < groups.end(group); ++i) {
      for (size_t j = i + 1; j < groups.end(group); ++j) meet(i, j);
    }
  };
  for (size_t sweep = 0; sweep < kMaxSweeps && rotated; ++sweep) {
    rotated = false;
    pool.parallel_for(players, within, max_threads);
    for (size_t round = 0; players > 1 && round < circle; ++round) {
      const auto between = [&](size_t p, size_t) {
        check_cancel(cancel);
        const size_t first = (round + p) % circle;
        const size_t second = p == 0 ? circle : (round + circle - p) % circle;
        if (second >= players) return;  // nobody in the centre: a bye
        for (size_t i = groups.begin(first); i < groups.end(first); ++i) {
          for (size_t j = groups.begin(second); j < groups.end(second); ++j) meet(i, j);
        }
      };
      pool.parallel_for((circle + 1) / 2, between, max_threads);
    }
  }
}

}  // namespace boreal
