// Blocked as LAPACK's DLATRD, A - V^T W - W^T V being the current matrix. Half of the work is the product of
// the symmetric matrix with each vector, which runs at the speed of the cache that holds the matrix: on all
// threads, each element read once. Row i of the upper half plays the part of LAPACK's column i of the lower.
#include "linalg/tridiagonal.h"

#include <algorithm>
#include <cmath>

#include "linalg/panel_reduction.h"

namespace boreal {
namespace {

class Tridiagonalization : PanelReduction {
 public:
  Tridiagonalization(Dense a, Tridiagonal& result, Team& team, const RunOptions& run)
      : PanelReduction(a, Kept::kUpperHalf, team, run), result_(result) {}

  void reduce() {
    each_step([this](size_t i, size_t p) { step(i, p); });
  }

 private:
  // Rows of the triangle right of and below (first, first), in parts of about equal area.
  struct TriangleParts {
    TriangleParts(size_t first, size_t n) {
      const size_t rows = n - first;
      const size_t area = rows * (rows + 1) / 2;
      count = std::min(kMaxParts, std::max<size_t>(1, area / kPartSize));
      begin[0] = first;
      for (size_t p = 1; p < count; ++p) {
        // The last r rows hold r^2 / 2 elements.
        const double share = static_cast<double>(count - p) / static_cast<double>(count);
        const auto below = static_cast<size_t>(static_cast<double>(rows) * std::sqrt(share));
        begin[p] = std::max(begin[p - 1], first + (rows - below) / 4 * 4);
      }
      begin[count] = n;
    }
    size_t count, begin[kMaxParts + 1];
  };

  // Leaves the pairs of rows (v_p, w_p) at 2p of left and right, and (w_p, v_p) at 2p + 1.
  void step(size_t i, size_t p) {
    const VectorKernels& kernels = vector_kernels();
    const size_t stride = left_.view().stride;
    double factors[2 * kPanel];
    double* const row = a_.row(i);
    for (size_t q = 0; q < 2 * p; ++q) factors[q] = -left(q)[i];
    kernels.add_rows(right(0) + i, stride, 2 * p, n_ - i, factors, row + i);
    result_.diagonal[i] = row[i];
    if (i + 1 == n_) return;
    const size_t from = i + 1, size = n_ - from;
    double* const v = left(2 * p);
    double* const w = left(2 * p + 1);
    std::copy(row + from, row + n_, v + from);
    const Reflection h = make_reflection(v + from, size);
    result_.beside[i] = h.beta;
    result_.q.tau[i] = h.tau;
    double* const kept = result_.q.v.view().row(i);
    std::fill(kept, kept + from - 1, 0.0);
    std::copy(v + from, v + n_, kept + from - 1);
    // w = tau (A v - left^T (right v)), then w -= tau / 2 (w . v) v.
    symmetric_product(from, v, w);
    kernels.row_dots(right(0) + from, stride, 2 * p, size, v + from, factors);
    for (size_t q = 0; q < 2 * p; ++q) factors[q] = -factors[q];
    kernels.add_rows(left(0) + from, stride, 2 * p, size, factors, w + from);
    for (size_t j = from; j < n_; ++j) w[j] *= h.tau;
    const double factor = -h.tau / 2 * kernels.dot(w + from, v + from, size);
    kernels.rank_one(w + from, stride, 1, size, &factor, v + from);
    std::copy(w + from, w + n_, right(2 * p) + from);
    std::copy(v + from, v + n_, right(2 * p + 1) + from);
  }

  void symmetric_product(size_t from, const double* v, double* w) {
    const VectorKernels& kernels = vector_kernels();
    const TriangleParts parts(from, n_);
    team_.each(parts.count, [&](size_t p) {
      double* const sum = parts.count == 1 ? w : parts_.view().row(p);
      std::fill(sum + parts.begin[p], sum + n_, 0.0);
      kernels.symmetric_rows(a_.data, a_.stride, parts.begin[p], parts.begin[p + 1], n_, v, sum);
    });
    if (parts.count == 1) return;
    // A part has nothing to say about the rows above its own.
    const double one = 1;
    std::copy(parts_.view().row(0) + from, parts_.view().row(0) + n_, w + from);
    for (size_t p = 1; p < parts.count; ++p) {
      const size_t begin = parts.begin[p];
      kernels.add_rows(parts_.view().row(p) + begin, 0, 1, n_ - begin, &one, w + begin);
    }
  }

  Tridiagonal& result_;
};

}  // namespace

Tridiagonal reduce_to_tridiagonal(Dense a, const RunOptions& run) {
  const size_t n = a.rows;
  Tridiagonal result{std::vector<double>(n), std::vector<double>(n - 1), Reflectors(n - 1, n - 1)};
  const double work = 4.0 / 3 * static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(n);
  Team::run(worth_threads(work, run), [&](Team& team) { Tridiagonalization(a, result, team, run).reduce(); });
  return result;
}

}  // namespace boreal
