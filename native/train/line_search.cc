// The paper's two stages: until a step with sufficient decrease and a non-negative slope is seen, the
// interval is updated with the auxiliary function psi(t) = phi(t) - phi(0) - decrease * phi'(0) * t.
// Parameters and order of tests are MINPACK-2's as L-BFGS-B uses them, so that iterates agree with those of
// SciPy.
#include "train/line_search.h"

#include <algorithm>
#include <cmath>

namespace boreal {
namespace {

constexpr double kDecrease = 1e-3;  // sufficient decrease, of the slope at 0
constexpr double kCurvature = 0.9;  // the slope's size at the step, of the slope's size at 0
constexpr double kMinWidth = 0.1;   // of the interval, relative to its upper end
constexpr double kLargestStep = 1e10;

// The minimiser of the cubic through two points with slopes, as a fraction of the way from a to b; infinite
// if the cubic falls for ever on the side of b.
double cubic_fraction(const LinePoint& a, const LinePoint& b) {
  const double theta = 3 * (a.value - b.value) / (b.step - a.step) + a.slope + b.slope;
  const double scale = std::max({std::fabs(theta), std::fabs(a.slope), std::fabs(b.slope)});
  const double root =
      std::max(0.0, (theta / scale) * (theta / scale) - (a.slope / scale) * (b.slope / scale));
  const double gamma = std::copysign(scale * std::sqrt(root), b.step - a.step);
  return ((gamma - a.slope) + theta) / (((gamma - a.slope) + gamma) + b.slope);
}

// The minimiser of the parabola with the slopes of a and b: their secant's zero.
double secant_step(const LinePoint& a, const LinePoint& b) {
  return a.step + a.slope / (a.slope - b.slope) * (b.step - a.step);
}

}  // namespace

LineSearch::LineSearch(LinePoint start, double first_step)
    : start_(start),
      best_(start),
      other_(start),
      step_(first_step),
      min_step_(0),
      max_step_(5 * first_step),
      width_(kLargestStep),
      previous_width_(2 * kLargestStep) {}

bool LineSearch::advance(double value, double slope) {
  const double least_slope = kDecrease * start_.slope;
  const bool decreased = value <= start_.value + step_ * least_slope;
  if (first_stage_ && decreased && slope >= 0) first_stage_ = false;

  if (decreased && std::fabs(slope) <= kCurvature * -start_.slope) return true;
  // No further progress is possible: rounding, a tiny interval, or a function that falls without end.
  if (bracketed_ && (step_ <= min_step_ || step_ >= max_step_)) return true;
  if (bracketed_ && max_step_ - min_step_ <= kMinWidth * max_step_) return true;
  if (step_ == kLargestStep && decreased && slope <= least_slope) return true;

  const LinePoint tried{step_, value, slope};
  if (first_stage_ && value <= best_.value && !decreased) {
    const auto tilted = [&](const LinePoint& p, double sign) {
      return LinePoint{p.step, p.value - sign * p.step * least_slope, p.slope - sign * least_slope};
    };
    LinePoint best = tilted(best_, 1), other = tilted(other_, 1);
    choose_next(tilted(tried, 1), best, other);
    best_ = tilted(best, -1);
    other_ = tilted(other, -1);
  } else {
    choose_next(tried, best_, other_);
  }

  if (bracketed_) {
    // Bisect unless two steps shrank the interval by a third.
    const double width = std::fabs(other_.step - best_.step);
    if (width >= 0.66 * previous_width_) step_ = best_.step + 0.5 * (other_.step - best_.step);
    previous_width_ = width_;
    width_ = width;
    min_step_ = std::min(best_.step, other_.step);
    max_step_ = std::max(best_.step, other_.step);
  } else {
    min_step_ = step_ + 1.1 * (step_ - best_.step);
    max_step_ = step_ + 4 * (step_ - best_.step);
  }
  step_ = std::min(std::max(step_, 0.0), kLargestStep);
  if (bracketed_ &&
      (step_ <= min_step_ || step_ >= max_step_ || max_step_ - min_step_ <= kMinWidth * max_step_)) {
    step_ = best_.step;
  }
  return false;
}

// Section 4 of the paper: the trial step from the four cases, and the new interval (best, other).
void LineSearch::choose_next(const LinePoint& tried, LinePoint& best, LinePoint& other) {
  const bool slopes_differ = tried.slope * (best.slope / std::fabs(best.slope)) < 0;
  const double span = best.step - tried.step;
  double next;
  if (tried.value > best.value) {
    // The value rose: the minimum lies between.
    const double rise = (best.value - tried.value) / (tried.step - best.step) + best.slope;
    const double parabola = best.step + best.slope / rise / 2 * (tried.step - best.step);
    const double cubic = best.step + cubic_fraction(best, tried) * (tried.step - best.step);
    const bool cubic_closer = std::fabs(cubic - best.step) < std::fabs(parabola - best.step);
    next = cubic_closer ? cubic : cubic + (parabola - cubic) / 2;
    bracketed_ = true;
  } else if (slopes_differ) {
    // The slope changed its sign: the minimum lies between.
    const double cubic = tried.step + cubic_fraction(tried, best) * span;
    const double secant = secant_step(tried, best);
    next = std::fabs(cubic - tried.step) > std::fabs(secant - tried.step) ? cubic : secant;
    bracketed_ = true;
  } else if (std::fabs(tried.slope) < std::fabs(best.slope)) {
    // The slope flattens: extrapolate, but only towards a minimum of the cubic.
    const double fraction = cubic_fraction(tried, best);
    const double limit = span < 0 ? max_step_ : min_step_;
    const double cubic = fraction < 0 ? tried.step + fraction * span : limit;
    const double secant = secant_step(tried, best);
    const bool cubic_closer = std::fabs(cubic - tried.step) < std::fabs(secant - tried.step);
    if (bracketed_) {
      next = cubic_closer ? cubic : secant;
      const double guard = tried.step + 0.66 * (other.step - tried.step);
      next = span < 0 ? std::min(guard, next) : std::max(guard, next);
    } else {
      next = std::min(std::max(cubic_closer ? secant : cubic, min_step_), max_step_);
    }
  } else if (bracketed_) {
    next = tried.step + cubic_fraction(tried, other) * (other.step - tried.step);
  } else {
    next = span < 0 ? max_step_ : min_step_;
  }

  if (tried.value > best.value) {
    other = tried;
  } else {
    if (slopes_differ) other = best;
    best = tried;
  }
  step_ = next;
}

}  // namespace boreal
