// A split of a node and its score.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "device/forest_splits.h"

namespace boreal {

// Of a split that a criterion forbids.
constexpr Fraction kForbidden = {-std::numeric_limits<double>::infinity(), 1};

// What the values below a node may be, for monotonic constraints.
struct ValueBounds {
  double lower = -std::numeric_limits<double>::infinity();
  double upper = std::numeric_limits<double>::infinity();

  bool hold(double value) const { return lower <= value && value <= upper; }
};

// Names a node by its way from the root, whose path is 1; k is 0 for the left child, 1 for the right one.
inline uint64_t child_path(uint64_t path, uint32_t k) { return path * 0x9e3779b97f4a7c15ull + k + 1; }

struct Split {
  double score = kNoScore;
  uint32_t feature = 0;
  uint32_t low = 0, high = 0;  // neighbouring ranks within the node: up to low go left, from high on right
  // Drawn at random; NaN: halfway between the ranks.
  double threshold = std::numeric_limits<double>::quiet_NaN();
  bool missing = false;       // the node's rows have missing values in this column;
  bool missing_left = false;  // these go here
  double middle = 0;          // of the children's values; only with monotonic constraints

  bool found() const { return score > kNoScore; }
};

}  // namespace boreal
