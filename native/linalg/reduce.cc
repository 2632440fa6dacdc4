// Reductions in parts of fixed size: each part makes one number (or one for each column), parts are joined
// pairwise. A part is small enough to stay in the cache for a second pass: for the deviations from its own
// mean, or for the sum of squares again, scaled, where the first one overflowed or underflowed. Variances are
// joined by T. F. Chan, G. H. Golub & R. J. LeVeque, "Algorithms for computing the sample variance" (1983).
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "base/aligned_buffer.h"
#include "base/error.h"
#include "kernels/dispatch.h"
#include "linalg/blocks.h"

namespace boreal {
namespace {

constexpr size_t kPart = 32 << 10;     // elements; 256 KiB of double
constexpr size_t kPartCols = 2 << 10;  // columns of a block that is reduced along its rows
constexpr size_t kLines = 512;         // numbers whose means or scales fit on the stack

Fold fold_of(Reduction f) {
  switch (f) {
    case Reduction::kSum:
    case Reduction::kMean:
    case Reduction::kVariance:
      return Fold::kSum;
    case Reduction::kMin:
      return Fold::kMin;
    case Reduction::kMax:
      return Fold::kMax;
    case Reduction::kProduct:
      return Fold::kProduct;
    case Reduction::kNorm1:
      return Fold::kSumAbs;
    case Reduction::kNorm2:
      return Fold::kSumSquares;
    case Reduction::kNormMax:
      return Fold::kMaxAbs;
  }
  return Fold::kSum;
}

// A sum of squares within these bounds lost nothing that matters to overflow or underflow.
template <typename T>
constexpr T kMost = std::numeric_limits<T>::max() / 4;
template <typename T>
constexpr T kLeast = sizeof(T) == 4 ? T(0x1p-63f)
                                    : T(0x1p-511);  // the square root of the smallest normal number

// The power of two that brings the largest magnitude near 1, by its exponent's bits; 1 where there is nothing
// to scale: 0, infinity, NaN.
template <typename T>
T norm_scale(T largest) {
  using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
  constexpr int kMantissa = std::numeric_limits<T>::digits - 1;
  constexpr Bits kBias = static_cast<Bits>(std::numeric_limits<T>::max_exponent - 1);
  if (!(largest > 0 && largest <= std::numeric_limits<T>::max())) return 1;
  Bits bits;
  std::memcpy(&bits, &largest, sizeof(T));
  bits = std::max<Bits>(2 * kBias - (bits >> kMantissa), 1) << kMantissa;
  T scale;
  std::memcpy(&scale, &bits, sizeof(T));
  return scale;
}

// The two directions a part can be folded in: `lines` numbers come out of `count` values each.
template <typename T>
struct Lines {
  const ElementwiseKernels<T>& kernels;
  MatrixView<const T> x;
  bool columns;  // a number for each column, not for each row

  size_t lines() const { return columns ? x.cols : x.rows; }
  size_t count() const { return columns ? x.rows : x.cols; }
  void fold(Fold fold, const T* parameters, T* out) const {
    (columns ? kernels.fold_cols : kernels.fold_rows)(fold, x.data, x.stride, x.rows, x.cols, parameters,
                                                      out);
  }
  Lines slice(size_t first, size_t size) const {
    const Block block =
        columns ? Block{0, x.rows, first, first + size} : Block{first, first + size, 0, x.cols};
    return {kernels, block_of(x, block), columns};
  }
};

// value = the reduction of each line but for its last step (a mean is still a sum, a variance the sum of
// squared deviations from `mean`).
template <typename T>
void reduce_lines(Reduction f, const Lines<T>& lines, T* value, T* mean) {
  const size_t n = lines.lines();
  if (f == Reduction::kVariance) {
    lines.fold(Fold::kSum, nullptr, mean);
    const T count = static_cast<T>(lines.count());
    for (size_t i = 0; i < n; ++i) mean[i] /= count;
    lines.fold(Fold::kSumDeviations, mean, value);
    return;
  }
  if (f != Reduction::kNorm2) {
    lines.fold(fold_of(f), nullptr, value);
    return;
  }
  T scale[kLines];
  for (size_t first = 0; first < n; first += kLines) {
    const size_t size = std::min(kLines, n - first);
    const Lines<T> some = lines.slice(first, size);
    T* const norm = value + first;
    std::fill(scale, scale + size, T(1));
    some.fold(Fold::kSumSquares, scale, norm);
    size_t unsafe = 0;
    for (size_t i = 0; i < size; ++i) unsafe += !(norm[i] > kLeast<T> && norm[i] < kMost<T>);
    if (unsafe > 0) {
      some.fold(Fold::kMaxAbs, nullptr, scale);
      for (size_t i = 0; i < size; ++i) {
        const bool safe = norm[i] > kLeast<T> && norm[i] < kMost<T>;
        scale[i] = safe ? T(1) : norm_scale(scale[i]);
      }
      some.fold(Fold::kSumSquares, scale, norm);
    }
    for (size_t i = 0; i < size; ++i) norm[i] = std::sqrt(norm[i]) / scale[i];
  }
}

// Two parts of `n` lines become one, in `a`; of a_count and b_count values a line.
template <typename T>
void join(Reduction f, size_t n, T* a, T* a_mean, double a_count, const T* b, const T* b_mean,
          double b_count) {
  switch (f) {
    case Reduction::kVariance: {
      const T share = static_cast<T>(b_count / (a_count + b_count)), weight = static_cast<T>(a_count) * share;
      for (size_t j = 0; j < n; ++j) {
        const T delta = b_mean[j] - a_mean[j];
        a[j] += b[j] + delta * delta * weight;
        a_mean[j] += delta * share;
      }
      return;
    }
    case Reduction::kMin:
      for (size_t j = 0; j < n; ++j) a[j] = b[j] < a[j] || std::isnan(b[j]) ? b[j] : a[j];
      return;
    case Reduction::kMax:
    case Reduction::kNormMax:
      for (size_t j = 0; j < n; ++j) a[j] = b[j] > a[j] || std::isnan(b[j]) ? b[j] : a[j];
      return;
    case Reduction::kProduct:
      for (size_t j = 0; j < n; ++j) a[j] *= b[j];
      return;
    case Reduction::kNorm2:
      for (size_t j = 0; j < n; ++j) a[j] = std::hypot(a[j], b[j]);
      return;
    default:
      for (size_t j = 0; j < n; ++j) a[j] += b[j];
  }
}

// The last step, for lines of `count` values.
template <typename T>
void finish(Reduction f, size_t n, double count, double ddof, T* value) {
  if (f != Reduction::kMean && f != Reduction::kVariance) return;
  const T divisor = static_cast<T>(f == Reduction::kMean ? count : std::max(count - ddof, 0.0));
  for (size_t j = 0; j < n; ++j) value[j] /= divisor;
}

// Parts of one reduction before they are joined: [parts, lines] each.
template <typename T>
struct Parts {
  AlignedBuffer<T> value, mean;
  size_t lines;

  Parts(Reduction f, size_t parts, size_t lines)
      : value(parts * lines), mean(f == Reduction::kVariance ? parts * lines : 0), lines(lines) {}
  T* value_of(size_t part) const { return value.data() + part * lines; }
  T* mean_of(size_t part) const { return mean.size() > 0 ? mean.data() + part * lines : nullptr; }
};

// Joins all parts of p as a binary tree and writes the result.
template <typename T>
void join_all(Reduction f, const Partition& p, const Parts<T>& parts, double ddof, T* out) {
  for (size_t width = 1; width < p.count(); width *= 2) {
    for (size_t i = 0; i + width < p.count(); i += 2 * width) {
      const size_t middle = p.begin(i + width), end = p.end(std::min(p.count(), i + 2 * width) - 1);
      join(f, parts.lines, parts.value_of(i), parts.mean_of(i), static_cast<double>(middle - p.begin(i)),
           parts.value_of(i + width), parts.mean_of(i + width), static_cast<double>(end - middle));
    }
  }
  std::copy(parts.value.data(), parts.value.data() + parts.lines, out);
  finish(f, parts.lines, static_cast<double>(p.total), ddof, out);
}

// All of a line of values, in parts.
template <typename T>
void reduce_line(Reduction f, const T* x, size_t n, double ddof, T* out, const RunOptions& options) {
  const ElementwiseKernels<T>& k = elementwise_kernels<T>(kernels());
  const Partition p{n, kPart};
  if (p.count() <= 1) {
    T mean;
    check_cancel(options.cancel);
    reduce_lines(f, Lines<T>{k, {x, 1, n, n}, false}, out, &mean);
    finish(f, 1, static_cast<double>(n), ddof, out);
    return;
  }
  const Parts<T> parts(f, p.count(), 1);
  run_tasks(p.count(), options, [&](size_t i) {
    const size_t size = p.end(i) - p.begin(i);
    reduce_lines(f, Lines<T>{k, {x + p.begin(i), 1, size, size}, false}, parts.value_of(i), parts.mean_of(i));
  });
  join_all(f, p, parts, ddof, out);
}

// A number for each row.
template <typename T>
void reduce_rows(Reduction f, const MatrixView<const T>& x, double ddof, T* out, const RunOptions& options) {
  if (x.cols > kPart) {
    for (size_t i = 0; i < x.rows; ++i) reduce_line(f, x.row(i), x.cols, ddof, out + i, options);
    return;
  }
  const ElementwiseKernels<T>& k = elementwise_kernels<T>(kernels());
  const Partition p{x.rows, std::max<size_t>(1, kPart / std::max<size_t>(1, x.cols))};
  run_tasks(p.count(), options, [&](size_t task) {
    T mean[kLines];
    for (size_t i = p.begin(task); i < p.end(task); i += kLines) {
      const size_t size = std::min(kLines, p.end(task) - i);
      reduce_lines(f, Lines<T>{k, block_of(x, {i, i + size, 0, x.cols}), false}, out + i, mean);
      finish(f, size, static_cast<double>(x.cols), ddof, out + i);
    }
  });
}

// A number for each column.
template <typename T>
void reduce_cols(Reduction f, const MatrixView<const T>& x, double ddof, T* out, const RunOptions& options) {
  const ElementwiseKernels<T>& k = elementwise_kernels<T>(kernels());
  const Partition cols{x.cols, kPartCols};
  const size_t width = std::min(x.cols, kPartCols);
  const Partition rows{x.rows, std::clamp<size_t>(kPart / std::max<size_t>(1, width), 16, kFoldRows)};
  const auto block_lines = [&](size_t i, size_t j) {
    return Lines<T>{k, block_of(x, {rows.begin(i), rows.end(i), cols.begin(j), cols.end(j)}), true};
  };
  if (rows.count() <= 1) {
    run_tasks(cols.count(), options, [&](size_t j) {
      const Lines<T> lines{k, block_of(x, {0, x.rows, cols.begin(j), cols.end(j)}), true};
      T mean[kPartCols];
      reduce_lines(f, lines, out + cols.begin(j), mean);
      finish(f, lines.lines(), static_cast<double>(x.rows), ddof, out + cols.begin(j));
    });
    return;
  }
  const Parts<T> parts(f, rows.count(), x.cols);
  run_tasks(rows.count() * cols.count(), options, [&](size_t task) {
    const size_t i = task / cols.count(), j = task % cols.count();
    T* const mean = parts.mean_of(i);
    reduce_lines(f, block_lines(i, j), parts.value_of(i) + cols.begin(j),
                 mean == nullptr ? nullptr : mean + cols.begin(j));
  });
  join_all(f, rows, parts, ddof, out);
}

// Rows that are not next to each other: each is a part.
template <typename T>
void reduce_strided(Reduction f, const MatrixView<const T>& x, double ddof, T* out,
                    const RunOptions& options) {
  const ElementwiseKernels<T>& k = elementwise_kernels<T>(kernels());
  const Partition tasks{x.rows, std::max<size_t>(1, kPart / x.cols)};
  const Parts<T> parts(f, x.rows, 1);
  run_tasks(tasks.count(), options, [&](size_t task) {
    const size_t first = tasks.begin(task);
    reduce_lines(f, Lines<T>{k, block_of(x, {first, tasks.end(task), 0, x.cols}), false},
                 parts.value_of(first), parts.mean_of(first));
  });
  join_all(f, Partition{x.rows * x.cols, x.cols}, parts, ddof, out);
}

void require_values(size_t count) {
  if (count == 0) throw Error("ERR_EMPTY", "A minimum or maximum needs at least one value.");
}

// The first of the best values of parts, a NaN before all; better(a, b) compares numbers.
template <typename T>
size_t best_part(bool largest, const T* value, size_t parts) {
  size_t best = 0;
  for (size_t i = 1; i < parts && !std::isnan(value[best]); ++i) {
    if (std::isnan(value[i]) || (largest ? value[i] > value[best] : value[i] < value[best])) best = i;
  }
  return best;
}

template <typename T>
int64_t find_in_line(bool largest, const T* x, size_t n, const RunOptions& options) {
  const ElementwiseKernels<T>& k = elementwise_kernels<T>(kernels());
  const Partition p{n, kPart};
  size_t part = 0;
  if (p.count() > 1) {
    AlignedBuffer<T> value(p.count());
    run_tasks(p.count(), options, [&](size_t i) {
      const size_t size = p.end(i) - p.begin(i);
      k.fold_rows(largest ? Fold::kMax : Fold::kMin, x + p.begin(i), size, 1, size, nullptr, &value[i]);
    });
    part = best_part(largest, value.data(), p.count());
  }
  const size_t begin = p.begin(part);
  return static_cast<int64_t>(begin + k.find_extreme(largest, x + begin, p.end(part) - begin));
}

template <typename T>
void find_in_rows(bool largest, const MatrixView<const T>& x, int64_t* out, const RunOptions& options) {
  const Partition p{x.rows, std::max<size_t>(1, kPart / x.cols)};
  if (x.cols > kPart) {
    for (size_t i = 0; i < x.rows; ++i) out[i] = find_in_line(largest, x.row(i), x.cols, options);
    return;
  }
  const auto kernel = elementwise_kernels<T>(kernels()).find_extreme;
  run_tasks(p.count(), options, [&](size_t task) {
    for (size_t i = p.begin(task); i < p.end(task); ++i) {
      out[i] = static_cast<int64_t>(kernel(largest, x.row(i), x.cols));
    }
  });
}

template <typename T>
void find_in_cols(bool largest, const MatrixView<const T>& x, int64_t* out, const RunOptions& options) {
  const auto kernel = elementwise_kernels<T>(kernels()).find_extreme_cols;
  // A task takes some columns through all rows, in runs of rows whose index T holds exactly.
  constexpr size_t kWidth = 256, kRun = size_t{1} << 20;
  const Partition cols{x.cols, kWidth}, runs{x.rows, kRun};
  run_tasks(cols.count(), options, [&](size_t task) {
    T index[kWidth], value[kWidth], best[kWidth];
    const size_t first = cols.begin(task), width = cols.end(task) - first;
    for (size_t run = 0; run < runs.count(); ++run) {
      const size_t row = runs.begin(run);
      kernel(largest, x.row(row) + first, x.stride, runs.end(run) - row, width, index, value);
      for (size_t j = 0; j < width; ++j) {
        const T pair[2] = {best[j], value[j]};
        if (run > 0 && best_part(largest, pair, 2) == 0) continue;
        best[j] = value[j];
        out[first + j] = static_cast<int64_t>(row + static_cast<size_t>(index[j]));
      }
    }
  });
}

}  // namespace

template <typename T>
void reduce(Reduction f, Axis axis, const MatrixView<const T>& x, double ddof, T* out,
            const RunOptions& options) {
  const size_t all = x.rows * x.cols;
  if (f == Reduction::kMin || f == Reduction::kMax) {
    require_values(axis == Axis::kRows   ? (x.cols == 0 ? 1 : x.rows)
                   : axis == Axis::kCols ? (x.rows == 0 ? 1 : x.cols)
                                         : all);
  }
  if (axis == Axis::kCols) {
    reduce_rows(f, x, ddof, out, options);
  } else if (axis == Axis::kRows) {
    reduce_cols(f, x, ddof, out, options);
  } else if (x.stride == x.cols || x.rows <= 1 || all == 0) {
    reduce_line(f, x.data, all, ddof, out, options);
  } else {
    reduce_strided(f, x, ddof, out, options);
  }
}

template <typename T>
void arg_reduce(bool largest, Axis axis, const MatrixView<const T>& x, int64_t* out,
                const RunOptions& options) {
  require_values(x.rows * x.cols);
  if (axis == Axis::kCols) {
    find_in_rows(largest, x, out, options);
  } else if (axis == Axis::kRows) {
    find_in_cols(largest, x, out, options);
  } else if (x.stride == x.cols || x.rows == 1) {
    *out = find_in_line(largest, x.data, x.rows * x.cols, options);
  } else {
    AlignedBuffer<T> value(x.rows);
    reduce_rows(largest ? Reduction::kMax : Reduction::kMin, x, 0, value.data(), options);
    const size_t row = best_part(largest, value.data(), x.rows);
    *out = static_cast<int64_t>(row * x.cols) + find_in_line(largest, x.row(row), x.cols, options);
  }
}

#define BOREAL_INSTANTIATE(T)                                                                       \
  template void reduce(Reduction, Axis, const MatrixView<const T>&, double, T*, const RunOptions&); \
  template void arg_reduce(bool, Axis, const MatrixView<const T>&, int64_t*, const RunOptions&);
BOREAL_INSTANTIATE(float)
BOREAL_INSTANTIATE(double)
#undef BOREAL_INSTANTIATE

}  // namespace boreal
