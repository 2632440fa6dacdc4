// Rows of float64 as rows of float32 that keep as many digits of their differences as these can hold: where
// most values of a column are goes to 0, and all values to [-1, 1].
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

// The mean of the middle half of some values, which few outliers don't move; sorts them.
template <typename T>
double middle_of(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  const size_t first = values.size() / 4, end = values.size() - first;
  double mean = 0;
  for (size_t i = first; i < end; ++i) {
    mean += static_cast<double>(values[i]) / static_cast<double>(end - first);
  }
  return mean;
}

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
  constexpr size_t kSample = 256;  // any shift will do: it need not be that of all rows
  const size_t step = std::max<size_t>(1, rows.rows / kSample);
  std::vector<T> sample;
  Rounding rounding;
  double widest = 0;  // half of it, so that nothing overflows
  for (size_t k = 0; k < d; ++k) {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (size_t part = 0; part < parts.count(); ++part) {
      low = std::min(low, static_cast<double>(least[part][k]));
      high = std::max(high, static_cast<double>(greatest[part][k]));
    }
    sample.clear();
    for (size_t i = 0; i < rows.rows; i += step) sample.push_back(rows.at(i, k));
    const double middle = middle_of(sample);
    rounding.shift.push_back(middle);
    widest = std::max({widest, high / 2 - middle / 2, middle / 2 - low / 2});
  }
  if (widest > 0 && std::isfinite(widest)) {
    rounding.scale = std::ldexp(1.0, std::clamp(-std::ilogb(widest) - 2, -1000, 1000));
  }
  return rounding;
}

}  // namespace boreal
