#include "train/column_sort.h"

#include <algorithm>

namespace boreal {
namespace {

void exchange(uint32_t* a, uint32_t* b) {
  uint32_t low[kSortLanes], high[kSortLanes];
  for (size_t k = 0; k < kSortLanes; ++k) {
    low[k] = std::min(a[k], b[k]);
    high[k] = std::max(a[k], b[k]);
  }
  for (size_t k = 0; k < kSortLanes; ++k) a[k] = low[k];
  for (size_t k = 0; k < kSortLanes; ++k) b[k] = high[k];
}

}  // namespace

void sort_columns(uint32_t* keys, size_t rows) {
  if (rows < 2) return;
  size_t top = 1;
  while (top * 2 < rows) top *= 2;
  for (size_t p = top; p > 0; p /= 2) {
    size_t distance = p, r = 0;
    for (size_t q = top;; q /= 2) {
      // Exchanges i with i + distance wherever (i & p) == r: runs of p rows, 2 p apart.
      for (size_t run = r; run + distance < rows; run += 2 * p) {
        const size_t end = std::min(run + p, rows - distance);
        for (size_t i = run; i < end; ++i)
          exchange(keys + i * kSortLanes, keys + (i + distance) * kSortLanes);
      }
      if (q == p) break;
      distance = q - p;
      r = p;
    }
  }
}

}  // namespace boreal
