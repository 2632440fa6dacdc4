// The two-loop recursion of Nocedal (1980), scaled by s.y / y.y of the last pair. Starting step, skipped
// pairs, restarts and stopping rules follow L-BFGS-B without bounds (Zhu, Byrd, Lu & Nocedal 1997).
#include "train/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>

#include "train/dot.h"
#include "train/line_search.h"

namespace boreal {
namespace {

using Vector = std::vector<double>;

double dot(const Vector& a, const Vector& b) { return boreal::dot(a.data(), b.data(), a.size()); }

// y += scale * x
void add_scaled(double scale, const Vector& x, Vector& y) {
  for (size_t i = 0; i < y.size(); ++i) y[i] += scale * x[i];
}

double largest_absolute(const Vector& v) {
  double largest = 0;
  for (const double value : v) largest = std::max(largest, std::fabs(value));
  return largest;
}

// A step s, the gradient's change y along it, and their product.
struct Pair {
  Vector s, y;
  double product;
};
using Precondition = std::function<void(Vector&)>;

// -H g, where H approximates the inverse Hessian.
Vector descent_direction(const std::deque<Pair>& pairs, const Vector& gradient,
                         const Precondition& precondition) {
  Vector direction(gradient.size());
  for (size_t i = 0; i < direction.size(); ++i) direction[i] = -gradient[i];
  if (pairs.empty() && !precondition) return direction;
  Vector weight(pairs.size());
  for (size_t p = pairs.size(); p-- > 0;) {
    weight[p] = dot(pairs[p].s, direction) / pairs[p].product;
    add_scaled(-weight[p], pairs[p].y, direction);
  }
  if (precondition) {
    precondition(direction);
  } else {
    const double scale = pairs.back().product / dot(pairs.back().y, pairs.back().y);
    for (double& value : direction) value *= scale;
  }
  for (size_t p = 0; p < pairs.size(); ++p) {
    const double correction = dot(pairs[p].y, direction) / pairs[p].product;
    add_scaled(weight[p] - correction, pairs[p].s, direction);
  }
  return direction;
}

// Moves `now` along the direction to a step the line search accepts, and returns that step; 0, with `now` as
// it was, if none is found.
double search_line(const Objective& objective, const LbfgsOptions& options, const Vector& direction,
                   double slope, double first_step, LbfgsResult& now) {
  LineSearch search({0, now.value, slope}, first_step);
  LbfgsResult tried;
  tried.x = now.x;
  tried.gradient = now.gradient;
  for (size_t evaluation = 0; evaluation < options.max_evaluations; ++evaluation) {
    const double step = search.step();
    for (size_t i = 0; i < direction.size(); ++i) tried.x[i] = now.x[i] + step * direction[i];
    tried.value = objective(tried.x, tried.gradient);
    const double tried_slope = dot(tried.gradient, direction);
    if (!std::isfinite(tried.value) || !std::isfinite(tried_slope)) {
      search.draw_back();
    } else if (search.advance(tried.value, tried_slope)) {
      now.x = std::move(tried.x);
      now.gradient = std::move(tried.gradient);
      now.value = tried.value;
      return step;
    }
  }
  return 0;
}

}  // namespace

LbfgsResult minimize(const Objective& objective, std::vector<double> x0, const LbfgsOptions& options) {
  LbfgsResult now;
  now.x = std::move(x0);
  now.gradient.resize(now.x.size());
  now.value = objective(now.x, now.gradient);
  now.converged = largest_absolute(now.gradient) <= options.gradient_tolerance;

  std::deque<Pair> pairs;
  Precondition precondition = options.precondition;
  while (!now.converged && now.iterations < options.max_iterations) {
    const Vector direction = descent_direction(pairs, now.gradient, precondition);
    const double slope = dot(now.gradient, direction);
    const double norm = std::sqrt(dot(direction, direction));
    const double first_step = now.iterations == 0 && !precondition ? std::min(1 / norm, 1e10) : 1;
    Vector change = now.gradient;
    const double value_before = now.value;
    const double step = slope < 0 ? search_line(objective, options, direction, slope, first_step, now) : 0;
    if (step == 0) {
      if (pairs.empty() && !precondition) break;
      precondition = nullptr;
      pairs.clear();  // start again from steepest descent
      continue;
    }

    ++now.iterations;
    if (options.on_iteration) options.on_iteration(now.iterations);
    const double scale = std::max({std::fabs(value_before), std::fabs(now.value), 1.0});
    now.converged = largest_absolute(now.gradient) <= options.gradient_tolerance ||
                    value_before - now.value <= options.value_tolerance * scale;

    for (size_t i = 0; i < change.size(); ++i) change[i] = now.gradient[i] - change[i];
    const double product = step * dot(direction, change);
    // Without enough curvature the pair would make H indefinite.
    if (product <= std::numeric_limits<double>::epsilon() * -slope * step) continue;
    if (pairs.size() == options.memory) pairs.pop_front();
    pairs.push_back({direction, std::move(change), product});
    for (double& value : pairs.back().s) value *= step;
  }
  return now;
}

}  // namespace boreal
