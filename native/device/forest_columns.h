// What a walk through trees reads of a row: words that compare as the values they stand for, one for each way
// in which the nodes of a feature look at it. A node goes right iff the word of its column is greater than
// its own. float32 values become ordered bits; float64 values their rank among the feature's thresholds,
// which loses nothing; a category 0 if it is in the node's set, else 1.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "plan/op.h"

namespace boreal {

// Maps floats to integers of the same order; both zeros become one. Not for NaN.
inline uint32_t ordered_bits(float value) {
  value += 0.0f;  // -0 + 0 = +0
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits ^ ((bits >> 31) != 0 ? 0xffffffffu : 0x80000000u);
}
constexpr uint32_t kBelowAll = 0;  // goes left at every node
constexpr uint32_t kAboveAll = 0xffffffffu;

class ForestColumns {
 public:
  // Features that no node reads have no column.
  explicit ForestColumns(const ForestOp& forest);

  size_t size() const { return columns_.size(); }
  // Column and word of an inner node.
  uint32_t column_of(const ForestOp& forest, size_t node) const;
  uint32_t word_of(const ForestOp& forest, size_t node) const;

  // The words of a row.
  template <typename T>
  void stage(const T* x, uint32_t* words) const {
    if (plain_) {
      for (const Column& column : columns_) {
        const float value = static_cast<float>(x[column.feature]);
        *words++ = std::isnan(value) ? column.missing : ordered_bits(value);
      }
      return;
    }
    for (const Column& column : columns_) *words++ = word(column, static_cast<double>(x[column.feature]));
  }

  double row_cost_ns() const;
  size_t memory_bytes() const;

 private:
  struct Column {
    uint32_t feature;
    uint8_t rules;     // of its nodes
    uint32_t missing;  // word of a missing value
    // With kCategories the words of its set, else its feature's thresholds, ascending, for float64.
    size_t begin, end;
  };
  struct Key {
    uint32_t feature;
    uint8_t rules;
    uint32_t set;  // 0 without kCategories
  };
  static Key key_of(const ForestOp& forest, size_t node);
  static bool before(const Key& a, const Key& b);

  uint32_t word(const Column& column, double value) const;

  ForestCompare compare_;
  bool plain_;  // float32, and NaN is what is missing
  std::vector<Column> columns_;
  std::vector<Key> keys_;  // of the columns, ascending
  std::vector<double> thresholds_;
  std::vector<int32_t> set_words_;
};

}  // namespace boreal
