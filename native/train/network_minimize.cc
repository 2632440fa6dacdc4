// A network's parameters by L-BFGS: for small data, where a gradient of all rows is cheap.
#include <cmath>

#include "train/lbfgs.h"
#include "train/network.h"

namespace boreal {
namespace {

// The most evaluations are made: the line search cannot be left otherwise.
struct EvaluationsSpent {};

}  // namespace

MinimizeResult Network::minimize(const NetworkData& data, const NetworkObjective& objective,
                                 const MinimizeOptions& options, const CancelToken* cancel,
                                 const std::function<void(size_t, size_t)>& on_iteration) {
  const size_t count = parameters_.size();
  AlignedBuffer<float> slope(count);
  MinimizeResult result;
  size_t evaluations = 0;
  std::vector<double> tried(count), best(parameters_.begin(), parameters_.end());
  double tried_loss = 0;
  const auto set = [&](const std::vector<double>& x) {
    for (size_t i = 0; i < count; ++i) parameters_[i] = static_cast<float>(x[i]);
  };
  const Objective loss = [&](const std::vector<double>& x, std::vector<double>& g) {
    if (evaluations == options.max_evaluations) throw EvaluationsSpent{};
    ++evaluations;
    set(x);
    const EpochResult all = gradient(data, objective, slope.data(), cancel);
    tried_loss = all.loss;
    if (evaluations == 1) result.loss = tried_loss;
    for (size_t i = 0; i < count; ++i) g[i] = slope[i];
    tried = x;
    return all.objective;
  };
  LbfgsOptions lbfgs;
  lbfgs.max_iterations = options.max_iterations;
  lbfgs.gradient_tolerance = options.tolerance;
  lbfgs.value_tolerance = 2.220446049250313e-09;  // SciPy's
  lbfgs.on_iteration = [&](size_t iterations) {
    result.iterations = iterations;
    result.loss = tried_loss;
    result.losses.push_back(tried_loss);
    best = tried;
    if (on_iteration) on_iteration(iterations, options.max_iterations);
  };
  try {
    LbfgsResult found = boreal::minimize(loss, best, lbfgs);
    result.converged = found.converged;
    best = std::move(found.x);
  } catch (const EvaluationsSpent&) {
    // What was best stays.
  }
  set(best);
  return result;
}

}  // namespace boreal
