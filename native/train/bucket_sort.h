// Sorting numbers by buckets of equal width over their range: counted, scattered, then sorted bucket by
// bucket, a bucket when it is asked for. Linear where values are spread; a crowded bucket is split in the
// same way, and what three splits leave crowded (outliers) goes to std::sort. v -> (v - min) * scale does not
// fall as v rises, whatever its rounding, so buckets never overlap.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace boreal {

template <typename T>
class BucketSort {
 public:
  // values: [size], none of them NaN, reordered; spare: [size], written.
  BucketSort(T* values, size_t size, T* spare, int splits = 3) : values_(values), spare_(spare), size_(size) {
    if (size < 2 * kPerBucket || splits == 0) return;
    const auto [low, high] = std::minmax_element(values, values + size);
    const T min = *low;
    const T range = *high - min;
    size_t buckets = kPerBucket;
    while (buckets * kPerBucket < size && buckets < kMostBuckets) buckets *= 2;
    const T scale = static_cast<T>(buckets) / range;
    if (!std::isfinite(range) || !std::isfinite(scale)) return;
    const auto bucket_of = [=](T value) {
      return std::min(static_cast<size_t>(static_cast<int64_t>((value - min) * scale)), buckets - 1);
    };
    starts_.assign(buckets + 1, 0);
    for (size_t i = 0; i < size; ++i) ++starts_[bucket_of(values[i]) + 1];
    for (size_t b = 0; b < buckets; ++b) starts_[b + 1] += starts_[b];
    std::vector<uint32_t> next(starts_.begin(), starts_.end() - 1);
    for (size_t i = 0; i < size; ++i) spare[next[bucket_of(values[i])]++] = values[i];
    is_sorted_.assign(buckets, 0);
    splits_ = splits - 1;
  }

  // The value at `position` of the sorted order.
  T at(size_t position) {
    if (starts_.empty()) {
      sort_whole();
      return values_[position];
    }
    const auto after = std::upper_bound(starts_.begin(), starts_.end(), static_cast<uint32_t>(position));
    sort_bucket(static_cast<size_t>(after - starts_.begin()) - 1);
    return spare_[position];
  }

  // All values, sorted: [size], where `values` or `spare` are.
  const T* sorted() {
    if (starts_.empty()) {
      sort_whole();
      return values_;
    }
    for (size_t b = 0; b + 1 < starts_.size(); ++b) sort_bucket(b);
    return spare_;
  }

 private:
  static constexpr size_t kPerBucket = 16;
  static constexpr size_t kMostBuckets = 8192;  // counters that stay in the first two caches
  static constexpr size_t kCrowded = 256;

  void sort_whole() {
    if (!is_whole_sorted_) std::sort(values_, values_ + size_);
    is_whole_sorted_ = true;
  }

  void sort_bucket(size_t b) {
    if (is_sorted_[b]) return;
    is_sorted_[b] = 1;
    T* const begin = spare_ + starts_[b];
    const size_t size = starts_[b + 1] - starts_[b];
    if (size <= kCrowded) return std::sort(begin, begin + size);
    const auto [low, high] = std::minmax_element(begin, begin + size);
    if (*low == *high) return;
    const T* const sorted = BucketSort(begin, size, values_ + starts_[b], splits_).sorted();
    if (sorted != begin) std::copy(sorted, sorted + size, begin);
  }

  T* values_;
  T* spare_;
  size_t size_;
  int splits_ = 0;
  bool is_whole_sorted_ = false;
  std::vector<uint32_t> starts_;  // [buckets + 1] in spare_; empty: one bucket, in values_
  std::vector<uint8_t> is_sorted_;
};

}  // namespace boreal
