// Blocked (Dongarra, Sorensen & Hammarling 1989, "Block reduction of matrices to condensed forms"; LAPACK's
// DLATRD): a panel of reflections is gathered while the matrix itself stays as it was, A - V^T W - W^T V
// being the current one; then one product brings it up to date. Half of the work is the product of the
// symmetric matrix with each vector, which runs at the speed of the cache that holds the matrix: on all
// threads, each element read once. Row i of the upper half plays the part of LAPACK's column i of the lower.
#include "linalg/tridiagonal.h"

#include <algorithm>
#include <cmath>

#include "linalg/team.h"

namespace boreal {
namespace {

constexpr size_t kPanel = 32;
constexpr size_t kMaxParts = 16;       // of the symmetric product
constexpr size_t kPartSize = 1 << 14;  // elements of the triangle that make a part
constexpr size_t kUpdateRows = 64;

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

class Tridiagonalization {
 public:
  Tridiagonalization(Dense a, Tridiagonal& result, Team& team, const RunOptions& run)
      : a_(a),
        n_(a.rows),
        result_(result),
        team_(team),
        run_(run),
        left_(2 * kPanel, n_),
        right_(2 * kPanel, n_),
        parts_(kMaxParts, n_) {}

  void reduce() {
    for (size_t first = 0; first < n_; first += kPanel) {
      const size_t last = std::min(n_, first + kPanel);
      fill(0, left_.view());
      fill(0, right_.view());
      for (size_t i = first; i < last; ++i) {
        check_cancel(run_.cancel);
        step(i, i - first);
      }
      update(first, last);
    }
  }

 private:
  // Pairs of rows: 2p holds v_p and w_p, 2p + 1 holds w_p and v_p, so that the current matrix is
  // A - left^T right.
  double* left(size_t row) const { return left_.view().row(row); }
  double* right(size_t row) const { return right_.view().row(row); }

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

  void update(size_t first, size_t last) {
    const size_t rows = 2 * (last - first);
    const size_t pieces = (n_ - last + kUpdateRows - 1) / kUpdateRows;
    RunOptions alone = run_;
    alone.max_threads = 1;
    team_.each(pieces, [&](size_t piece) {
      const size_t i0 = last + piece * kUpdateRows, i1 = std::min(n_, i0 + kUpdateRows);
      multiply(-1, Form::kTransposed, as_const(block(left_.view(), 0, rows, i0, i1)), Form::kAsIs,
               as_const(block(right_.view(), 0, rows, i0, n_)), 1, block(a_, i0, i1, i0, n_), alone);
    });
  }

  const Dense a_;
  const size_t n_;
  Tridiagonal& result_;
  Team& team_;
  const RunOptions& run_;
  const Workspace left_, right_, parts_;
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
