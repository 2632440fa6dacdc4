// The first value of rows that is not as it should be, looked for by all threads: the same at any number of
// them.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/partition.h"
#include "base/thread_pool.h"

namespace boreal {

// Position (i * cols + j) in row order, or -1. within(begin, rows) is the position among rows from begin on
// of the first, or rows * cols.
template <typename T, typename Within>
int64_t find_first(MatrixView<const T> x, const Within& within, const CancelToken* cancel) {
  if (x.cols == 0) return -1;
  constexpr size_t kPartBytes = 256 << 10;
  const Partition parts =
      partition_rows(x.rows, std::max<size_t>(128, kPartBytes / (x.cols * sizeof(T))), 256);
  const size_t none = x.rows * x.cols;
  std::atomic<size_t> first{none};
  ThreadPool::instance().parallel_for(parts.count(), [&](size_t part, size_t) {
    check_cancel(cancel);
    const size_t begin = parts.begin(part);
    const size_t rows = parts.end(part) - begin;
    if (begin * x.cols >= first.load(std::memory_order_relaxed)) return;
    const size_t found = within(begin, rows);
    if (found == rows * x.cols) return;
    const size_t position = begin * x.cols + found;
    size_t known = first.load(std::memory_order_relaxed);
    while (position < known && !first.compare_exchange_weak(known, position, std::memory_order_relaxed)) {
    }
  });
  return first == none ? -1 : static_cast<int64_t>(first);
}

// The first value below 0.
template <typename T>
int64_t find_negative(MatrixView<const T> x, const CancelToken* cancel) {
  const auto is_negative = [](T value) { return value < 0; };
  const auto within = [&](size_t begin, size_t rows) {
    for (size_t i = 0; i < rows; ++i) {
      const T* const row = x.row(begin + i);
      // All of a row, so that it is compared many values at a time.
      bool any = false;
      for (size_t j = 0; j < x.cols; ++j) any |= is_negative(row[j]);
      if (any) return i * x.cols + static_cast<size_t>(std::find_if(row, row + x.cols, is_negative) - row);
    }
    return rows * x.cols;
  };
  return find_first(x, within, cancel);
}

}  // namespace boreal
