#include "train/scatter.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/aligned_buffer.h"
#include "base/error.h"
#include "base/partition.h"
#include "base/thread_pool.h"
#include "kernels/dispatch.h"
#include "linalg/dense.h"

namespace boreal {
namespace {

constexpr size_t kBlockBytes = 8 << 10, kWideBlockBytes = 64 << 10;
// Up to so many columns the sums of a part stay in the second-level cache; above, products go by blocks of
// them.
constexpr size_t kTiledColumns = 128;
constexpr size_t kTile = kGramColumns / 2;
constexpr size_t kSumBytes = 128 << 20;  // of the sums of all parts
constexpr size_t kPartRows = 1024;
constexpr size_t kParts = 32;

// z = x - mean, as wide as the block's rows.
template <typename T>
void centre(MatrixView<const T> x, Span<double> mean, double* z, size_t width) {
  Operand<double> from{z, width, 1};
  if constexpr (std::is_same_v<T, double>) {
    from = {x.data, x.stride, 1};
  } else {
    kernels().convert.to_f64(x.data, x.stride, z, width, x.rows, x.cols);
  }
  elementwise_kernels<double>(kernels()).binary(Binary::kSub, from, {mean.data, 0, 1}, z, width, x.rows,
                                                x.cols);
}

struct Shape {
  Shape(size_t rows, size_t cols)
      : cols(cols),
        width((cols + kTile - 1) / kTile * kTile),
        parts(partition_rows(rows, kPartRows, most_parts(cols))) {}
  static size_t most_parts(size_t cols) {
    return std::clamp<size_t>(kSumBytes / (sizeof(double) * std::max<size_t>(1, cols * cols)), 2, kParts);
  }

  size_t cols, width;  // of x, and of whole tiles
  Partition parts;
};

// The sum over fixed parts of the rows, in their order, of what add(begin, end, sum) leaves in the upper
// triangle of its sum [width, width]: [cols, cols].
template <typename Add>
std::vector<double> sum_of_parts(const Shape& shape, const Add& add) {
  const size_t d = shape.cols, width = shape.width;
  std::vector<std::vector<double>> sums(shape.parts.count());
  ThreadPool::instance().parallel_for(sums.size(), [&](size_t part, size_t) {
    sums[part].assign(width * width, 0.0);
    add(shape.parts.begin(part), shape.parts.end(part), sums[part].data());
  });
  std::vector<double> total(d * d, 0.0);
  for (const std::vector<double>& sum : sums) {
    for (size_t j = 0; j < d; ++j) {
      for (size_t k = j; k < d; ++k) total[j * d + k] += sum[j * width + k];
    }
  }
  return total;
}

// From a centred copy of each block of rows, padded with zeros to whole tiles of columns.
template <typename T>
std::vector<double> centred_scatter(MatrixView<const T> x, Span<double> mean, const Shape& shape,
                                    const CancelToken* cancel) {
  const size_t d = shape.cols, width = shape.width;
  const size_t block_bytes = width <= kTiledColumns ? kBlockBytes : kWideBlockBytes;
  const size_t step = std::max<size_t>(16, block_bytes / (sizeof(double) * std::max<size_t>(1, d)));
  return sum_of_parts(shape, [&](size_t begin, size_t end, double* sum) {
    const AlignedBuffer<double> block(step * width);
    std::fill(block.begin(), block.end(), 0.0);
    for (size_t i = begin; i < end; i += step) {
      check_cancel(cancel);
      const size_t count = std::min(step, end - i);
      centre(MatrixView<const T>{x.row(i), count, d, x.stride}, mean, block.data(), width);
      if (width <= kTiledColumns) {
        kernels().gram.add(block.data(), width, count, width, sum, width);
      } else {
        const ConstDense z = dense_view<const double>(block.data(), count, width);
        multiply(1, Form::kTransposed, z, Form::kAsIs, z, 1, dense_view(sum, width, width), {1, nullptr});
      }
    }
  });
}

// ---- Means near 0 -----------------------------------------------------------------------------------
// Sums of products of the values as they are, less those of the means, lose the digits that a mean is larger
// than the deviations from it. Where these are a tenth of it or more, that is two digits; then no row needs a
// centred copy.
constexpr double kLeastShare = 0.01;  // of the variance in the mean square
constexpr size_t kLookedAt = 256;     // rows

bool vary_enough(MatrixView<const double> x, Span<double> mean) {
  const size_t step = std::max<size_t>(1, x.rows / kLookedAt);
  std::vector<double> squares(x.cols, 0.0), deviations(x.cols, 0.0);
  for (size_t i = 0; i < x.rows; i += step) {
    for (size_t j = 0; j < x.cols; ++j) {
      const double value = x.at(i, j), deviation = value - mean[j];
      squares[j] += value * value;
      deviations[j] += deviation * deviation;
    }
  }
  for (size_t j = 0; j < x.cols; ++j) {
    if (!(deviations[j] >= 2 * kLeastShare * squares[j])) return false;
  }
  return true;
}

// x is dense and has more rows than its tiles have columns. Nothing where digits are lost after all.
std::optional<std::vector<double>> near_scatter(MatrixView<const double> x, Span<double> mean,
                                                const Shape& shape, const CancelToken* cancel) {
  const size_t d = shape.cols, width = shape.width;
  // The tiles of a row reach into the next ones, to sums that nobody reads; of the last rows they would leave
  // x.
  const size_t inner = x.rows - (width + d - 1) / d;
  const AlignedBuffer<double> last((x.rows - inner) * width);
  std::fill(last.begin(), last.end(), 0.0);
  for (size_t i = inner; i < x.rows; ++i) std::copy_n(x.row(i), d, last.data() + (i - inner) * width);
  std::vector<double> gram = sum_of_parts(shape, [&](size_t begin, size_t end, double* sum) {
    const size_t stop = std::min(end, inner);
    for (size_t i = begin; i < stop; i += kPartRows) {
      check_cancel(cancel);
      kernels().gram.add(x.row(i), d, std::min(kPartRows, stop - i), width, sum, width);
    }
    const size_t from = std::max(begin, inner);
    if (from < end) {
      kernels().gram.add(last.data() + (from - inner) * width, width, end - from, width, sum, width);
    }
  });
  const double n = static_cast<double>(x.rows);
  for (size_t j = 0; j < d; ++j) {
    const double square = gram[j * (d + 1)];
    if (!(square - n * mean[j] * mean[j] >= kLeastShare * square)) return std::nullopt;
    for (size_t k = j; k < d; ++k) gram[j * d + k] -= n * mean[j] * mean[k];
  }
  return gram;
}

}  // namespace

template <typename T>
std::vector<double> scatter(MatrixView<const T> x, Span<double> mean, const CancelToken* cancel) {
  const size_t d = x.cols;
  if (mean.size != d) throw Error("ERR_SHAPE", "There must be one mean per column.");
  const Shape shape(x.rows, d);
  std::optional<std::vector<double>> sums;
  if constexpr (std::is_same_v<T, double>) {
    const bool fits = d > 0 && shape.width <= kTiledColumns && x.rows > shape.width && x.stride == d;
    if (fits && vary_enough(x, mean)) sums = near_scatter(x, mean, shape, cancel);
  }
  if (!sums) sums = centred_scatter(x, mean, shape, cancel);
  for (size_t j = 0; j < d; ++j) {
    for (size_t k = j + 1; k < d; ++k) (*sums)[k * d + j] = (*sums)[j * d + k];
  }
  return std::move(*sums);
}

template std::vector<double> scatter<float>(MatrixView<const float>, Span<double>, const CancelToken*);
template std::vector<double> scatter<double>(MatrixView<const double>, Span<double>, const CancelToken*);

}  // namespace boreal
