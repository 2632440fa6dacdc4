// Cuppen's method with deflation as in LAPACK's DLAED2 and orthogonal vectors after Gu & Eisenstat (1995, "A
// divide-and-conquer algorithm for the symmetric tridiagonal eigenproblem"), divided down to single numbers:
// no QR iteration, and so nothing that could fail to converge. Removing |e| from both neighbours at every
// off-diagonal element e leaves a diagonal matrix; each merge puts one e back as a matrix of rank one.
#include "linalg/tridiagonal_eigen.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/thread_pool.h"
#include "linalg/merge.h"

namespace boreal {
namespace {

constexpr size_t kTaskSize = 128;  // subproblems up to this size are one thread's work

class Solver {
 public:
  Solver(std::vector<double>& d, const std::vector<double>& e, Dense vectors, const RunOptions& run)
      : d_(d),
        e_(e),
        vectors_(vectors),
        run_(run),
        alone_(run),
        coefficients_(d.size(), d.size()),
        gather_(d.size(), d.size()),
        out_(d.size(), d.size()) {
    alone_.max_threads = 1;
  }

  void solve() {
    const size_t n = d_.size();
    for (size_t i = 0; i + 1 < n; ++i) {
      d_[i] -= std::fabs(e_[i]);
      d_[i + 1] -= std::fabs(e_[i]);
    }
    set_identity(vectors_);
    std::vector<std::pair<size_t, size_t>> tasks;
    collect(0, n, tasks);
    ThreadPool::instance().parallel_for(
        tasks.size(), [&](size_t task, size_t) { divide(tasks[task].first, tasks[task].second, 0, alone_); },
        run_.max_threads);
    divide(0, n, kTaskSize, run_);
  }

 private:
  void collect(size_t first, size_t n, std::vector<std::pair<size_t, size_t>>& tasks) const {
    if (n <= kTaskSize) {
      tasks.emplace_back(first, n);
      return;
    }
    collect(first, n / 2, tasks);
    collect(first + n / 2, n - n / 2, tasks);
  }

  // Subproblems up to `solved` are solved already.
  void divide(size_t first, size_t n, size_t solved, const RunOptions& run) {
    if (n <= std::max<size_t>(solved, 1)) return;
    divide(first, n / 2, solved, run);
    divide(first + n / 2, n - n / 2, solved, run);
    merge(first, n, n / 2, run);
  }

  void merge(size_t first, size_t n, size_t split, const RunOptions& run) {
    check_cancel(run.cancel);
    const VectorKernels& kernels = vector_kernels();
    const Dense vectors = block(vectors_, first, first + n, first, first + n);
    double* const d = d_.data() + first;
    // With u = (last row of the left vectors, +-first row of the right ones): T = D + |e| u u^T, |u|^2 = 2.
    const double e = e_[first + split - 1];
    Merge merge(n);
    double largest = 0;
    for (size_t i = 0; i < n; ++i) largest = std::max(largest, std::fabs(d[i]));
    largest = std::max(largest, std::fabs(e));
    const double factor = scale_to_one(largest);
    const double rho = 2 * std::fabs(e) * factor;
    for (size_t i = 0; i < n; ++i) {
      const double entry =
          i < split ? vectors.at(i, split - 1) : std::copysign(1.0, e) * vectors.at(i, split);
      merge.d[i] = d[i] * factor;
      merge.z[i] = entry * std::sqrt(0.5);
      merge.support[i] = i < split ? kLeft : kRight;
    }
    const double tolerance = std::numeric_limits<double>::epsilon() * largest * factor;
    std::vector<size_t> order(n);
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return merge.d[a] < merge.d[b]; });
    merge.deflate(
        order, 0, [&](size_t i) { return rho * std::fabs(merge.z[i]) <= tolerance; },
        [&](size_t a, size_t b, double c, double s) {
          const double da = merge.d[a], db = merge.d[b];
          if (std::fabs((db - da) * c * s) > tolerance) return false;
          kernels.rotate(vectors.row(a), vectors.row(b), n, c, s);
          merge.d[a] = da * c * c + db * s * s;
          merge.d[b] = da * s * s + db * c * c;
          return true;
        });

    const size_t k = merge.kept();
    std::vector<double> roots(k);
    const Dense s = block(coefficients_.view(), first, first + n, first, first + n);
    if (k > 0) find_roots(merge, rho, roots, s, run);
    const std::vector<size_t> sorted = merge.sorted_order(roots, d);
    for (size_t i = 0; i < n; ++i) d[i] /= factor;
    merge.combine(as_const(s), sorted, vectors, split,
                  block(gather_.view(), first, first + n, first, first + n),
                  block(out_.view(), first, first + n, first, first + n), run);
  }

  // roots and, in the rows of s, the eigenvectors of D + rho z z^T.
  void find_roots(const Merge& merge, double rho, std::vector<double>& roots, Dense s,
                  const RunOptions& run) {
    const size_t k = merge.kept();
    const std::vector<size_t>& rows = merge.kept_rows();
    std::vector<double> d(k), z2(k);
    for (size_t j = 0; j < k; ++j) {
      d[j] = merge.d[rows[j]];
      z2[j] = merge.z[rows[j]] * merge.z[rows[j]];
    }
    std::vector<Root> found(k);
    solve_secular(Poles::kPlain, d, z2, rho, found.data(), block(s, 0, k, 0, k), run);
    std::vector<double> z = consistent_weights(Poles::kPlain, d, as_const(block(s, 0, k, 0, k)), run);
    for (size_t j = 0; j < k; ++j) z[j] = std::copysign(z[j], merge.z[rows[j]]);
    for (size_t r = 0; r < k; ++r) roots[r] = d[found[r].origin] + found[r].shift;
    merge.fill_rows(s, run, [&](size_t r, double* entries) {
      return 1 / std::sqrt(vector_kernels().divide(z.data(), s.row(r), entries, k));
    });
  }

  std::vector<double>& d_;
  const std::vector<double>& e_;
  const Dense vectors_;
  const RunOptions run_;
  RunOptions alone_;
  const Workspace coefficients_, gather_, out_;
};

}  // namespace

void solve_tridiagonal(std::vector<double>& d, const std::vector<double>& e, Dense vectors,
                       const RunOptions& run) {
  Solver(d, e, vectors, run).solve();
}

}  // namespace boreal
