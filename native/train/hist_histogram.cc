#include "train/hist_histogram.h"

namespace boreal {
namespace {

#if defined(__GNUC__)
#define BOREAL_PREFETCH(address) __builtin_prefetch(address)
#else
#define BOREAL_PREFETCH(address) static_cast<void>(address)
#endif

// Rows ahead: enough to hide memory, few enough to stay in the first cache.
constexpr size_t kAhead = 16;

// Columns have histograms of their own, so that the additions of one row are independent of each other.
inline void add_row(const uint8_t* bins, size_t cols, PackedPair pair, size_t slots,
                    PackedPair* histogram) noexcept {
  size_t j = 0;
  for (; j + 4 <= cols; j += 4, histogram += 4 * slots) {
    const size_t a = bins[j], b = bins[j + 1], c = bins[j + 2], d = bins[j + 3];
    histogram[a] += pair;
    histogram[slots + b] += pair;
    histogram[2 * slots + c] += pair;
    histogram[3 * slots + d] += pair;
  }
  for (; j < cols; ++j, histogram += slots) histogram[bins[j]] += pair;
}

}  // namespace

void add_rows(const BinnedMatrix& x, size_t begin, size_t end, const PackedPair* gradients, size_t slots,
              PackedPair* histogram) noexcept {
  const size_t cols = x.cols();
  for (size_t i = begin; i < end; ++i) add_row(x.row(i), cols, gradients[i], slots, histogram);
}

void add_rows(const BinnedMatrix& x, Span<uint32_t> rows, const PackedPair* gradients, size_t slots,
              PackedPair* histogram) noexcept {
  const size_t cols = x.cols();
  for (size_t k = 0; k < rows.size; ++k) {
    const size_t ahead = rows[k + kAhead < rows.size ? k + kAhead : k];
    for (size_t j = 0; j < cols; j += kCacheLine) BOREAL_PREFETCH(x.row(ahead) + j);
    BOREAL_PREFETCH(gradients + ahead);
    add_row(x.row(rows[k]), cols, gradients[rows[k]], slots, histogram);
  }
}

size_t HistogramPool::take() {
  if (free_.empty()) {
    if (buffers_.size() == capacity_) return kNone;
    buffers_.emplace_back(size_);
    if (counted_) counts_.emplace_back(size_);
    return buffers_.size() - 1;
  }
  const size_t number = free_.back();
  free_.pop_back();
  return number;
}

}  // namespace boreal
