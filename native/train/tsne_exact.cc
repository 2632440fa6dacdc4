#include "train/tsne_exact.h"

#include <algorithm>

#include "base/thread_pool.h"
#include "kernels/dispatch.h"
#include "kernels/dispatch_layout.h"

namespace boreal {
namespace {

constexpr size_t kRows = 16;  // of a task
constexpr size_t kMostDims = 3;

}  // namespace

ExactForces::ExactForces(const RowGraph& affinities, size_t dims)
    : kernels_(layout_kernels(kernels())),
      p_(affinities),
      n_(affinities.rows()),
      dims_(dims),
      at_(dims * n_),
      z_(n_) {}

// The affinities of row i to all others in order, without its own: as they lie there, where none is 0, else
// in `row`.
const double* ExactForces::others_of(size_t i, std::vector<double>* row) const {
  if (p_.end(i) - p_.begin(i) == n_ - 1) return p_.weights.data() + p_.begin(i);
  row->assign(n_, 0.0);
  for (size_t e = p_.begin(i); e < p_.end(i); ++e) {
    const auto j = static_cast<size_t>(p_.columns[e]);
    (*row)[j - (j > i)] = p_.weights[e];
  }
  return row->data();
}

double ExactForces::run(const std::vector<double>& y, const CancelToken* cancel, std::vector<double>& pull,
                        std::vector<double>& push) {
  for (size_t d = 0; d < dims_; ++d) {
    for (size_t i = 0; i < n_; ++i) at_[d * n_ + i] = y[i * dims_ + d];
  }
  std::fill(pull.begin(), pull.end(), 0.0);
  std::fill(push.begin(), push.end(), 0.0);
  std::fill(z_.begin(), z_.end(), 0.0);
  ThreadPool::instance().parallel_for((n_ + kRows - 1) / kRows, [&](size_t task, size_t) {
    check_cancel(cancel);
    std::vector<double> row;
    for (size_t i = task * kRows; i < std::min(n_, (task + 1) * kRows); ++i) {
      const double* const p = others_of(i, &row);
      const double *before[kMostDims], *after[kMostDims];
      for (size_t d = 0; d < dims_; ++d) {
        before[d] = at_.data() + d * n_;
        after[d] = before[d] + i + 1;
      }
      const double* const own = y.data() + i * dims_;
      double* const pulls = pull.data() + i * dims_;
      double* const pushes = push.data() + i * dims_;
      kernels_.tsne_point(dims_, own, before, p, i, pulls, pushes, &z_[i]);
      kernels_.tsne_point(dims_, own, after, p + i, n_ - 1 - i, pulls, pushes, &z_[i]);
    }
  });
  double total = 0;
  for (const double z : z_) total += z;
  return total;
}

}  // namespace boreal
