// Kernels of sparse rows. The common rules stand in kernels.h.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace boreal {

// The columns of a fit by SAGA (train/sparse_saga.h), of which a step touches only those of its row.
struct SagaColumns {
  double* of;      // [cols, 2 width]: the coefficients of a column, then their mean gradients
  uint32_t* seen;  // [cols]: after how many steps the coefficients are as they stand
  size_t width;    // 1, or a multiple of 4
};
struct SagaRates {
  const double* powers;  // [steps + 1, 2]: shrink^k, and the sum of those before it
  double eta, shrink, l1, share;
};

struct SparseKernels {
  // y[j] += sum_k x[k] b[columns[k], j] for j < cols, k ascending in one chain of fused multiply-adds. y must
  // not overlap the others.
  void (*add_rows)(const double* b, size_t bs, const int32_t* columns, const double* x, size_t count,
                   size_t cols, double* y) noexcept;

  // Catches up with some columns: the steps up to `time` by rows that lack them.
  void (*saga_catch_up)(const SagaColumns& of, const SagaRates& rates, const int32_t* columns, size_t count,
                        uint32_t time) noexcept;

  // Step `time` by a row whose columns were caught up with, and of whose slopes [width] these are the
  // changes.
  void (*saga_step)(const SagaColumns& of, const SagaRates& rates, const int32_t* columns, const double* x,
                    size_t count, uint32_t time, const double* changes) noexcept;

  // Catches up with all columns, for which step 0 is next.
  void (*saga_settle)(const SagaColumns& of, const SagaRates& rates, size_t cols, uint32_t time) noexcept;
};

// The table of each instruction set; dispatch_sparse.h picks one.
namespace scalar {
extern const SparseKernels kSparse;
}
namespace avx2 {
extern const SparseKernels kSparse;
}
namespace avx512 {
extern const SparseKernels kSparse;
}
namespace neon {
extern const SparseKernels kSparse;
}

}  // namespace boreal
