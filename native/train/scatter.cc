#include "train/scatter.h"

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "base/error.h"
#include "base/partition.h"
#include "base/thread_pool.h"
#include "kernels/dispatch.h"
#include "linalg/dense.h"

namespace boreal {
namespace {

constexpr size_t kBlockBytes = 16 << 10, kWideBlockBytes = 64 << 10;
// Up to so many columns the sums of a part stay in the second-level cache; above, products go by blocks of
// them.
constexpr size_t kTiledColumns = 128;
constexpr size_t kSumBytes = 128 << 20;  // of the sums of all parts
constexpr size_t kPartRows = 1024;
constexpr size_t kParts = 32;

// z = x - mean, as wide as the block's rows.
template <typename T>
void centre(MatrixView<const T> x, Span<double> mean, const std::vector<double>& ones, double* z,
            size_t width) {
  if constexpr (std::is_same_v<T, double>) {
    row_kernels<T>(kernels()).affine(x.data, x.stride, mean.data, ones.data(), z, width, x.rows, x.cols);
  } else {
    for (size_t i = 0; i < x.rows; ++i) {
      for (size_t j = 0; j < x.cols; ++j) z[i * width + j] = static_cast<double>(x.at(i, j)) - mean[j];
    }
  }
}

}  // namespace

template <typename T>
std::vector<double> scatter(MatrixView<const T> x, Span<double> mean, const CancelToken* cancel) {
  const size_t d = x.cols;
  if (mean.size != d) throw Error("ERR_SHAPE", "There must be one mean per column.");
  const size_t fitting = kSumBytes / (sizeof(double) * std::max<size_t>(1, d * d));
  const Partition rows = partition_rows(x.rows, kPartRows, std::clamp<size_t>(fitting, 2, kParts));
  std::vector<std::vector<double>> parts(rows.count());
  // Rows padded with zeros to whole tiles of columns.
  const size_t width = (d + kGramColumns - 1) / kGramColumns * kGramColumns;
  const size_t block_bytes = width <= kTiledColumns ? kBlockBytes : kWideBlockBytes;
  const size_t step = std::max<size_t>(16, block_bytes / (sizeof(double) * std::max<size_t>(1, d)));
  const std::vector<double> ones(d, 1.0);
  ThreadPool::instance().parallel_for(rows.count(), [&](size_t part, size_t) {
    std::vector<double>& sum = parts[part];
    sum.assign(width * width, 0.0);
    std::vector<double> block(step * width, 0.0);
    for (size_t i = rows.begin(part); i < rows.end(part); i += step) {
      check_cancel(cancel);
      const size_t count = std::min(step, rows.end(part) - i);
      centre(MatrixView<const T>{x.row(i), count, d, x.stride}, mean, ones, block.data(), width);
      if (width <= kTiledColumns) {
        kernels().gram.add(block.data(), width, count, width, sum.data(), width);
      } else {
        const ConstDense z = dense_view<const double>(block.data(), count, width);
        multiply(1, Form::kTransposed, z, Form::kAsIs, z, 1, dense_view(sum.data(), width, width),
                 {1, nullptr});
      }
    }
  });
  std::vector<double> total(d * d, 0.0);
  for (const std::vector<double>& part : parts) {
    for (size_t j = 0; j < d; ++j) {
      for (size_t k = j; k < d; ++k) total[j * d + k] += part[j * width + k];
    }
  }
  for (size_t j = 0; j < d; ++j) {
    for (size_t k = j + 1; k < d; ++k) total[k * d + j] = total[j * d + k];
  }
  return total;
}

template std::vector<double> scatter<float>(MatrixView<const float>, Span<double>, const CancelToken*);
template std::vector<double> scatter<double>(MatrixView<const double>, Span<double>, const CancelToken*);

}  // namespace boreal
