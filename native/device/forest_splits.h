// How splits of forests are scored: what the CPU and a GPU compute alike, to the bit; and what a GPU needs
// for it.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/host_device.h"

namespace boreal {

// A score as the inner loops compute it: a product compares it, and only a better one costs a division.
struct Fraction {
  double num;
  double den;  // > 0
  BOREAL_HOST_DEVICE double value() const { return num / den; }
  BOREAL_HOST_DEVICE bool exceeds(double bar) const { return num > bar * den; }
};

// Words of 64 bits of a side of a split, as a GPU writes it; without classes there are targets.
constexpr size_t words_of_side(uint32_t class_count) { return class_count == 0 ? 2 : class_count; }

// Shared memory of a block of a GPU that looks for the split of a column of so many bins, with the missing
// one: two sides, sums of targets, and the weight and rows of each bin and class.
constexpr size_t forest_search_bytes(size_t slots, uint32_t class_count) {
  return words_of_side(class_count) * 2 * sizeof(uint64_t) +
         (class_count == 0 ? slots * sizeof(uint64_t) : 0) +
         slots * (class_count == 0 ? 1 : class_count) * 2 * sizeof(uint32_t);
}

// Less than any score.
constexpr double kNoScore = -1.7976931348623157e308;

// What a score has to exceed to be better than this one. The margin is beyond the reach of rounding, so that
// the first of equal scores wins however they were computed: a row of weight 2 is as good as two rows.
BOREAL_HOST_DEVICE inline double bar_above(double score) {
  return score + 1e-15 * (score < 0 ? -score : score);
}

// Of less than 2^63, which converts at once where 64 bits without a sign take several steps.
BOREAL_HOST_DEVICE inline double whole(uint64_t x) { return static_cast<double>(static_cast<int64_t>(x)); }

// Gini, by the sums of squared class weights of both sides and their weights, all less than 2^63.
BOREAL_HOST_DEVICE inline Fraction gini_score(uint64_t left, uint64_t left_weight, uint64_t right,
                                              uint64_t right_weight) {
  const double wl = whole(left_weight), wr = whole(right_weight);
  return {whole(left) * wr + whole(right) * wl, wl * wr};
}

// Entropy, by terms c log2 c as whole numbers: those of both sides' classes, less those of their weights.
BOREAL_HOST_DEVICE inline Fraction entropy_score(uint64_t sides, uint64_t weights) {
  return {whole(sides - weights), 1};
}

// Squared error, by the sum of the targets on the left, the weights of both sides and the node's mean.
BOREAL_HOST_DEVICE inline Fraction squares_score(int64_t left, uint64_t left_weight, uint64_t right_weight,
                                                 double mean) {
  const double wl = whole(left_weight), wr = whole(right_weight);
  const double difference = static_cast<double>(left) - mean * wl;
  return {difference * difference, wl * wr};
}

}  // namespace boreal
