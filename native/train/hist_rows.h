// The rows of a growing tree's nodes: each node has a slice of one of two arrays. A split partitions the
// slice in place, or, when several threads share it, into the other array. The order of rows within a node is
// kept, so that memory is read upwards.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/span.h"

namespace boreal {

struct RowSlice {
  size_t begin = 0, count = 0;
  uint8_t side = 0;  // of the two arrays
};

// One split of a slice: bins of the split's column, and for each bin whether it goes left.
struct RowSplit {
  RowSlice slice;
  size_t column;
  const uint8_t* bins;
  std::array<uint8_t, 256> goes_left;
  RowSlice left, right;  // the result
};

class TreeRows {
 public:
  explicit TreeRows(size_t rows)
      : sides_{AlignedBuffer<uint32_t>(rows), AlignedBuffer<uint32_t>(rows)}, spare_(rows) {}

  // The root's slice: all rows from 0 to count, or those listed.
  RowSlice start(size_t count);
  RowSlice start(Span<uint32_t> rows);

  Span<uint32_t> operator[](const RowSlice& slice) const {
    return {sides_[slice.side].data() + slice.begin, slice.count};
  }

  void split(std::vector<RowSplit>* splits, size_t max_threads);

 private:
  struct Part {  // of a split's rows, for one thread
    size_t split, begin, count;
    size_t left_count = 0;
    size_t left_to = 0, right_to = 0;
  };

  void separate(const RowSplit& split, Part* part);
  void gather(const RowSplit& split, const Part& part);

  std::array<AlignedBuffer<uint32_t>, 2> sides_;
  AlignedBuffer<uint32_t> spare_;
  std::vector<Part> parts_;
};

}  // namespace boreal
