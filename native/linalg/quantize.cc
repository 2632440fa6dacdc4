#include "linalg/quantize.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/partition.h"
#include "base/thread_pool.h"
#include "kernels/dispatch.h"

namespace boreal {
namespace {

// Values below which a thread of its own does not pay, and rows are cut so that a part is worth a task.
constexpr size_t kValuesPerPart = size_t{1} << 16;
constexpr size_t kMaxParts = 64;

// body(first row, rows) over parts of the matrix.
template <typename Body>
void for_rows(size_t rows, size_t cols, const QuantizeOptions& options, const Body& body) {
  if (rows == 0 || cols == 0) return;
  const Partition parts = partition_rows(rows, std::max<size_t>(1, kValuesPerPart / cols), kMaxParts);
  const auto run = [&](size_t part, size_t) {
    check_cancel(options.cancel);
    body(parts.begin(part), parts.end(part) - parts.begin(part));
  };
  if (parts.count() == 1) {
    run(0, 0);
  } else {
    ThreadPool::instance().parallel_for(parts.count(), run, options.max_threads);
  }
}

const Kernels& kernels_of(const QuantizeOptions& options) {
  return options.kernels != nullptr ? *options.kernels : kernels();
}

// Calls kernel(axis, scale, zero, first row, rows) so that the parameters of any grain fit.
template <typename Kernel>
void for_grain(Int8Grain grain, const float* scale, const int32_t* zero, size_t first, size_t rows,
               const Kernel& kernel) {
  switch (grain) {
    case Int8Grain::kMatrix:
      for (size_t i = first; i < first + rows; ++i) kernel(Int8Axis::kRows, scale, zero, i, 1);
      return;
    case Int8Grain::kRows:
      return kernel(Int8Axis::kRows, scale + first, zero + first, first, rows);
    case Int8Grain::kColumns:
      return kernel(Int8Axis::kColumns, scale, zero, first, rows);
  }
}

void write_codes(MatrixView<const float> x, const Int8Format& format, Int8Grain grain, const float* scale,
                 const int32_t* zero, MatrixView<uint8_t> codes, size_t first, size_t rows,
                 const Int8Kernels& kernels) {
  for_grain(grain, scale, zero, first, rows,
            [&](Int8Axis axis, const float* s, const int32_t* z, size_t i, size_t count) {
              kernels.quantize(x.row(i), x.stride, axis, s, z, format.lowest(), format.highest(),
                               codes.row(i), codes.stride, count, x.cols);
            });
}

}  // namespace

void int8_parameters(const Int8Format& format, float low, float high, float* scale, int32_t* zero) {
  const int32_t middle = format.is_signed ? 0 : 128;
  if (std::isnan(low) || std::isnan(high)) {
    *scale = std::nanf("");
    *zero = format.symmetric ? middle : format.lowest();
    return;
  }
  float step;
  if (format.symmetric) {
    step = std::max(-low, high) / 127.0f;
  } else {
    const float range = high - low;
    step = std::isinf(range) ? high / 255.0f - low / 255.0f : range / 255.0f;
  }
  if (step == 0) step = 1;
  *scale = step;
  if (format.symmetric) {
    *zero = middle;
  } else {
    const float lowest = static_cast<float>(format.lowest()), highest = static_cast<float>(format.highest());
    *zero = static_cast<int32_t>(std::nearbyint(std::min(std::max(lowest - low / step, lowest), highest)));
  }
}

void require_int8_parameters(const Int8Format& format, size_t count, const float* scale,
                             const int32_t* zero) {
  for (size_t g = 0; g < count; ++g) {
    if (!(scale[g] > 0) || std::isinf(scale[g])) {
      throw Error("ERR_PARAMETER", "A scale must be positive and finite; scale " + std::to_string(g) +
                                       " is " + std::to_string(scale[g]) + ".");
    }
    const int32_t least = format.is_signed ? -128 : 0;
    if (zero[g] < least || zero[g] > format.highest()) {
      throw Error("ERR_PARAMETER", "A zero point must be one of the codes, " + std::to_string(least) +
                                       " to " + std::to_string(format.highest()) + "; zero point " +
                                       std::to_string(g) + " is " + std::to_string(zero[g]) + ".");
    }
  }
}

void require_finite_values(MatrixView<const float> x, const Kernels& kernels) {
  const size_t bad = kernels.f32.rows.find_invalid(FiniteRule::kFinite, x.data, x.stride, x.rows, x.cols);
  if (bad == x.rows * x.cols) return;
  const size_t i = bad / x.cols, j = bad % x.cols;
  const bool nan = std::isnan(x.at(i, j));
  throw Error(nan ? "ERR_INPUT_NAN" : "ERR_INPUT_INFINITE",
              std::string("There is ") + (nan ? "a NaN" : "an infinite value") + " in row " +
                  std::to_string(i) + ", column " + std::to_string(j) +
                  ", which no 8-bit code can stand for.",
              static_cast<int64_t>(i), static_cast<int64_t>(j));
}

void quantize(MatrixView<const float> x, const Int8Format& format, Int8Grain grain, MatrixView<uint8_t> codes,
              float* scale, int32_t* zero, const QuantizeOptions& options) {
  check_cancel(options.cancel);
  require_finite_values(x, kernels_of(options));
  const Int8Kernels& kernels = kernels_of(options).int8;
  if (grain == Int8Grain::kRows) {  // a row's range and its codes while the row is in cache
    for (size_t i = 0; x.cols == 0 && i < x.rows; ++i) int8_parameters(format, 0, 0, scale + i, zero + i);
    return for_rows(x.rows, x.cols, options, [&](size_t first, size_t rows) {
      for (size_t i = first; i < first + rows; ++i) {
        float low, high;
        kernels.row_ranges(x.row(i), x.stride, 1, x.cols, &low, &high);
        int8_parameters(format, low, high, scale + i, zero + i);
        write_codes(x, format, grain, scale, zero, codes, i, 1, kernels);
      }
    });
  }
  const size_t count = grain_count(grain, x.rows, x.cols);
  std::vector<float> low(x.rows + count, 0.0f), high(x.rows + count, 0.0f);
  if (grain == Int8Grain::kMatrix) {
    for_rows(x.rows, x.cols, options, [&](size_t first, size_t rows) {
      kernels.row_ranges(x.row(first), x.stride, rows, x.cols, &low[1 + first], &high[1 + first]);
    });
    low[0] = *std::min_element(low.begin(), low.end());
    high[0] = *std::max_element(high.begin(), high.end());
  } else if (x.rows > 0) {
    kernels.column_ranges(x.data, x.stride, x.rows, x.cols, low.data(), high.data());
  }
  for (size_t g = 0; g < count; ++g) int8_parameters(format, low[g], high[g], scale + g, zero + g);
  for_rows(x.rows, x.cols, options, [&](size_t first, size_t rows) {
    write_codes(x, format, grain, scale, zero, codes, first, rows, kernels);
  });
}

void quantize_with(MatrixView<const float> x, const Int8Format& format, Int8Grain grain, const float* scale,
                   const int32_t* zero, MatrixView<uint8_t> codes, const QuantizeOptions& options) {
  check_cancel(options.cancel);
  require_int8_parameters(format, grain_count(grain, x.rows, x.cols), scale, zero);
  require_finite_values(x, kernels_of(options));
  const Int8Kernels& kernels = kernels_of(options).int8;
  for_rows(x.rows, x.cols, options, [&](size_t first, size_t rows) {
    write_codes(x, format, grain, scale, zero, codes, first, rows, kernels);
  });
}

void dequantize(MatrixView<const uint8_t> codes, const Int8Format& format, Int8Grain grain,
                const float* scale, const int32_t* zero, MatrixView<float> y,
                const QuantizeOptions& options) {
  check_cancel(options.cancel);
  const Int8Kernels& kernels = kernels_of(options).int8;
  for_rows(codes.rows, codes.cols, options, [&](size_t first, size_t rows) {
    for_grain(grain, scale, zero, first, rows,
              [&](Int8Axis axis, const float* s, const int32_t* z, size_t i, size_t count) {
                kernels.dequantize(codes.row(i), codes.stride, format.flip(), axis, s, z, y.row(i), y.stride,
                                   count, codes.cols);
              });
  });
}

}  // namespace boreal
