// Values as bins of one byte, the ground that histogram boosting stands on. A column's numbers are cut at up
// to 254 thresholds (the midpoints of its distinct values where these are few, else its weighted quantiles,
// as scikit-learn's); a category is a bin of its own; missing values have a bin after the others.
// Memory: columns rounded up to a power of two (to whole cache lines from 64 on), plus columns, bytes a row.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/span.h"
#include "kernels/forest_kernels.h"

namespace boreal {

struct BinOptions {
  uint32_t max_bins = 255;  // 2 .. 255, the missing bin not counted
  uint64_t seed = 0;        // for the sample that thresholds of many rows are taken from
  size_t max_threads = 0;   // 0 = the pool's size
  // Numbers next to 0 are 0, as plans read them where they compare float64 (plan/op.h, ForestCompare).
  bool near_zero = true;
};

class BinMapper {
 public:
  // A category is a whole number in [0, kMaxCategory]; what is negative or not listed counts as missing.
  static constexpr double kMaxCategory = 65535;
  static constexpr size_t kSampleRows = 200000;

  struct Column {
    bool categorical = false, near_zero = true;
    std::vector<double>
        cuts;           // numbers: bin b holds cuts[b - 1] < x <= cuts[b]; categories: bin b is cuts[b]
    uint32_t bins = 1;  // without the missing one, whose index this is

    // As bins have it: see BinOptions::near_zero.
    double read(double value) const;
    // Reads the values where they lie. Returns whether a bin is the missing one.
    bool bin(double* values, size_t count, uint8_t* to) const;
    void set_cuts(std::vector<double> sorted);

   private:
    std::array<double, kSegmentSize> ranks_;  // the cuts as RankFeature has them
  };

  // x: rows >= 1; weights: [rows] or empty (rows of weight 0 do not cut); categorical: [cols] or empty.
  // Throws ERR_DTYPE naming row and column for a category that is not a whole number or too large,
  // and ERR_PARAMETER for a column with more than max_bins categories.
  template <typename T>
  BinMapper(MatrixView<const T> x, Span<double> weights, Span<uint8_t> categorical, const BinOptions& options,
            const CancelToken* cancel);

  size_t cols() const { return columns_.size(); }
  const Column& column(size_t j) const { return columns_[j]; }
  // Slots of a histogram's column: the most bins of a column, the missing one included, padded.
  size_t slots() const { return slots_; }

 private:
  std::vector<Column> columns_;
  size_t slots_ = 0;
};

class BinnedMatrix {
 public:
  BinnedMatrix() = default;
  template <typename T>
  BinnedMatrix(const BinMapper& mapper, MatrixView<const T> x, size_t max_threads, const CancelToken* cancel);

  size_t rows() const { return rows_; }
  size_t cols() const { return cols_; }
  size_t stride() const { return stride_; }
  const uint8_t* row(size_t i) const { return by_row_.data() + i * stride_; }
  const uint8_t* column(size_t j) const { return by_column_.data() + j * rows_; }
  bool has_missing(size_t j) const { return has_missing_[j] != 0; }

 private:
  size_t rows_ = 0, cols_ = 0, stride_ = 0;
  AlignedBuffer<uint8_t> by_row_;     // [rows, stride]
  AlignedBuffer<uint8_t> by_column_;  // [cols, rows]
  std::vector<uint8_t> has_missing_;  // [cols]
};

}  // namespace boreal
