#include "train/scatter.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

#include "base/aligned_buffer.h"
#include "base/error.h"
#include "base/partition.h"
#include "base/thread_pool.h"
#include "kernels/dispatch.h"
#include "kernels/dispatch_scatter.h"
#include "linalg/dense.h"

namespace boreal {
namespace {

constexpr size_t kBlockBytes = 12 << 10, kWideBlockBytes = 64 << 10;
// Up to so many columns the sums of a part stay in the second-level cache; above, products go by blocks of
// them.
constexpr size_t kTiledColumns = 128;
constexpr size_t kTile = kScatterColumns;
constexpr size_t kSumBytes = 128 << 20;  // of the sums of all parts
constexpr size_t kPartRows = 1024;
constexpr size_t kParts = 32;
constexpr double kLeastShare = 0.25;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

size_t most_parts(size_t cols) {
  return std::clamp<size_t>(kSumBytes / (sizeof(double) * std::max<size_t>(1, cols * cols)), 2, kParts);
}

// Sums over rows, of their differences from a shift.
struct Sums {
  explicit Sums(size_t cols, size_t width, bool ranges)
      : products(width * width, 0.0),
        sum(cols, 0.0),
        low(ranges ? cols : 0, kInfinity),
        high(ranges ? cols : 0, -kInfinity) {}

  std::vector<double> products;   // [width, width], the upper triangle
  std::vector<double> sum;        // [cols]
  std::vector<double> low, high;  // [cols] of the values themselves; or empty
};

// Adds a block of rows after the other, as a copy padded with zeros to whole tiles of columns.
template <typename T>
void add_rows(MatrixView<const T> x, Span<double> shift, size_t width, const CancelToken* cancel,
              Sums* sums) {
  const bool tiled = width <= kTiledColumns;
  const size_t bytes = tiled ? kBlockBytes : kWideBlockBytes;
  const size_t step = std::max<size_t>(16, bytes / (sizeof(double) * std::max<size_t>(1, x.cols)));
  const bool ranges = !sums->low.empty();
  const ScatterKernels& products = scatter_kernels(kernels());
  const CentreKernel<T> centre = centre_kernel<T>(products);
  const AlignedBuffer<double> block(step * width);
  std::fill(block.begin(), block.end(), 0.0);
  for (size_t i = 0; i < x.rows; i += step) {
    check_cancel(cancel);
    const size_t count = std::min(step, x.rows - i);
    centre(x.row(i), x.stride, count, x.cols, shift.data, block.data(), width, sums->sum.data(),
           ranges ? sums->low.data() : nullptr, ranges ? sums->high.data() : nullptr);
    if (tiled) {
      products.add_products(block.data(), width, count, width, sums->products.data(), width,
                            x.row(std::min(i + step, x.rows - 1)));
    } else {
      const ConstDense z = dense_view<const double>(block.data(), count, width);
      multiply(1, Form::kTransposed, z, Form::kAsIs, z, 1, dense_view(sums->products.data(), width, width),
               {1, nullptr});
    }
  }
}

// Of all rows: those of fixed parts, in their order. The products are [cols, cols] then.
template <typename T>
Sums sums_about(MatrixView<const T> x, Span<double> shift, bool ranges, const CancelToken* cancel) {
  const size_t d = x.cols, width = (d + kTile - 1) / kTile * kTile;
  const Partition parts = partition_rows(x.rows, kPartRows, most_parts(d));
  std::vector<Sums> partial(parts.count(), Sums(0, 0, false));
  ThreadPool::instance().parallel_for(partial.size(), [&](size_t part, size_t) {
    Sums own(d, width, ranges);
    const size_t begin = parts.begin(part), end = parts.end(part);
    add_rows(MatrixView<const T>{x.row(begin), end - begin, d, x.stride}, shift, width, cancel, &own);
    partial[part] = std::move(own);
  });
  Sums total(d, d, ranges);
  for (const Sums& part : partial) {
    for (size_t j = 0; j < d; ++j) {
      for (size_t k = j; k < d; ++k) total.products[j * d + k] += part.products[j * width + k];
      total.sum[j] += part.sum[j];
      if (!ranges) continue;
      total.low[j] = std::min(total.low[j], part.low[j]);
      total.high[j] = std::max(total.high[j], part.high[j]);
    }
  }
  return total;
}

void mirror(std::vector<double>& square, size_t d) {
  for (size_t j = 0; j < d; ++j) {
    for (size_t k = j + 1; k < d; ++k) square[k * d + j] = square[j * d + k];
  }
}

// Where all squares of a column are, so are its products with others.
bool is_finite(const Sums& sums) {
  const size_t d = sums.sum.size();
  for (size_t j = 0; j < d; ++j) {
    if (!std::isfinite(sums.sum[j]) || !std::isfinite(sums.products[j * (d + 1)])) return false;
  }
  return true;
}

// Products about the means from those about a shift. False where that cancels more than two bits of a
// square.
bool centre_products(Sums* sums, double rows) {
  const size_t d = sums->sum.size();
  bool keeps = true;
  for (size_t j = 0; j < d; ++j) {
    double& own = sums->products[j * (d + 1)];
    const double square = own;
    for (size_t k = j; k < d; ++k) sums->products[j * d + k] -= sums->sum[j] * (sums->sum[k] / rows);
    own = std::max(own, 0.0);
    keeps = keeps && own >= kLeastShare * square;
  }
  return keeps;
}

}  // namespace

template <typename T>
std::vector<double> scatter(MatrixView<const T> x, Span<double> mean, const CancelToken* cancel) {
  if (mean.size != x.cols) throw Error("ERR_SHAPE", "There must be one mean per column.");
  Sums sums = sums_about(x, mean, false, cancel);
  mirror(sums.products, x.cols);
  return std::move(sums.products);
}

template <typename T>
MeasuredScatter measured_scatter(MatrixView<const T> x, bool ranges, const CancelToken* cancel) {
  const size_t d = x.cols;
  const double rows = static_cast<double>(x.rows);
  std::vector<double> mean = mean_of_some_rows(x, {});
  for (bool again = false;; again = true) {
    Sums sums = sums_about(x, {mean.data(), d}, ranges, cancel);
    if (!is_finite(sums)) {
      return {column_moments(x, {}, {0, cancel}), std::vector<double>(d * d, kInfinity)};
    }
    for (size_t j = 0; j < d; ++j) mean[j] += sums.sum[j] / rows;
    if (!centre_products(&sums, rows) && !again) continue;
    mirror(sums.products, d);
    std::vector<double> variance(d);
    for (size_t j = 0; j < d; ++j) variance[j] = sums.products[j * (d + 1)] / rows;
    return {{std::vector<double>(d, rows), std::move(mean), std::move(variance), std::move(sums.low),
             std::move(sums.high)},
            std::move(sums.products)};
  }
}

template std::vector<double> scatter<float>(MatrixView<const float>, Span<double>, const CancelToken*);
template std::vector<double> scatter<double>(MatrixView<const double>, Span<double>, const CancelToken*);
template MeasuredScatter measured_scatter<float>(MatrixView<const float>, bool, const CancelToken*);
template MeasuredScatter measured_scatter<double>(MatrixView<const double>, bool, const CancelToken*);

}  // namespace boreal
