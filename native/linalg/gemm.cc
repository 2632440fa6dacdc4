#include "linalg/gemm.h"

#include <algorithm>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/error.h"
#include "kernels/dispatch.h"

namespace boreal {
namespace {

template <typename T>
AlignedBuffer<T> dense_copy(MatrixView<const T> x, bool transpose, T factor) {
  AlignedBuffer<T> copy(x.rows * x.cols);
  T* to = copy.data();
  for (size_t i = 0; i < (transpose ? x.cols : x.rows); ++i) {
    for (size_t j = 0; j < (transpose ? x.rows : x.cols); ++j) {
      *to++ = factor * (transpose ? x.at(j, i) : x.at(i, j));
    }
  }
  return copy;
}

}  // namespace

template <typename T>
void gemm(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, const GemmOptions<T>& options) {
  const size_t m = options.transpose_a ? a.cols : a.rows, k = options.transpose_a ? a.rows : a.cols;
  const size_t n = options.transpose_b ? b.rows : b.cols, kb = options.transpose_b ? b.cols : b.rows;
  if (k != kb || c.rows != m || c.cols != n) throw Error("ERR_SHAPE", "The shapes of a product don't fit.");
  check_cancel(options.cancel);
  const RowKernels<T>& kernels = row_kernels<T>(boreal::kernels());
  const AlignedBuffer<T> left = dense_copy(a, options.transpose_a, options.alpha);
  const AlignedBuffer<T> right = dense_copy(b, options.transpose_b, T(1));
  AlignedBuffer<T> packed(kernels.dense_packed_size(k, n)), row(n);
  kernels.dense_pack(right.data(), k, n, packed.data());
  for (size_t i = 0; i < m; ++i) {
    for (size_t j = 0; j < n; ++j) {
      row[j] = (options.beta == T(0) ? T(0) : options.beta * c.at(i, j)) +
               (options.bias != nullptr ? options.bias[j] : T(0));
    }
    kernels.dense(left.data() + i * k, k, packed.data(), row.data(), c.row(i), n, 1, k, n);
    elementwise_kernels<T>(boreal::kernels()).unary(options.activation, c.row(i), n, c.row(i), n, 1, n);
  }
}

template void gemm(MatrixView<const float>, MatrixView<const float>, MatrixView<float>,
                   const GemmOptions<float>&);
template void gemm(MatrixView<const double>, MatrixView<const double>, MatrixView<double>,
                   const GemmOptions<double>&);

}  // namespace boreal
