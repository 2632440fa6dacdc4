// Rows of float64 as rows of float32 that keep as many digits of their differences as these can hold: the
// middle of each column goes to 0, and all values to [-1, 1].
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "base/matrix_view.h"
#include "base/partition.h"
#include "base/thread_pool.h"
#include "linalg/elementwise.h"

namespace boreal {

struct Rounding {
  std::vector<double> shift;  // [cols]
  double scale = 1;           // a power of two, so that scaling is exact

  template <typename T>
  void apply(const T* x, float* rounded) const {
    for (size_t k = 0; k < shift.size(); ++k) {
      rounded[k] = static_cast<float>((static_cast<double>(x[k]) - shift[k]) * scale);
    }
  }
};

// For the values of finite rows.
template <typename T>
Rounding rounding_of(MatrixView<const T> rows, const RunOptions& options) {
  const size_t d = rows.cols;
  const Partition parts = partition_rows(rows.rows, 1024, 64);
  constexpr T kInfinity = std::numeric_limits<T>::infinity();
  std::vector<std::vector<T>> least(parts.count(), std::vector<T>(d, kInfinity));
  std::vector<std::vector<T>> greatest(parts.count(), std::vector<T>(d, -kInfinity));
  ThreadPool::instance().parallel_for(
      parts.count(),
      [&](size_t part, size_t) {
        check_cancel(options.cancel);
        T* const low = least[part].data();
        T* const high = greatest[part].data();
        for (size_t i = parts.begin(part); i < parts.end(part); ++i) {
          const T* const row = rows.row(i);
          for (size_t k = 0; k < d; ++k) {
            low[k] = std::min(low[k], row[k]);
            high[k] = std::max(high[k], row[k]);
          }
        }
      },
      options.max_threads);
  Rounding rounding;
  double widest = 0;
  for (size_t k = 0; k < d; ++k) {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (size_t part = 0; part < parts.count(); ++part) {
      low = std::min(low, static_cast<double>(least[part][k]));
      high = std::max(high, static_cast<double>(greatest[part][k]));
    }
    rounding.shift.push_back(low / 2 + high / 2);
    widest = std::max(widest, high / 2 - low / 2);
  }
  if (widest > 0 && std::isfinite(widest)) {
    rounding.scale = std::ldexp(1.0, std::clamp(-std::ilogb(widest) - 1, -1000, 1000));
  }
  return rounding;
}

}  // namespace boreal
