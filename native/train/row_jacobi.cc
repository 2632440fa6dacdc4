// One-sided Jacobi (Hestenes 1958), on the rows of the triangular factor as Drmac & Veselic (2008) advise: it
// converges in a few sweeps there. The pairs of a sweep follow the circle method of a round-robin tournament,
// so the pairs of one round are disjoint: big matrices share them among threads with the same bits.
#include "train/row_jacobi.h"

#include <cmath>
#include <limits>
#include <vector>

#include "base/thread_pool.h"
#include "train/partition.h"

namespace boreal {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr size_t kMaxSweeps = 60;
constexpr size_t kParallelWork = 1 << 16;  // entries in a round that are worth a parallel_for
constexpr size_t kLanes = 4;

struct Products {
  double aa, bb, ab;
};

Products products(const double* __restrict a, const double* __restrict b, size_t cols) {
  double aa[kLanes] = {}, bb[kLanes] = {}, ab[kLanes] = {};
  size_t k = 0;
  for (; k + kLanes <= cols; k += kLanes) {
    for (size_t l = 0; l < kLanes; ++l) {
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
  return {(aa[0] + aa[2]) + (aa[1] + aa[3]), (bb[0] + bb[2]) + (bb[1] + bb[3]),
          (ab[0] + ab[2]) + (ab[1] + ab[3])};
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
  if (a.rows < 2) return;
  double largest = 0;
  for (size_t i = 0; i < a.rows; ++i) {
    largest = std::fmax(largest, products(a.row(i), a.row(i), cols).aa);
  }
  const double negligible = largest * kEpsilon * kEpsilon;
  const size_t circle = a.rows - 1 + a.rows % 2;  // positions on the circle; one more player in its centre
  const size_t pairs = (circle + 1) / 2;
  const size_t tasks = pairs * a.cols < kParallelWork ? 1 : 16;
  std::vector<char> rotated(tasks);
  for (size_t sweep = 0; sweep < kMaxSweeps; ++sweep) {
    std::fill(rotated.begin(), rotated.end(), 0);
    for (size_t round = 0; round < circle; ++round) {
      check_cancel(cancel);
      const auto play = [&](size_t task, size_t) {
        for (size_t p = task * pairs / tasks; p < (task + 1) * pairs / tasks; ++p) {
          const size_t i = (round + p) % circle;
          const size_t j = p == 0 ? circle : (round + circle - p) % circle;
          if (j < a.rows && orthogonalize_pair(a, cols, i, j, negligible)) rotated[task] = 1;
        }
      };
      if (tasks == 1) {
        play(0, 0);
      } else {
        ThreadPool::instance().parallel_for(tasks, play);
      }
    }
    bool any = false;
    for (const char r : rotated) any = any || r != 0;
    if (!any) return;
  }
}

}  // namespace boreal
