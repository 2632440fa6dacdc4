// Blocked as LAPACK's DLABRD (Golub & Van Loan 5.4.8), to lower bidiagonal form: rows first. Half of the work
// is two products with the matrix in each step, A u and then A^T v, where v comes from a column that needs A
// u. Since v is a multiple of c - beta e_0, and the entries of c for some rows need those rows alone, both
// products are taken in one pass over the rows, with A^T c instead of A^T v (Howell, Demmel, Fulton,
// Hammarling & Marmol 2008, "Cache efficient bidiagonalization using BLAS 2.5 operators"): the matrix is read
// from memory once, not twice.
#include "linalg/bidiagonal.h"

#include <algorithm>
#include <cmath>

#include "base/partition.h"
#include "linalg/panel_reduction.h"

namespace boreal {
namespace {

constexpr size_t kRowsAtOnce = 8;       // that stay in the L1 or L2 cache between the two products
constexpr double kNegligible = 1e-280;  // beside a matrix whose largest element is at least 1e-100

class Bidiagonalization : PanelReduction {
 public:
  Bidiagonalization(Dense a, Bidiagonal& result, Team& team, const RunOptions& run)
      : PanelReduction(a, Kept::kWhole, team, run), result_(result) {}

  void reduce() {
    each_step([this](size_t i, size_t p) { step(i, p); });
  }

 private:
  // Leaves the pairs of rows (x_p, u_p) at 2p of left and right, and (v_p, y_p) at 2p + 1.
  void step(size_t i, size_t p) {
    const VectorKernels& kernels = vector_kernels();
    const size_t stride = left_.view().stride, from = i + 1, size = n_ - from;
    double factors[2 * kPanel];
    // Row i, and the reflection of columns i.. that leaves it one entry.
    double* const u = right(2 * p);
    std::copy(a_.row(i) + i, a_.row(i) + n_, u + i);
    for (size_t q = 0; q < 2 * p; ++q) factors[q] = -left(q)[i];
    kernels.add_rows(right(0) + i, stride, 2 * p, n_ - i, factors, u + i);
    const Reflection across = make_reflection(u + i, n_ - i);
    result_.diagonal[i] = across.beta;
    result_.q.tau[i] = across.tau;
    keep(result_.q, i, u + i, i);
    if (from == n_) return;

    // x = tau (current) u and c = column i of the current matrix after that reflection, then y = A^T c.
    double column[2 * kPanel];
    kernels.row_dots(right(0) + i, stride, 2 * p, n_ - i, u + i, factors);
    for (size_t q = 0; q < 2 * p; ++q) {
      factors[q] *= -across.tau;
      column[q] = -right(q)[i];
    }
    double* const v = left(2 * p + 1);
    double* const y = right(2 * p + 1);
    both_products(i, p, across.tau, factors, column);

    const double first = v[from];
    const Reflection down = make_reflection(v + from, size);
    result_.below[i] = down.beta;
    result_.p.tau[i] = down.tau;
    keep(result_.p, i, v + from, i);
    if (down.tau == 0 || std::fabs(down.beta) < kNegligible) {
      result_.below[i] = first;
      result_.p.tau[i] = 0;
      std::fill(v + from, v + n_, 0.0);
      std::fill(y + from, y + n_, 0.0);
      return;
    }
    // v = (c - beta e_0) / (c_0 - beta)
    const double minus_beta = -down.beta;
    kernels.add_rows(a_.row(from) + from, 0, 1, size, &minus_beta, y + from);
    const double scale = 1 / (first - down.beta);
    for (size_t j = from; j < n_; ++j) y[j] *= scale;
    kernels.row_dots(left(0) + from, stride, 2 * p + 1, size, v + from, factors);
    for (size_t q = 0; q <= 2 * p; ++q) factors[q] = -factors[q];
    kernels.add_rows(right(0) + from, stride, 2 * p + 1, size, factors, y + from);
    for (size_t j = from; j < n_; ++j) y[j] *= down.tau;
  }

  // Row `index` of the reflectors: zeros up to `zeros`, then the vector.
  static void keep(const Reflectors& reflectors, size_t index, const double* vector, size_t zeros) {
    double* const row = reflectors.v.view().row(index);
    std::fill(row, row + zeros, 0.0);
    std::copy(vector, vector + reflectors.size() - zeros, row + zeros);
  }

  // For each row r > i: x_r = tau A_r u + factors . left[., r], c_r = A_ri + column . left[., r] - x_r, and
  // over all of them y = sum_r c_r A_r. c is left where v will be.
  void both_products(size_t i, size_t p, double tau, const double* factors, const double* column) {
    const VectorKernels& kernels = vector_kernels();
    const size_t from = i + 1, size = n_ - from, stride = left_.view().stride;
    const double* const u = right(2 * p);
    double* const x = left(2 * p);
    double* const c = left(2 * p + 1);
    const Partition parts = partition_rows(size, std::max<size_t>(1, kPartSize / size), kMaxParts);
    team_.each(parts.count(), [&](size_t part) {
      double* const sum = parts_.view().row(part);
      std::fill(sum + from, sum + n_, 0.0);
      const size_t begin = from + parts.begin(part), end = from + parts.end(part);
      // What the panel has gathered so far.
      std::fill(x + begin, x + end, 0.0);
      for (size_t r = begin; r < end; ++r) c[r] = a_.at(r, i);
      kernels.add_rows(left(0) + begin, stride, 2 * p, end - begin, factors, x + begin);
      kernels.add_rows(left(0) + begin, stride, 2 * p, end - begin, column, c + begin);
      double dots[kRowsAtOnce];
      for (size_t r = begin; r < end; r += kRowsAtOnce) {
        const size_t rows = std::min(kRowsAtOnce, end - r);
        kernels.row_dots(a_.row(r) + i, a_.stride, rows, n_ - i, u + i, dots);
        for (size_t k = 0; k < rows; ++k) {
          x[r + k] += tau * dots[k];
          c[r + k] -= x[r + k];
        }
        kernels.add_rows(a_.row(r) + from, a_.stride, rows, size, c + r, sum + from);
      }
    });
    double ones[kMaxParts];
    std::fill(ones, ones + kMaxParts, 1.0);
    double* const y = right(2 * p + 1);
    std::fill(y + from, y + n_, 0.0);
    kernels.add_rows(parts_.view().row(0) + from, parts_.view().stride, parts.count(), size, ones, y + from);
  }

  Bidiagonal& result_;
};

}  // namespace

Bidiagonal reduce_to_bidiagonal(Dense a, const RunOptions& run) {
  const size_t n = a.rows;
  Bidiagonal result{std::vector<double>(n), std::vector<double>(n - 1), Reflectors(n - 1, n - 1),
                    Reflectors(n, n)};
  const double work = 8.0 / 3 * static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(n);
  Team::run(worth_threads(work, run), [&](Team& team) { Bidiagonalization(a, result, team, run).reduce(); });
  return result;
}

}  // namespace boreal
