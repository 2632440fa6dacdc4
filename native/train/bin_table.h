// Features as bins of one byte (hist_bins.h), for trees whose splits lie between bins; RankTable has those of
// exact splits. Memory: 2 bytes per value and a little.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/span.h"
#include "train/hist_bins.h"

namespace boreal {

class BinTable {
 public:
  static constexpr size_t kBins = 256;           // of a column at most, the missing one included
  static constexpr uint32_t kMissing = 0xffffu;  // what Split calls the missing bin

  // weights: [rows] or empty; they weigh in the quantiles that cut a column.
  BinTable(MatrixView<const float> x, Span<double> weights, const BinOptions& options,
           const CancelToken* cancel)
      : mapper_(x, weights, {}, options, cancel), binned_(mapper_, x, options.max_threads, cancel) {}

  size_t rows() const { return binned_.rows(); }
  size_t cols() const { return binned_.cols(); }
  const uint8_t* row(size_t i) const { return binned_.row(i); }
  size_t stride() const { return binned_.stride(); }  // from row to row
  const uint8_t* column(size_t j) const { return binned_.column(j); }
  // Of a column: the number of bins without the missing one, whose number this is.
  uint32_t bins(size_t j) const { return mapper_.column(j).bins; }

  // x <= t iff its bin is at most low; when high is kMissing every number is <= t.
  double threshold(size_t feature, uint32_t low, uint32_t high) const {
    return high == kMissing ? std::numeric_limits<float>::max() : mapper_.column(feature).cuts[low];
  }

 private:
  BinMapper mapper_;
  BinnedMatrix binned_;
};

}  // namespace boreal
