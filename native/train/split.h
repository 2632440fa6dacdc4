// A split of a node and its score.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace boreal {

// A score as the inner loops compute it: a product compares it, and only a better one costs a division.
struct Fraction {
  double num;
  double den;  // > 0
  double value() const { return num / den; }
  bool exceeds(double bar) const { return num > bar * den; }
};

// Of a split that a criterion forbids.
constexpr Fraction kForbidden = {-std::numeric_limits<double>::infinity(), 1};

// What a score has to exceed to be better than this one. The margin is beyond the reach of rounding, so that
// the first of equal scores wins however they were computed: a row of weight 2 is as good as two rows.
inline double bar_above(double score) { return score + 1e-15 * std::abs(score); }

// What the values below a node may be, for monotonic constraints.
struct ValueBounds {
  double lower = -std::numeric_limits<double>::infinity();
  double upper = std::numeric_limits<double>::infinity();

  bool hold(double value) const { return lower <= value && value <= upper; }
};

struct Split {
  double score = std::numeric_limits<double>::lowest();
  uint32_t feature = 0;
  uint32_t low = 0, high = 0;  // neighbouring ranks within the node: up to low go left, from high on right
  // Drawn at random; NaN: halfway between the ranks.
  double threshold = std::numeric_limits<double>::quiet_NaN();
  bool missing = false;       // the node's rows have missing values in this column;
  bool missing_left = false;  // these go here
  double middle = 0;          // of the children's values; only with monotonic constraints

  bool found() const { return score > std::numeric_limits<double>::lowest(); }
};

}  // namespace boreal
