// The distinct rows among a forest's leaf values, found by hashing their bits. Pure leaves of a classifier
// collapse to a few rows, which then stay in the first-level cache.
#pragma once

#include <cstdint>
#include <vector>

#include "plan/op.h"

namespace boreal {

class LeafValues {
 public:
  explicit LeafValues(size_t outputs) : outputs_(outputs), slots_(kFirstSlots, kEmpty) {}

  // Index of the row with these bits, which is added if it is new.
  uint32_t intern(const double* row);

  // [distinct rows, outputs]
  std::vector<double> take() { return std::move(rows_); }

 private:
  static constexpr uint32_t kEmpty = 0xffffffffu;
  static constexpr size_t kFirstSlots = 1024;  // a power of two

  size_t hash(const double* row) const;
  void grow();

  size_t outputs_;
  std::vector<double> rows_;
  uint32_t count_ = 0;
  std::vector<uint32_t> slots_;  // open addressing, at most half full
};

}  // namespace boreal
