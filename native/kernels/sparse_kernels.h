// Kernels of sparse rows. The common rules stand in kernels.h.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace boreal {

struct SparseKernels {
  // y[j] += sum_k x[k] b[columns[k], j] for j < cols, k ascending in one chain of fused multiply-adds. y must
  // not overlap the others.
  void (*add_rows)(const double* b, size_t bs, const int32_t* columns, const double* x, size_t count,
                   size_t cols, double* y) noexcept;
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
