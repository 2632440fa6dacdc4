#include "train/scatter.h"

#include <algorithm>
#include <cstddef>

#include "base/aligned_buffer.h"
#include "base/error.h"
#include "base/partition.h"
#include "base/thread_pool.h"
#include "linalg/dense.h"

namespace boreal {
namespace {

constexpr size_t kBlockBytes = 64 << 10;
constexpr size_t kSumBytes = 128 << 20;  // of the sums of all parts
constexpr size_t kPartRows = 1024;
constexpr size_t kParts = 32;

}  // namespace

template <typename T>
std::vector<double> scatter(MatrixView<const T> x, Span<double> mean, const CancelToken* cancel) {
  const size_t d = x.cols;
  if (mean.size != d) throw Error("ERR_SHAPE", "There must be one mean per column.");
  const size_t fitting = kSumBytes / (sizeof(double) * std::max<size_t>(1, d * d));
  const Partition rows = partition_rows(x.rows, kPartRows, std::clamp<size_t>(fitting, 2, kParts));
  const size_t step = std::max<size_t>(16, kBlockBytes / (sizeof(double) * std::max<size_t>(1, d)));
  std::vector<std::vector<double>> parts(rows.count());
  ThreadPool::instance().parallel_for(rows.count(), [&](size_t part, size_t) {
    parts[part].assign(d * d, 0.0);
    const Dense sum = dense_view(parts[part].data(), d, d);
    const AlignedBuffer<double> block(step * d);
    for (size_t i = rows.begin(part); i < rows.end(part); i += step) {
      check_cancel(cancel);
      const size_t count = std::min(step, rows.end(part) - i);
      for (size_t r = 0; r < count; ++r) {
        const T* const row = x.row(i + r);
        for (size_t j = 0; j < d; ++j) block.data()[r * d + j] = static_cast<double>(row[j]) - mean[j];
      }
      const ConstDense z = dense_view<const double>(block.data(), count, d);
      multiply(1, Form::kTransposed, z, Form::kAsIs, z, 1, sum, {1, nullptr});
    }
  });
  std::vector<double> total(d * d, 0.0);
  for (const std::vector<double>& part : parts) {
    for (size_t p = 0; p < total.size(); ++p) total[p] += part[p];
  }
  return total;
}

template std::vector<double> scatter<float>(MatrixView<const float>, Span<double>, const CancelToken*);
template std::vector<double> scatter<double>(MatrixView<const double>, Span<double>, const CancelToken*);

}  // namespace boreal
