// Matrix products over the thread pool: C = alpha op(A) op(B) + beta C, with a bias and an activation on the
// way out. Every element of the product is one chain of fused multiply-adds over k in ascending order that
// starts from beta C + bias, so its bits depend neither on the number of rows and columns around it nor on
// the number of threads. Only where A is not transposed and B has a handful of columns (prefers_dots of
// gemm_kernels.h) is it a dot product over vectors of k, again in one order: so who multiplies some columns
// of a matrix by themselves says how many it has.
#pragma once

#include <cstddef>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "kernels/kernels.h"

namespace boreal {

template <typename T>
struct GemmOptions {
  bool transpose_a = false;  // op(A) is A^T
  bool transpose_b = false;
  T alpha = 1;                          // 0: A and B are not read
  T beta = 0;                           // 0: C is only written, whatever it holds
  const T* bias = nullptr;              // [n], added to every row; or null
  Unary activation = Unary::kIdentity;  // of alpha op(A) op(B) + beta C + bias
  size_t whole_cols = 0;                // of the product whose columns these are, with its bits; 0: n
  size_t max_threads = 0;               // 0: all of the pool, as far as the work is worth it
  const CancelToken* cancel = nullptr;
  const Kernels* kernels = nullptr;  // null: the best of this CPU
};

// op(A) [m, k], op(B) [k, n], C [m, n]. C must not overlap A or B. k == 0 gives beta C + bias, activated.
// Throws ERR_SHAPE when the shapes don't fit, ERR_ABORTED when cancelled (C is then unspecified).
template <typename T>
void gemm(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c, const GemmOptions<T>& options = {});

}  // namespace boreal
