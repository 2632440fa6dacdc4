// A split of a node, and the rules that allow it.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace boreal {

// A score. Fractions are compared by cross-multiplication, which is exact while the products are whole
// numbers below 2^53: then equal scores are recognised, and rows of weight 2 give the same tree as rows that
// stand twice.
struct Fraction {
  double num = -std::numeric_limits<double>::infinity();
  double den = 1;  // > 0
  double value() const { return num / den; }
  // Just below value(), beyond the reach of rounding.
  double lower_bound() const { return value() - 1e-15 * std::abs(value()); }
};

inline bool operator>(const Fraction& a, const Fraction& b) { return a.num * b.den > b.num * a.den; }

struct Split {
  Fraction score;
  uint32_t feature = 0;
  uint32_t low = 0, high = 0;  // neighbouring ranks within the node: up to low go left, from high on right
  bool missing = false;        // the node's rows have missing values in this column;
  bool missing_left = false;   // these go here

  bool found() const { return score.num > -std::numeric_limits<double>::infinity(); }
};

}  // namespace boreal
