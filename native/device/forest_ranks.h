// The byte ranks that forests read of a row: per feature how many of its cuts are less than the value, one
// column for each segment of cuts and for each way in which nodes look at missing values. A feature is ranked
// once, whatever its nodes' rules; only missing values are looked at again. Sets of categories have columns
// of their own: lowest in the set, highest outside.
#pragma once

#include <cstdint>
#include <vector>

#include "base/aligned_buffer.h"
#include "kernels/kernels.h"
#include "plan/op.h"

namespace boreal {

// What an inner node asks: it sends a row right iff the rank in `column` is greater than `cut`.
struct RankTest {
  uint32_t column;
  uint8_t cut;  // <= 254
};

template <typename T>
class ForestRanks {
 public:
  explicit ForestRanks(const ForestOp& forest);

  // One way of looking at missing values.
  struct Variant {
    uint8_t rules;
    uint32_t column;  // of its first segment; the first variant's holds the plain ranks until it is finished
  };
  struct Feature {
    uint32_t feature;
    std::vector<T> cuts;  // ascending, distinct
    RankFeature<T> table;
    std::vector<Variant> variants;
    std::vector<uint8_t> zero;  // [segments] ranks of 0
  };
  struct Set {
    uint32_t feature;
    uint8_t rules;
    uint32_t set, column;
    std::vector<int32_t> words;
  };
  // What the columns are made of, for devices that rank by themselves; columns are numbered in this order.
  const std::vector<Feature>& features() const { return features_; }
  const std::vector<Set>& sets() const { return sets_; }
  // The greatest T such that x <= threshold iff x <= it, for the values x of type T as the forest reads them.
  T cut_of(double threshold) const;

  RankTest test_of(const ForestOp& forest, size_t node) const;

  size_t columns() const { return columns_; }
  size_t memory_bytes() const;
  double row_cost_ns() const;

  // ranks[column * rs + i] of each row i of x [rows, xs], exclusive-or flip (0, or 0x80 for signed compares).
  void stage(const ForestKernels& kernels, const T* x, size_t xs, size_t rows, uint8_t flip, uint8_t* ranks,
             size_t rs) const;

 private:
  void add_features(const ForestOp& forest);
  void add_sets(const ForestOp& forest);
  void build_tables();
  void finish(const Feature& feature, const Variant& variant, const T* x, size_t xs, size_t rows,
              uint8_t flip, uint8_t* ranks, size_t rs) const;

  ForestCompare compare_;
  std::vector<Feature> features_;  // by feature
  std::vector<Set> sets_;          // by (feature, rules, set)
  AlignedBuffer<T> segments_;
  size_t columns_ = 0;
};

}  // namespace boreal
