// Sample weights as every fit accepts them: one per row, finite and non-negative, or none at all.
#pragma once

#include <cmath>
#include <cstddef>
#include <string>

#include "base/error.h"
#include "base/span.h"

namespace boreal {

// The sum of the weights, or the number of rows where there are none. Throws ERR_SHAPE for a wrong length and
// ERR_PARAMETER for a weight that is negative or not finite, or for a sum that is zero or overflows.
inline double total_weight(Span<double> weights, size_t rows) {
  if (weights.size == 0) return static_cast<double>(rows);
  if (weights.size != rows) {
    throw Error("ERR_SHAPE", "There are " + std::to_string(weights.size) + " weights for " +
                                 std::to_string(rows) + " rows.");
  }
  double total = 0;
  for (size_t i = 0; i < rows; ++i) {
    if (!(weights[i] >= 0) || std::isinf(weights[i])) {
      throw Error("ERR_PARAMETER", "A sample weight must be a finite number >= 0.", static_cast<int64_t>(i));
    }
    total += weights[i];
  }
  if (!(total > 0) || std::isinf(total)) {
    throw Error("ERR_PARAMETER", "The sum of the sample weights must be finite and > 0.");
  }
  return total;
}

}  // namespace boreal
