// Columns drawn without replacement, one after another. Between draws they stand in order, so that the same
// random stream draws the same columns whatever was drawn before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "base/rng.h"

namespace boreal {

class ColumnDraw {
 public:
  explicit ColumnDraw(size_t cols) : columns_(cols) { std::iota(columns_.begin(), columns_.end(), 0u); }

  void begin() {
    while (!from_.empty()) {
      std::swap(columns_[from_.size() - 1], columns_[from_.back()]);
      from_.pop_back();
    }
  }
  // There must be one left.
  uint32_t next(Rng& rng) {
    const size_t k = from_.size();
    const size_t other = k + rng.below(static_cast<uint32_t>(columns_.size() - k));
    std::swap(columns_[k], columns_[other]);
    from_.push_back(static_cast<uint32_t>(other));
    return columns_[k];
  }
  size_t drawn() const { return from_.size(); }
  bool is_left() const { return from_.size() < columns_.size(); }
  uint32_t operator[](size_t k) const { return columns_[k]; }  // the k-th that was drawn

 private:
  std::vector<uint32_t> columns_;  // those drawn, then the others
  std::vector<uint32_t> from_;     // where those drawn came from
};

}  // namespace boreal
