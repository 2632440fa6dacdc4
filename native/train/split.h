// A split of a node and the rules that allow it; shared by the two searches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

namespace boreal {

// Scores are compared by cross-multiplication: no division in the inner loops. The default is below every score.
struct Fraction {
  double num = -std::numeric_limits<double>::infinity();
  double den = 1;  // > 0
  double value() const { return num / den; }
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

// scikit-learn's min_samples_leaf and min_weight_leaf.
struct SplitLimits {
  size_t min_rows = 1;
  double min_weight = 0;

  // Whether the split at scan's position is allowed and better than best, which then becomes its score.
  template <typename Scan>
  bool improves(const Scan& scan, size_t left_rows, size_t rows, Fraction* best) const {
    if (left_rows < min_rows || rows - left_rows < min_rows) return false;
    if (scan.left_weight() < min_weight || scan.right_weight() < min_weight) return false;
    const Fraction score = scan.score();
    if (!(score > *best)) return false;
    *best = score;
    return true;
  }
};

}  // namespace boreal
