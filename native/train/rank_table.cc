#include "train/rank_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>

#include "base/thread_pool.h"

namespace boreal {
namespace {

constexpr size_t kLineRanks = kCacheLine / sizeof(uint16_t);

size_t padded_stride(size_t cols) {
  if (cols >= kLineRanks) return (cols + kLineRanks - 1) / kLineRanks * kLineRanks;
  size_t stride = 1;
  while (stride < cols) stride *= 2;
  return stride;
}

struct Entry {
  uint32_t key;
  uint32_t row;
};

// Unsigned keys in the order of the floats; -0 and +0 share one.
uint32_t order_key(float value) {
  value += 0.0f;
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits ^ (bits >> 31 != 0 ? 0xffffffffu : 0x80000000u);
}

float key_value(uint32_t key) {
  const uint32_t bits = key ^ (key >> 31 != 0 ? 0x80000000u : 0xffffffffu);
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// Sorts a column's values with their row numbers: least significant digit first, three digits of 11 bits.
class ColumnSorter {
 public:
  explicit ColumnSorter(size_t rows) : entries_(rows), spare_(rows) {}

  // Returns how many values are not NaN; they are entries()[0 .. count), ascending.
  size_t sort(MatrixView<const float> x, size_t column) {
    std::array<std::array<uint32_t, kBuckets>, kDigits> counts = {};
    size_t count = 0;
    for (size_t i = 0; i < x.rows; ++i) {
      const float value = x.at(i, column);
      if (std::isnan(value)) continue;
      const uint32_t key = order_key(value);
      entries_[count++] = {key, static_cast<uint32_t>(i)};
      for (size_t d = 0; d < kDigits; ++d) ++counts[d][digit(key, d)];
    }
    for (size_t d = 0; d < kDigits; ++d) {
      uint32_t sum = 0;
      for (uint32_t& n : counts[d]) {
        const uint32_t begin = sum;
        sum += n;
        n = begin;
      }
      for (size_t i = 0; i < count; ++i) spare_[counts[d][digit(entries_[i].key, d)]++] = entries_[i];
      std::swap(entries_, spare_);
    }
    return count;
  }
  const Entry* entries() const { return entries_.data(); }

 private:
  static constexpr size_t kDigits = 3, kDigitBits = 11, kBuckets = size_t{1} << kDigitBits;
  static uint32_t digit(uint32_t key, size_t d) { return (key >> (d * kDigitBits)) & (kBuckets - 1); }

  AlignedBuffer<Entry> entries_, spare_;
};

}  // namespace

RankTable::RankTable(MatrixView<const float> x, size_t max_threads, const CancelToken* cancel)
    : rows_(x.rows), stride_(padded_stride(x.cols)), columns_(x.cols), ranks_(x.rows * stride_) {
  ThreadPool& pool = ThreadPool::instance();
  // Threads would fight for the lines of the row-major table, so columns are ranked apart and then
  // transposed.
  AlignedBuffer<uint16_t> by_column(x.rows * x.cols);
  std::vector<std::unique_ptr<ColumnSorter>> sorters(pool.size() + 1);
  auto rank_column = [&](size_t j, size_t slot) {
    if (cancel != nullptr) cancel->check();
    if (sorters[slot] == nullptr) sorters[slot] = std::make_unique<ColumnSorter>(x.rows);
    const size_t count = sorters[slot]->sort(x, j);
    const Entry* entries = sorters[slot]->entries();
    uint16_t* ranks = by_column.data() + j * x.rows;
    Column& column = columns_[j];
    if (count < x.rows) std::fill_n(ranks, x.rows, static_cast<uint16_t>(kMissing));

    size_t distinct = 0;
    for (size_t i = 0; i < count; ++i) distinct += i == 0 || entries[i].key != entries[i - 1].key;
    const bool exact = distinct <= kMaxRanks;
    column.first.reserve(std::min<size_t>(distinct, kMaxRanks));
    size_t quantile = 0;  // of the rank in work; a new value opens a rank when it lies in a later quantile
    for (size_t i = 0; i < count; ++i) {
      if (i == 0 || entries[i].key != entries[i - 1].key) {
        const float value = key_value(entries[i].key);
        const size_t reached = i * kMaxRanks / count;
        if (i == 0 || exact || reached > quantile) {
          column.first.push_back(value);
          if (!exact) column.last.push_back(value);
          quantile = reached;
        } else {
          column.last.back() = value;
        }
      }
      ranks[entries[i].row] = static_cast<uint16_t>(column.first.size() - 1);
    }
  };
  pool.parallel_for(x.cols, rank_column, max_threads);
  sorters.clear();

  constexpr size_t kBlock = 256;  // rows: source and target of a block stay in the L1 and L2 caches
  auto transpose = [&](size_t block, size_t) {
    const size_t begin = block * kBlock, end = std::min(begin + kBlock, x.rows);
    for (size_t j = 0; j < x.cols; ++j) {
      const uint16_t* column = by_column.data() + j * x.rows;
      for (size_t i = begin; i < end; ++i) ranks_[i * stride_ + j] = column[i];
    }
  };
  pool.parallel_for((x.rows + kBlock - 1) / kBlock, transpose, max_threads);
}

double RankTable::threshold(size_t feature, uint32_t low, uint32_t high) const {
  if (high == kMissing) return std::numeric_limits<float>::max();
  return last(feature, low) / 2.0 + first(feature, high) / 2.0;
}

uint32_t RankTable::rank_at(size_t feature, double value) const {
  const std::vector<float>& first = columns_[feature].first;
  return static_cast<uint32_t>(std::upper_bound(first.begin(), first.end(), value) - first.begin()) - 1;
}

}  // namespace boreal
