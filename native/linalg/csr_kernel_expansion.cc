#include "linalg/csr_kernel_expansion.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/error.h"
#include "base/partition.h"
#include "base/thread_pool.h"
#include "kernels/dispatch.h"
#include "linalg/csr_products.h"

namespace boreal {

void csr_kernel_expansion(const CsrView<double>& x, const CsrView<double>& vectors, const KernelSpec& spec,
                          const double* weights, Span<double> bias, double* out, const CancelToken* cancel) {
  if (x.cols != vectors.cols) throw Error("ERR_SHAPE", "Rows have other columns than the vectors.");
  const bool is_distance = spec.function == KernelFunction::kRbf;
  std::vector<double> row_squares, vector_squares;
  if (is_distance) {
    row_squares = csr_squared_norms(x, cancel);
    vector_squares = csr_squared_norms(vectors, cancel);
  }
  const size_t count = vectors.rows(), width = bias.size;
  std::vector<int32_t> all(count);
  std::iota(all.begin(), all.end(), 0);
  const CsrProducts products(vectors, all);
  constexpr size_t kRows = 16;
  const Partition parts{x.rows(), kRows};
  ThreadPool& pool = ThreadPool::instance();
  std::vector<AlignedBuffer<double>> buffers(pool.size());
  pool.parallel_for(parts.count(), [&](size_t part, size_t slot) {
    check_cancel(cancel);
    if (buffers[slot].size() < count) buffers[slot] = AlignedBuffer<double>(count);
    double* const values = buffers[slot].data();
    for (size_t i = parts.begin(part); i < parts.end(part); ++i) {
      products.fill(x, i, 0, count, values);
      if (is_distance) {
        for (size_t v = 0; v < count; ++v)
          values[v] = squared_distance_of(values[v], row_squares[i], vector_squares[v]);
      }
      apply_kernel(spec, elementwise_kernels<double>(kernels()), values, count, 1, count);
      std::copy_n(bias.data, width, out + i * width);
      kernels().vectors.add_rows(weights, width, count, width, values, out + i * width);
    }
  });
}

}  // namespace boreal
