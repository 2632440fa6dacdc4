// Histograms of packed gradients: slots of columns one after another, [cols, slots]; a slot holds the sum
// over the rows that have its bin. Also where a tree's histograms live while it grows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/span.h"
#include "train/hist_bins.h"
#include "train/hist_gradient.h"

namespace boreal {

// histogram[j, bin of row i in column j] += gradients[i], for the rows from begin to end and all columns.
void add_rows(const BinnedMatrix& x, size_t begin, size_t end, const PackedPair* gradients, size_t slots,
              PackedPair* histogram) noexcept;

// The same for listed rows.
void add_rows(const BinnedMatrix& x, Span<uint32_t> rows, const PackedPair* gradients, size_t slots,
              PackedPair* histogram) noexcept;

// Histograms that a tree keeps, by number; with counts of rows beside the sums, if asked for. At most
// `capacity` exist; they are allocated when first used and kept from tree to tree.
class HistogramPool {
 public:
  static constexpr size_t kNone = static_cast<size_t>(-1);

  HistogramPool(size_t size, size_t capacity, bool counts)
      : size_(size), capacity_(capacity), counted_(counts) {}

  size_t size() const { return size_; }  // of one histogram
  // kNone when all are taken.
  size_t take();
  void give_back(size_t number) { free_.push_back(number); }
  PackedPair* operator[](size_t number) const { return buffers_[number].data(); }
  // Null without counts.
  uint32_t* counts(size_t number) const { return counted_ ? counts_[number].data() : nullptr; }

 private:
  size_t size_, capacity_;
  bool counted_;
  std::vector<AlignedBuffer<PackedPair>> buffers_;
  std::vector<AlignedBuffer<uint32_t>> counts_;
  std::vector<size_t> free_;
};

}  // namespace boreal
