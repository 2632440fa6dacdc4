// Features as u16 ranks. Trees only compare values of one feature, so a value may be replaced by its rank
// among the distinct values of its column: half the memory traffic of floats, and integer keys to sort and
// count by. Exact up to 65,535 distinct values in a column; beyond that neighbouring values share a rank so
// that ranks hold about equally many rows. Built once per fit by a radix sort of each column. Memory: 2 bytes
// per value, padded so that a row never straddles more cache lines than it must; twice that and 16 bytes per
// row and thread while building.
#pragma once

#include <cstdint>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/cancel.h"
#include "base/matrix_view.h"

namespace boreal {

class RankTable {
 public:
  static constexpr uint32_t kMissing = 0xffff;   // the rank of NaN, above every other
  static constexpr uint32_t kMaxRanks = 0xffff;  // ranks 0 .. 65,534

  // max_threads 0 = the pool's size.
  RankTable(MatrixView<const float> x, size_t max_threads, const CancelToken* cancel);

  size_t rows() const { return rows_; }
  size_t cols() const { return columns_.size(); }
  const uint16_t* row(size_t i) const { return ranks_.data() + i * stride_; }

  // The threshold t between two neighbouring ranks that occur in a node: x <= t iff rank <= low. It is
  // halfway between the values; when high is kMissing every number is <= t.
  double threshold(size_t feature, uint32_t low, uint32_t high) const;

  // The least and the greatest value of a rank.
  float first(size_t feature, uint32_t rank) const { return columns_[feature].first[rank]; }
  float last(size_t feature, uint32_t rank) const {
    const Column& column = columns_[feature];
    return column.last.empty() ? column.first[rank] : column.last[rank];
  }
  // The last rank that begins at or below value, which is no less than the column's least.
  uint32_t rank_at(size_t feature, double value) const;

 private:
  struct Column {
    std::vector<float> first;  // [ranks] the least value of each rank
    std::vector<float> last;   // [ranks] the greatest; empty when each rank is one value
  };

  size_t rows_;
  size_t stride_;
  std::vector<Column> columns_;
  AlignedBuffer<uint16_t> ranks_;  // [rows, stride]
};

}  // namespace boreal
