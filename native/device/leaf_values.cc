#include "device/leaf_values.h"

#include <cstring>

namespace boreal {

uint32_t LeafValues::intern(const double* row) {
  const size_t mask = slots_.size() - 1;
  size_t slot = hash(row) & mask;
  while (slots_[slot] != kEmpty) {
    if (std::memcmp(&rows_[slots_[slot] * outputs_], row, outputs_ * sizeof(double)) == 0)
      return slots_[slot];
    slot = (slot + 1) & mask;
  }
  slots_[slot] = count_++;
  rows_.insert(rows_.end(), row, row + outputs_);
  if (size_t{2} * count_ > slots_.size()) grow();
  return count_ - 1;
}

// Multiply and fold, the multiplier being 2^64 divided by the golden ratio (Knuth, TAOCP vol. 3, 6.4).
size_t LeafValues::hash(const double* row) const {
  uint64_t hash = 0;
  for (size_t j = 0; j < outputs_; ++j) {
    uint64_t bits;
    std::memcpy(&bits, &row[j], sizeof(bits));
    hash = (hash ^ bits) * 0x9e3779b97f4a7c15ull;
    hash ^= hash >> 32;
  }
  return static_cast<size_t>(hash);
}

void LeafValues::grow() {
  slots_.assign(2 * slots_.size(), kEmpty);
  const size_t mask = slots_.size() - 1;
  for (uint32_t i = 0; i < count_; ++i) {
    size_t slot = hash(&rows_[i * outputs_]) & mask;
    while (slots_[slot] != kEmpty) slot = (slot + 1) & mask;
    slots_[slot] = i;
  }
}

}  // namespace boreal
