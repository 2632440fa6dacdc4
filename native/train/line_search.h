// The line search of More & Thuente: "Line search algorithms with guaranteed sufficient decrease", ACM TOMS
// 20 (1994). Finds a step that meets the strong Wolfe conditions while it keeps an interval that holds one.
#pragma once

#include <cstddef>

namespace boreal {

// phi(step) = f(x + step * direction) and its slope.
struct LinePoint {
  double step, value, slope;
};

class LineSearch {
 public:
  // start: the point at step 0, slope < 0.
  LineSearch(LinePoint start, double first_step);

  // The step to evaluate next.
  double step() const { return step_; }
  // Takes what was found there; true when the search is over and step() is to be accepted.
  bool advance(double value, double slope);
  // The value or slope there is not finite: a tenth of the way from the best step so far.
  void draw_back() { step_ = best_.step + 0.1 * (step_ - best_.step); }

 private:
  void choose_next(const LinePoint& tried, LinePoint& best, LinePoint& other);

  LinePoint start_, best_, other_;
  double step_, min_step_, max_step_;
  double width_, previous_width_;  // of the interval, one and two steps ago
  bool bracketed_ = false;
  bool first_stage_ = true;
};

}  // namespace boreal
