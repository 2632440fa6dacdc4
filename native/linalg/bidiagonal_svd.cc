// Gu & Eisenstat (1995, "A divide-and-conquer algorithm for the bidiagonal SVD"; LAPACK's DBDSDC), divided
// down to single rows. A subproblem has one column more than rows, and so a null vector; the whole matrix
// gets a column of zeros for that. A middle row (alpha at the end of the left block, beta at the start of the
// right one) joins two subproblems; in terms of their vectors the joined matrix is zero but for its diagonal
// and that row, z.
#include "linalg/bidiagonal_svd.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "linalg/merge.h"

namespace boreal {
namespace {

constexpr size_t kTaskSize = 128;  // subproblems up to this size are one thread's work
// Stands for zero, where the secular equation may have none, in a matrix of norm one: even its sixth power
// does not underflow. LAPACK takes some epsilons, which would hide a rank in small matrices.
constexpr double kLeast = 1e-40;

class Solver {
 public:
  Solver(std::vector<double>& d, const std::vector<double>& e, Dense u, Dense v, const RunOptions& run)
      : d_(d),
        e_(e),
        u_(u),
        v_(v),
        run_(run),
        alone_(run),
        left_(d.size(), d.size()),
        right_(d.size(), d.size()),
        gather_(d.size() + 1, d.size() + 1),
        out_(d.size() + 1, d.size() + 1) {
    alone_.max_threads = 1;
  }

  void solve() {
    const size_t n = d_.size();
    set_identity(u_);
    set_identity(v_);
    std::vector<std::pair<size_t, size_t>> tasks;
    collect(0, n, tasks);
    ThreadPool::instance().parallel_for(
        tasks.size(), [&](size_t task, size_t) { divide(tasks[task].first, tasks[task].second, 0, alone_); },
        run_.max_threads);
    if (n > kTaskSize) divide(0, n, kTaskSize, run_);
  }

 private:
  // Rows first.. of the left block, the middle row, the right block.
  static size_t left_rows(size_t n) { return n / 2; }

  void collect(size_t first, size_t n, std::vector<std::pair<size_t, size_t>>& tasks) const {
    if (n <= kTaskSize) {
      tasks.emplace_back(first, n);
      return;
    }
    const size_t left = left_rows(n);
    collect(first, left, tasks);
    collect(first + left + 1, n - left - 1, tasks);
  }

  void divide(size_t first, size_t n, size_t solved, const RunOptions& run) {
    if (n <= solved || n == 0) return;  // a block without rows has the null vector 1, as it stands
    if (n == 1) {
      solve_row(first);
      return;
    }
    const size_t left = left_rows(n);
    divide(first, left, solved, run);
    divide(first + left + 1, n - left - 1, solved, run);
    merge(first, n, left, run);
  }

  double above(size_t row) const { return row < e_.size() ? e_[row] : 0; }

  // [d e] = s v^T, with the null vector below v.
  void solve_row(size_t i) {
    const double s = std::hypot(d_[i], above(i));
    if (s == 0) {
      d_[i] = 0;
      return;
    }
    const double c = d_[i] / s, t = above(i) / s;
    v_.at(i, i) = v_.at(i + 1, i + 1) = c;
    v_.at(i, i + 1) = t;
    v_.at(i + 1, i) = -t;
    d_[i] = s;
  }

  void merge(size_t first, size_t n, size_t left, const RunOptions& run) {
    check_cancel(run.cancel);
    const VectorKernels& kernels = vector_kernels();
    const size_t middle = left, split = left + 1;  // the middle row of u, and v's columns of the left block
    const Dense u = block(u_, first, first + n, first, first + n);
    const Dense v = block(v_, first, first + n, first, first + n + 1);
    double* const d = d_.data() + first;
    double alpha = d[middle], beta = above(first + middle);
    d[middle] = 0;
    double largest = std::max(std::fabs(alpha), std::fabs(beta));
    for (size_t i = 0; i < n; ++i) largest = std::max(largest, d[i]);
    const double factor = scale_to_one(largest),
                 tolerance = std::numeric_limits<double>::epsilon() * largest * factor;
    alpha *= factor;
    beta *= factor;

    // The null vectors of both blocks turn into the partner of the middle row and the new null vector.
    double* const null_left = v.row(middle);
    double* const null_right = v_.row(first + n) + first;
    Merge merge(n);
    const double za = alpha * null_left[left], zb = beta * null_right[split], z0 = std::hypot(za, zb);
    if (z0 > 0) {
      kernels.rotate(null_left, null_right, n + 1, za / z0, zb / z0);
    }
    for (size_t i = 0; i < n; ++i) {
      merge.d[i] = d[i] * factor;
      merge.z[i] = i < middle ? alpha * v.at(i, left) : beta * v.at(i, split);
      merge.support[i] = i < middle ? kLeft : kRight;
    }
    merge.z[middle] = z0;
    merge.support[middle] = kAll;

    std::vector<size_t> order;
    order.push_back(middle);
    for (size_t i = 0; i < n; ++i) {
      if (i != middle) order.push_back(i);
    }
    std::stable_sort(order.begin() + 1, order.end(),
                     [&](size_t a, size_t b) { return merge.d[a] < merge.d[b]; });
    merge.deflate(
        order, 1, [&](size_t i) { return std::fabs(merge.z[i]) <= tolerance; },
        [&](size_t a, size_t b, double c, double s) {
          if (merge.d[b] - merge.d[a] > tolerance) return false;
          kernels.rotate(u.row(a), u.row(b), n, c, s);
          kernels.rotate(v.row(a), v.row(b), n + 1, c, s);
          return true;
        });

    const size_t k = merge.kept();
    std::vector<double> roots(k);
    const Dense su = block(left_.view(), first, first + n, first, first + n);
    const Dense sv = block(right_.view(), first, first + n, first, first + n);
    find_roots(merge, roots, su, sv, run);
    const std::vector<size_t> sorted = merge.sorted_order(roots, d);
    for (size_t i = 0; i < n; ++i) d[i] /= factor;
    merge.combine(as_const(su), sorted, u, split, block(gather_.view(), first, first + n, first, first + n),
                  block(out_.view(), first, first + n, first, first + n), run);
    merge.combine(as_const(sv), sorted, v, split,
                  block(gather_.view(), first, first + n, first, first + n + 1),
                  block(out_.view(), first, first + n, first, first + n + 1), run);
  }

  // roots and, in the rows of su and sv, the singular vectors of the matrix with first row z and diagonal d
  // below.
  void find_roots(const Merge& merge, std::vector<double>& roots, Dense su, Dense sv, const RunOptions& run) {
    const size_t k = merge.kept();
    const std::vector<size_t>& rows = merge.kept_rows();
    if (k == 1) {
      roots[0] = merge.z[rows[0]];
      su.at(0, 0) = sv.at(0, 0) = 1;
      return;
    }
    std::vector<double> d(k), z2(k);
    for (size_t j = 0; j < k; ++j) {
      d[j] = merge.d[rows[j]];
      z2[j] = merge.z[rows[j]] * merge.z[rows[j]];
    }
    // The middle row's d is 0; the next must differ, and its z must not vanish.
    const bool singular = merge.z[rows[0]] < kLeast;
    if (singular) z2[0] = kLeast * kLeast;
    d[1] = std::max(d[1], kLeast);
    std::vector<Root> found(k);
    solve_secular(Poles::kSquares, d, z2, 1, found.data(), block(sv, 0, k, 0, k), run);
    std::vector<double> z = consistent_weights(Poles::kSquares, d, as_const(block(sv, 0, k, 0, k)), run);
    for (size_t j = 0; j < k; ++j) z[j] = std::copysign(z[j], merge.z[rows[j]]);
    for (size_t r = 0; r < k; ++r) {
      const double pole = d[found[r].origin], shift = found[r].shift;
      roots[r] = pole + shift / (pole + std::sqrt(pole * pole + shift));
    }
    if (singular) roots[0] = 0;
    const auto right_vector = [&](size_t r, double* entries) {
      return vector_kernels().divide(z.data(), sv.row(r), entries, k);
    };
    // u from v before sv is overwritten: u_j = d_j v_j, but -1 for the middle row.
    merge.fill_rows(su, run, [&](size_t r, double* entries) {
      right_vector(r, entries);
      entries[0] = -1;
      for (size_t j = 1; j < k; ++j) entries[j] *= d[j];
      return 1 / std::sqrt(vector_kernels().dot(entries, entries, k));
    });
    merge.fill_rows(sv, run,
                    [&](size_t r, double* entries) { return 1 / std::sqrt(right_vector(r, entries)); });
  }

  std::vector<double>& d_;
  const std::vector<double>& e_;
  const Dense u_, v_;
  const RunOptions run_;
  RunOptions alone_;
  const Workspace left_, right_, gather_, out_;
};

}  // namespace

void solve_bidiagonal(std::vector<double>& d, const std::vector<double>& e, Dense u, Dense v,
                      const RunOptions& run) {
  const size_t n = d.size();
  if (n == 0) return;
  const Workspace wide(n + 1, n + 1);
  Solver(d, e, u, wide.view(), run).solve();
  // The null vector is the last unit vector exactly, and no other has anything there.
  copy(as_const(block(wide.view(), 0, n, 0, n)), v);
}

}  // namespace boreal
