// A split of a node, and the rules that allow it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

namespace boreal {

// A score as it is computed in the inner loops: compared with the best so far by a product, so that only a
// better one costs a division.
struct Fraction {
  double num;
  double den;  // > 0
  bool exceeds(double score) const { return num > score * den; }
  double value() const { return num / den; }
};

struct Split {
  double score = -std::numeric_limits<double>::infinity();
  uint32_t feature = 0;
  uint32_t low = 0, high = 0;  // neighbouring ranks within the node: up to low go left, from high on right
  bool missing = false;        // the node's rows have missing values in this column;
  bool missing_left = false;   // these go here

  bool found() const { return score > -std::numeric_limits<double>::infinity(); }
};

}  // namespace boreal
