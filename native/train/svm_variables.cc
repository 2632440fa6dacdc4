#include "train/svm_variables.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "base/cancel.h"
#include "base/thread_pool.h"
#include "kernels/dispatch.h"
#include "kernels/dispatch_svm.h"

namespace boreal {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// What is left is packed anew only when it is at most so much of what there was: each time costs a pass over
// all rows that are kept.
constexpr double kWorthPacking = 0.85;

Partition parts_of(const KernelColumns& columns) {
  const size_t n = columns.size(), granule = columns.granule();
  const size_t threads = std::max<size_t>(1, std::min(n / kMinSvmPart, ThreadPool::instance().size()));
  const size_t even = (n + threads - 1) / threads;
  return {n, std::max<size_t>(1, (even + granule - 1) / granule * granule)};
}

}  // namespace

SvmVariables::SvmVariables(const KernelColumns& columns, const SvmProblem& problem, const SvmOptions& options,
                           Team& team)
    : all_(columns),
      problem_(problem),
      options_(options),
      team_(team),
      kernels_(svm_kernels(kernels())),
      cache_(columns.size(), options.cache_bytes),
      all_diagonal_(columns.size()),
      parts_(parts_of(columns)) {
  const size_t n = all_.size();
  for (size_t i = 0; i < n; ++i) {
    all_diagonal_[i] = all_.diagonal(i);
    // No value is larger than those of its row and column on the diagonal, where the kernel is one: fill
    // looks at each of those that are given.
    if (!(std::fabs(all_diagonal_[i]) <= std::numeric_limits<float>::max())) throw svm_overflow();
  }
  alpha = problem.start;
  alpha.resize(problem.y.size(), 0);
  std::vector<int32_t> columns_of_all(n);
  std::iota(columns_of_all.begin(), columns_of_all.end(), 0);
  for (size_t i = 0; i < problem.y.size(); ++i) f.push_back(problem.y[i] * problem.p[i]);
  take(std::move(columns_of_all));
  const std::vector<float> zeros(n, 0.0f);
  for (size_t j = 0; j < size(); ++j) {
    if (alpha[j] == 0) continue;
    check_cancel(options.cancel);
    const KernelRowCache::Entry row = cache_.row(j % n);
    team_.each(parts_.count(), [&](size_t part) {
      const size_t begin = parts_.begin(part), end = parts_.end(part);
      if (!row.is_filled) all_.fill(all_.row(j % n), begin, end, row.values + begin);
      for (size_t i = begin; i < size(); i += n) {
        kernels_.advance(&f[i], row.values + begin, zeros.data(), y[j] * alpha[j], &up[i], end - begin);
      }
    });
  }
}

void SvmVariables::set_bounds(size_t i) {
  const bool is_free_above = alpha[i] < c[i];
  const bool is_free_below = alpha[i] > 0;
  const bool is_positive = y[i] > 0;
  up[i] = (is_positive ? is_free_above : is_free_below) ? 0 : kInfinity;
  low[i] = (is_positive ? is_free_below : is_free_above) ? 0 : -kInfinity;
}

std::vector<SvmRange> SvmVariables::ranges() const {
  if (!problem_.keeps_sums) return {{0, size()}};
  const auto negative = std::find_if(y.begin(), y.end(), [](double label) { return label < 0; });
  const size_t positive = static_cast<size_t>(negative - y.begin());
  return {{0, positive}, {positive, size()}};
}

SvmVariables::Limits SvmVariables::limits(const SvmRange& range) const {
  Limits found{kInfinity, -kInfinity};
  for (size_t i = range.first; i < range.last; ++i) {
    found.least = std::min(found.least, f[i] + up[i]);
    found.most = std::max(found.most, f[i] + low[i]);
  }
  return found;
}

double SvmVariables::violation() const {
  double worst = -kInfinity;
  for (const SvmRange& range : ranges()) {
    const Limits found = limits(range);
    worst = std::max(worst, found.most - found.least);
  }
  return worst;
}

void SvmVariables::take(std::vector<int32_t> columns) {
  active_ = std::move(columns);
  const size_t n = active_.size(), all = all_.size();
  diagonal.resize(n);
  y.resize(n * copies());
  c.resize(y.size());
  up.resize(y.size());
  low.resize(y.size());
  for (size_t k = 0; k < n; ++k) {
    const size_t column = static_cast<size_t>(active_[k]);
    diagonal[k] = all_diagonal_[column];
    for (size_t copy = 0; copy < copies(); ++copy) {
      y[copy * n + k] = problem_.y[copy * all + column];
      c[copy * n + k] = problem_.c[copy * all + column];
    }
  }
  for (size_t i = 0; i < y.size(); ++i) set_bounds(i);
  parts_ = parts_of(kernel());
}

std::vector<double> SvmVariables::nets() const {
  std::vector<double> net(all_.size(), 0);
  const auto add = [&](const std::vector<int32_t>& columns, const std::vector<double>& values) {
    for (size_t i = 0; i < values.size(); ++i) {
      const size_t copy = i / columns.size(), column = static_cast<size_t>(columns[i % columns.size()]);
      net[column] += problem_.y[copy * all_.size() + column] * values[i];
    }
  };
  add(active_, alpha);
  for (const Left& left : left_) add(left.columns, left.alpha);
  return net;
}

void SvmVariables::shrink() {
  std::vector<uint8_t> stays(columns(), 0);
  for (const SvmRange& range : ranges()) {
    const Limits found = limits(range);
    for (size_t i = range.first; i < range.last; ++i) {
      const bool may_rise = up[i] == 0, may_fall = low[i] == 0;
      if ((may_rise && may_fall) || (may_rise && f[i] <= found.most) || (may_fall && f[i] >= found.least)) {
        stays[i % columns()] = 1;
      }
    }
  }
  std::vector<size_t> kept;
  std::vector<int32_t> columns_kept;
  Left left;
  for (size_t k = 0; k < stays.size(); ++k) {
    if (stays[k] != 0) {
      kept.push_back(k);
      columns_kept.push_back(active_[k]);
    } else {
      left.columns.push_back(active_[k]);
    }
  }
  if (kept.empty() || static_cast<double>(kept.size()) > kWorthPacking * static_cast<double>(stays.size()))
    return;
  std::vector<double> kept_alpha, kept_f;
  for (size_t i = 0; i < size(); ++i) {
    const bool is_kept = stays[i % stays.size()] != 0;
    (is_kept ? kept_alpha : left.alpha).push_back(alpha[i]);
    (is_kept ? kept_f : left.f).push_back(f[i]);
  }
  left.net = nets();
  left_.push_back(std::move(left));
  alpha = std::move(kept_alpha);
  f = std::move(kept_f);
  cache_.keep(kept);
  some_ = std::make_unique<KernelColumns>(all_.some(columns_kept));
  take(std::move(columns_kept));
}

void SvmVariables::restore() {
  const std::vector<double> net = nets();
  std::vector<double> whole_alpha(problem_.y.size()), whole_f(problem_.y.size());
  const auto put = [&](const std::vector<int32_t>& columns, const std::vector<double>& a,
                       const std::vector<double>& g) {
    for (size_t i = 0; i < a.size(); ++i) {
      const size_t at = i / columns.size() * all_.size() + static_cast<size_t>(columns[i % columns.size()]);
      whole_alpha[at] = a[i];
      whole_f[at] = g[i];
    }
  };
  put(active_, alpha, f);
  for (Left& left : left_) {
    follow(left, net);
    put(left.columns, left.alpha, left.f);
  }
  left_.clear();
  some_.reset();
  alpha = std::move(whole_alpha);
  f = std::move(whole_f);
  cache_ = KernelRowCache(all_.size(), options_.cache_bytes);
  std::vector<int32_t> columns(all_.size());
  std::iota(columns.begin(), columns.end(), 0);
  take(std::move(columns));
}

void SvmVariables::follow(Left& left, const std::vector<double>& net) const {
  std::vector<size_t> moved;
  for (size_t j = 0; j < net.size(); ++j) {
    if (net[j] != left.net[j]) moved.push_back(j);
  }
  if (moved.empty()) return;
  const KernelColumns columns = all_.some(left.columns);
  const Partition parts = parts_of(columns);
  const std::vector<float> zeros(columns.size(), 0.0f);
  const std::vector<double> free(columns.size(), 0.0);
  constexpr size_t kStretch = 64;
  for (size_t first = 0; first < moved.size(); first += kStretch) {
    check_cancel(options_.cancel);
    const size_t last = std::min(moved.size(), first + kStretch);
    team_.each(parts.count(), [&](size_t part) {
      const size_t begin = parts.begin(part), count = parts.end(part) - begin;
      AlignedBuffer<float> row(count);
      for (size_t m = first; m < last; ++m) {
        const size_t j = moved[m];
        columns.fill(all_.row(j), begin, begin + count, row.data());
        for (size_t k = begin; k < left.f.size(); k += columns.size()) {
          kernels_.advance(&left.f[k], row.data(), zeros.data(), net[j] - left.net[j], free.data(), count);
        }
      }
    });
  }
}

}  // namespace boreal
