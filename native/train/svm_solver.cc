#include "train/svm_solver.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/partition.h"
#include "base/thread_pool.h"
#include "kernels/dispatch.h"
#include "kernels/dispatch_svm.h"
#include "linalg/team.h"

namespace boreal {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// What the curvature along a pair counts at least, where the kernel is not positive definite.
constexpr double kLeastCurvature = 1e-12;
// Columns that are worth a thread of their own.
constexpr size_t kMinPart = 3072;
constexpr uint64_t kCheckEvery = 64;

class Smo {
 public:
  Smo(const KernelColumns& columns, const SvmProblem& problem, const SvmOptions& options, Team& team)
      : columns_(columns),
        problem_(problem),
        options_(options),
        team_(team),
        kernels_(svm_kernels(kernels())),
        cache_(columns, options.cache_bytes),
        n_(columns.size()),
        size_(problem.y.size()),
        alpha_(problem.start),
        f_(size_),
        up_(size_),
        low_(size_),
        diagonal_(n_) {
    alpha_.resize(size_, 0);
    const size_t threads = std::max<size_t>(1, std::min(n_ / kMinPart, ThreadPool::instance().size()));
    const size_t even = (n_ + threads - 1) / threads;
    parts_ = {n_, (even + columns.granule() - 1) / columns.granule() * columns.granule()};
    firsts_.resize(parts_.count());
    partners_.resize(parts_.count());
  }

  SvmSolution run() { return problem_.keeps_sums ? run_labels() : run_all(); }

 private:
  // Variables from first to last.
  struct Range {
    size_t first, last;
  };

  SvmSolution run_all() {
    start();
    SvmSolution solution;
    const Range all{0, size_};
    SvmCandidate first = least(all);
    while (first.value < kInfinity) {
      if (solution.iterations % kCheckEvery == 0) check_cancel(options_.cancel);
      const SvmPartner partner = choose(first, all);
      const double gap = partner.most - first.value;
      if (!std::isfinite(gap) && gap != -kInfinity) overflow();
      if (gap < options_.tolerance || partner.best.value <= 0) {
        solution.converged = true;
        break;
      }
      if (options_.max_iterations != 0 && solution.iterations == options_.max_iterations) break;
      ++solution.iterations;
      first = move(first.index, partner.best.index);
    }
    if (first.value == kInfinity) solution.converged = true;
    solution.rho = threshold(all);
    solution.alpha = std::move(alpha_);
    return solution;
  }

  // Pairs of variables of one label, of the label that promises more (Chang and Lin 2011, section 4.2.4).
  SvmSolution run_labels() {
    start();
    const size_t positive = static_cast<size_t>(
        std::find_if(problem_.y.begin(), problem_.y.end(), [](double y) { return y < 0; }) -
        problem_.y.begin());
    const Range labels[] = {{0, positive}, {positive, size_}};
    SvmSolution solution;
    for (;;) {
      if (solution.iterations % kCheckEvery == 0) check_cancel(options_.cancel);
      double most_gap = -kInfinity;
      SvmCandidate first{kInfinity, 0}, second{-kInfinity, 0};
      for (const Range& label : labels) {
        const SvmCandidate least_one = least(label);
        if (least_one.value == kInfinity) continue;
        const SvmPartner partner = choose(least_one, label);
        const double gap = partner.most - least_one.value;
        if (!std::isfinite(gap) && gap != -kInfinity) overflow();
        most_gap = std::max(most_gap, gap);
        if (partner.best.value > std::max(second.value, 0.0)) {
          first = least_one;
          second = partner.best;
        }
      }
      if (most_gap < options_.tolerance || first.value == kInfinity) {
        solution.converged = true;
        break;
      }
      if (options_.max_iterations != 0 && solution.iterations == options_.max_iterations) break;
      ++solution.iterations;
      row_ = filled(first.index % n_);
      move(first.index, second.index);
    }
    const double above = threshold(labels[0]), below = threshold(labels[1]);
    solution.rho = (above + below) / 2;
    solution.scale = (above - below) / 2;
    solution.alpha = std::move(alpha_);
    return solution;
  }

  [[noreturn]] static void overflow() {
    throw Error("ERR_PARAMETER",
                "Values of the kernel overflow: scale the columns, or choose a smaller gamma.");
  }

  // f_i = y_i p_i + sum_j y_j a_j K_ij, the gradient times y_i.
  void start() {
    for (size_t i = 0; i < n_; ++i) {
      diagonal_[i] = columns_.diagonal(i);
      // No value is larger than those of its row and column on the diagonal.
      if (!(std::fabs(diagonal_[i]) <= std::numeric_limits<float>::max())) overflow();
    }
    for (size_t i = 0; i < size_; ++i) {
      f_[i] = problem_.y[i] * problem_.p[i];
      set_bounds(i);
    }
    const std::vector<float> zeros(n_, 0.0f);
    for (size_t j = 0; j < size_; ++j) {
      if (alpha_[j] == 0) continue;
      check_cancel(options_.cancel);
      const float* row = filled(j % n_);
      for (size_t i = 0; i < size_; i += n_) {
        kernels_.advance(&f_[i], row, zeros.data(), problem_.y[j] * alpha_[j], &up_[i], n_);
      }
    }
  }

  const float* filled(size_t column) {
    const KernelRowCache::Entry row = cache_.row(column);
    if (!row.is_filled) columns_.fill(columns_.row(column), 0, n_, row.values);
    return row.values;
  }

  void set_bounds(size_t i) {
    const bool is_free_above = alpha_[i]<problem_.c[i], is_free_below = alpha_[i]> 0;
    const bool is_positive = problem_.y[i] > 0;
    up_[i] = (is_positive ? is_free_above : is_free_below) ? 0 : kInfinity;
    low_[i] = (is_positive ? is_free_below : is_free_above) ? 0 : -kInfinity;
  }

  SvmCandidate least(const Range& range) const {
    SvmCandidate best{kInfinity, 0};
    for (size_t i = range.first; i < range.last; ++i) {
      if (f_[i] + up_[i] < best.value) best = {f_[i] + up_[i], i};
    }
    return best;
  }

  // The best partner in the range of the variable that violates most, whose row is left in row_.
  SvmPartner choose(const SvmCandidate& first, const Range& range) {
    const size_t column = first.index % n_;
    const KernelRowCache::Entry row = cache_.row(column);
    row_ = row.values;
    team_.each(parts_.count(), [&](size_t part) {
      const size_t begin = parts_.begin(part), end = parts_.end(part);
      if (!row.is_filled) columns_.fill(columns_.row(column), begin, end, row.values + begin);
      SvmPartner best{-kInfinity, {0, 0}};
      for (size_t copy = 0; copy < size_; copy += n_) {
        const size_t i = std::max(copy + begin, range.first), last = std::min(copy + end, range.last);
        if (i >= last) continue;
        const SvmPartner found =
            kernels_.choose(&f_[i], row.values + (i - copy), &diagonal_[i - copy], &low_[i], first.value,
                            diagonal_[column], kLeastCurvature, last - i);
        best.most = std::max(best.most, found.most);
        if (found.best.value > best.best.value) best.best = {found.best.value, found.best.index + i};
      }
      partners_[part] = best;
    });
    SvmPartner best{-kInfinity, {0, 0}};
    for (const SvmPartner& found : partners_) {
      best.most = std::max(best.most, found.most);
      const bool is_better = found.best.value > best.best.value ||
                             (found.best.value == best.best.value && found.best.index < best.best.index);
      if (is_better) best.best = found.best;
    }
    return best;
  }

  // Moves the pair to its optimum within its bounds; returns who violates most then.
  SvmCandidate move(size_t i, size_t j) {
    const size_t column = j % n_;
    const float* const row_i = row_;
    const KernelRowCache::Entry row_j = cache_.row(column);
    // The value that the pair's curvature needs, whether its row is there yet or not.
    const double between = row_i[column];
    const double curvature = std::max(diagonal_[i % n_] + diagonal_[column] - 2 * between, kLeastCurvature);
    const double c_i = problem_.c[i], c_j = problem_.c[j];
    const bool i_rises = problem_.y[i] > 0, j_falls = problem_.y[j] > 0;
    const double room_i = i_rises ? c_i - alpha_[i] : alpha_[i];
    const double room_j = j_falls ? alpha_[j] : c_j - alpha_[j];
    const double step = std::min((f_[j] - f_[i]) / curvature, std::min(room_i, room_j));
    // At a bound exactly, not within rounding of it.
    alpha_[i] = step == room_i ? (i_rises ? c_i : 0) : alpha_[i] + (i_rises ? step : -step);
    alpha_[j] = step == room_j ? (j_falls ? 0 : c_j) : alpha_[j] + (j_falls ? -step : step);
    set_bounds(i);
    set_bounds(j);
    team_.each(parts_.count(), [&](size_t part) {
      const size_t begin = parts_.begin(part), end = parts_.end(part);
      if (!row_j.is_filled) columns_.fill(columns_.row(column), begin, end, row_j.values + begin);
      SvmCandidate best{kInfinity, 0};
      for (size_t k = begin; k < size_; k += n_) {
        const SvmCandidate found =
            kernels_.advance(&f_[k], row_i + begin, row_j.values + begin, step, &up_[k], end - begin);
        if (found.value < best.value) best = {found.value, found.index + k};
      }
      firsts_[part] = best;
    });
    SvmCandidate best{kInfinity, 0};
    for (const SvmCandidate& found : firsts_) {
      if (found.value < best.value || (found.value == best.value && found.index < best.index)) best = found;
    }
    return best;
  }

  // rho: f of the free variables, on average; without any, the middle of what the others allow.
  double threshold(const Range& range) const {
    double sum = 0, least = -kInfinity, most = kInfinity;
    size_t free = 0;
    for (size_t i = range.first; i < range.last; ++i) {
      const bool can_rise = up_[i] == 0, can_fall = low_[i] == 0;
      if (can_rise && can_fall) {
        sum += f_[i];
        ++free;
      } else if (can_rise) {
        most = std::min(most, f_[i]);
      } else if (can_fall) {
        least = std::max(least, f_[i]);
      }
    }
    if (free > 0) return sum / static_cast<double>(free);
    if (std::isinf(most)) return std::isinf(least) ? 0 : least;
    return std::isinf(least) ? most : (most + least) / 2;
  }

  const KernelColumns& columns_;
  const SvmProblem& problem_;
  const SvmOptions& options_;
  Team& team_;
  const SvmKernels& kernels_;
  KernelRowCache cache_;
  const size_t n_, size_;
  std::vector<double> alpha_, f_, up_, low_, diagonal_;
  Partition parts_;
  std::vector<SvmCandidate> firsts_;
  std::vector<SvmPartner> partners_;
  const float* row_ = nullptr;
};

}  // namespace

SvmSolution solve_svm(const KernelColumns& columns, const SvmProblem& problem, const SvmOptions& options) {
  SvmSolution solution;
  const size_t worth = std::max<size_t>(1, columns.size() / kMinPart);
  const size_t threads = options.max_threads == 0 ? worth : std::min(worth, options.max_threads);
  Team::run(threads, [&](Team& team) { solution = Smo(columns, problem, options, team).run(); });
  for (const double alpha : solution.alpha) {
    if (!std::isfinite(alpha)) throw Error("ERR_PARAMETER", "Values of the kernel overflow.");
  }
  return solution;
}

}  // namespace boreal
