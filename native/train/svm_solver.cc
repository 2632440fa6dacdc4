#include "train/svm_solver.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/dispatch.h"
#include "kernels/dispatch_svm.h"
#include "linalg/team.h"
#include "train/svm_variables.h"

namespace boreal {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// What the curvature along a pair counts at least, where the kernel is not positive definite.
constexpr double kLeastCurvature = 1e-12;
constexpr uint64_t kCheckEvery = 64;
// Variables are left out after so many iterations (or one for each column), and so many for each vector that
// counts: before that, rows of the kernel are mostly computed for the first time, and are needed whole.
constexpr uint64_t kShrinkEvery = 1000;
constexpr uint64_t kPerVector = 2;
// All come back once when the violation is at most so many tolerances, in case some were left out too soon.
constexpr double kNearlyThere = 10;

class Smo {
 public:
  Smo(const KernelColumns& columns, const SvmProblem& problem, const SvmOptions& options, Team& team)
      : options_(options),
        team_(team),
        kernels_(svm_kernels(kernels())),
        v_(columns, problem, options, team),
        shrinks_(options.shrinking) {
    countdown_ = every();
  }

  SvmSolution run() {
    for (;;) {
      const bool done = v_.ranges().size() == 1 ? run_all() : run_labels();
      if (!v_.is_shrunk()) {
        solution_.converged = done;
        break;
      }
      v_.restore();
      if (!done) break;
      if (v_.violation() < options_.tolerance) {
        solution_.converged = true;
        break;
      }
      // Where rounding keeps a pair from moving, leaving out begins a circle.
      shrinks_ = solution_.iterations > iterations_before_;
      iterations_before_ = solution_.iterations;
      countdown_ = 1;
    }
    const std::vector<SvmRange> ranges = v_.ranges();
    const double above = threshold(ranges[0]);
    solution_.rho = above;
    if (ranges.size() == 2) {
      const double below = threshold(ranges[1]);
      solution_.rho = (above + below) / 2;
      solution_.scale = (above - below) / 2;
    }
    solution_.alpha = std::move(v_.alpha);
    return std::move(solution_);
  }

 private:
  // Moves pairs until none violates the conditions by more than the tolerance; false when there are no
  // iterations left.
  bool run_all() {
    SvmCandidate first = least({0, v_.size()});
    while (first.value < kInfinity) {
      if (solution_.iterations % kCheckEvery == 0) check_cancel(options_.cancel);
      if (shrink_now_and_then()) first = least({0, v_.size()});
      const SvmPartner partner = choose(first, {0, v_.size()});
      if (is_over(partner.most - first.value) || partner.best.value <= 0) return true;
      if (!may_go_on()) return false;
      first = move(first.index, partner.best.index);
    }
    return true;
  }

  // The same with pairs of variables of one label, of the label that promises more (Chang and Lin 2011,
  // section 4.2.4).
  bool run_labels() {
    for (;;) {
      if (solution_.iterations % kCheckEvery == 0) check_cancel(options_.cancel);
      shrink_now_and_then();
      double most_gap = -kInfinity;
      SvmCandidate first{kInfinity, 0}, second{-kInfinity, 0};
      for (const SvmRange& label : v_.ranges()) {
        const SvmCandidate least_one = least(label);
        if (least_one.value == kInfinity) continue;
        const SvmPartner partner = choose(least_one, label);
        most_gap = std::max(most_gap, partner.most - least_one.value);
        if (partner.best.value > std::max(second.value, 0.0)) {
          first = least_one;
          second = partner.best;
        }
      }
      if (is_over(most_gap) || first.value == kInfinity) return true;
      if (!may_go_on()) return false;
      row_ = filled(first.index % v_.columns());
      move(first.index, second.index);
    }
  }

  bool is_over(double gap) const {
    if (!std::isfinite(gap) && gap != -kInfinity) throw svm_overflow();
    return gap < options_.tolerance;
  }

  bool may_go_on() {
    if (options_.max_iterations != 0 && solution_.iterations == options_.max_iterations) return false;
    ++solution_.iterations;
    return true;
  }

  uint64_t every() const { return std::min<uint64_t>(v_.columns(), kShrinkEvery); }

  // Now and then leaves out what has come to rest; whether variables have other numbers now.
  bool shrink_now_and_then() {
    if (!shrinks_ || --countdown_ > 0) return false;
    countdown_ = every();
    const auto vectors = static_cast<uint64_t>(
        std::count_if(v_.alpha.begin(), v_.alpha.end(), [](double a) { return a > 0; }));
    if (!v_.is_shrunk() && solution_.iterations < kPerVector * vectors) return false;
    if (v_.is_shrunk() && !came_back_ && v_.violation() <= kNearlyThere * options_.tolerance) {
      came_back_ = true;
      v_.restore();
    }
    v_.shrink();
    row_ = nullptr;
    return true;
  }

  const float* filled(size_t column) {
    const KernelRowCache::Entry row = v_.cache().row(column);
    if (!row.is_filled) v_.kernel().fill(v_.kernel().row(column), 0, v_.columns(), row.values);
    return row.values;
  }

  SvmCandidate least(const SvmRange& range) const {
    SvmCandidate best{kInfinity, 0};
    for (size_t i = range.first; i < range.last; ++i) {
      if (v_.f[i] + v_.up[i] < best.value) best = {v_.f[i] + v_.up[i], i};
    }
    return best;
  }

  // The best partner in the range of the variable that violates most, whose row is left in row_.
  SvmPartner choose(const SvmCandidate& first, const SvmRange& range) {
    const size_t n = v_.columns(), column = first.index % n;
    const Partition& parts = v_.parts();
    const KernelRowCache::Entry row = v_.cache().row(column);
    row_ = row.values;
    // With the variables the parts change, and fewer columns may make more of them: parts are whole granules.
    partners_.resize(parts.count());
    team_.each(parts.count(), [&](size_t part) {
      const size_t begin = parts.begin(part), end = parts.end(part);
      if (!row.is_filled) v_.kernel().fill(v_.kernel().row(column), begin, end, row.values + begin);
      SvmPartner best{-kInfinity, {0, 0}};
      for (size_t copy = 0; copy < v_.size(); copy += n) {
        const size_t i = std::max(copy + begin, range.first), last = std::min(copy + end, range.last);
        if (i >= last) continue;
        const SvmPartner found =
            kernels_.choose(&v_.f[i], row.values + (i - copy), &v_.diagonal[i - copy], &v_.low[i],
                            first.value, v_.diagonal[column], kLeastCurvature, last - i);
        best.most = std::max(best.most, found.most);
        if (found.best.value > best.best.value) best.best = {found.best.value, found.best.index + i};
      }
      partners_[part] = best;
    });
    SvmPartner best{-kInfinity, {0, 0}};
    for (size_t part = 0; part < parts.count(); ++part) {
      const SvmPartner& found = partners_[part];
      best.most = std::max(best.most, found.most);
      const bool is_better = found.best.value > best.best.value ||
                             (found.best.value == best.best.value && found.best.index < best.best.index);
      if (is_better) best.best = found.best;
    }
    return best;
  }

  // Moves the pair to its optimum within its bounds; returns who violates most then.
  SvmCandidate move(size_t i, size_t j) {
    const size_t n = v_.columns(), column = j % n;
    const Partition& parts = v_.parts();
    const float* const row_i = row_;
    const KernelRowCache::Entry row_j = v_.cache().row(column);
    // The value that the pair's curvature needs, whether its row is there yet or not.
    const double between = row_i[column];
    const double curvature =
        std::max(v_.diagonal[i % n] + v_.diagonal[column] - 2 * between, kLeastCurvature);
    const double c_i = v_.c[i], c_j = v_.c[j];
    const bool i_rises = v_.y[i] > 0, j_falls = v_.y[j] > 0;
    const double room_i = i_rises ? c_i - v_.alpha[i] : v_.alpha[i];
    const double room_j = j_falls ? v_.alpha[j] : c_j - v_.alpha[j];
    const double step = std::min((v_.f[j] - v_.f[i]) / curvature, std::min(room_i, room_j));
    // At a bound exactly, not within rounding of it.
    v_.alpha[i] = step == room_i ? (i_rises ? c_i : 0) : v_.alpha[i] + (i_rises ? step : -step);
    v_.alpha[j] = step == room_j ? (j_falls ? 0 : c_j) : v_.alpha[j] + (j_falls ? -step : step);
    v_.set_bounds(i);
    v_.set_bounds(j);
    firsts_.resize(parts.count());
    team_.each(parts.count(), [&](size_t part) {
      const size_t begin = parts.begin(part), end = parts.end(part);
      if (!row_j.is_filled) v_.kernel().fill(v_.kernel().row(column), begin, end, row_j.values + begin);
      SvmCandidate best{kInfinity, 0};
      for (size_t k = begin; k < v_.size(); k += n) {
        const SvmCandidate found =
            kernels_.advance(&v_.f[k], row_i + begin, row_j.values + begin, step, &v_.up[k], end - begin);
        if (found.value < best.value) best = {found.value, found.index + k};
      }
      firsts_[part] = best;
    });
    SvmCandidate best{kInfinity, 0};
    for (size_t part = 0; part < parts.count(); ++part) {
      const SvmCandidate& found = firsts_[part];
      if (found.value < best.value || (found.value == best.value && found.index < best.index)) best = found;
    }
    return best;
  }

  // rho: f of the free variables, on average; without any, the middle of what the others allow.
  double threshold(const SvmRange& range) const {
    double sum = 0, least = -kInfinity, most = kInfinity;
    size_t free = 0;
    for (size_t i = range.first; i < range.last; ++i) {
      const bool can_rise = v_.up[i] == 0, can_fall = v_.low[i] == 0;
      if (can_rise && can_fall) {
        sum += v_.f[i];
        ++free;
      } else if (can_rise) {
        most = std::min(most, v_.f[i]);
      } else if (can_fall) {
        least = std::max(least, v_.f[i]);
      }
    }
    if (free > 0) return sum / static_cast<double>(free);
    if (std::isinf(most)) return std::isinf(least) ? 0 : least;
    return std::isinf(least) ? most : (most + least) / 2;
  }

  const SvmOptions& options_;
  Team& team_;
  const SvmKernels& kernels_;
  SvmVariables v_;
  SvmSolution solution_;
  bool shrinks_;
  uint64_t countdown_ = 0, iterations_before_ = 0;
  bool came_back_ = false;
  std::vector<SvmCandidate> firsts_;
  std::vector<SvmPartner> partners_;
  const float* row_ = nullptr;
};

}  // namespace

SvmSolution solve_svm(const KernelColumns& columns, const SvmProblem& problem, const SvmOptions& options) {
  SvmSolution solution;
  const size_t worth = std::max<size_t>(1, columns.size() / kMinSvmPart);
  const size_t threads = options.max_threads == 0 ? worth : std::min(worth, options.max_threads);
  Team::run(threads, [&](Team& team) { solution = Smo(columns, problem, options, team).run(); });
  for (const double alpha : solution.alpha) {
    if (!std::isfinite(alpha)) throw svm_overflow();
  }
  return solution;
}

}  // namespace boreal
