// Products of the columns of a matrix with each other, and the rows about a centre that they are made of. The
// common rules stand in kernels.h.
#pragma once

#include <stddef.h>

namespace boreal {

// Columns that products are made of at a time.
constexpr size_t kScatterColumns = 4;

// z[i,j] = x[i,j] - shift[j], float64 with row stride zs; sum[j] += sum_i z[i,j] in ascending order; low[j]
// and high[j] become the least and the greatest of themselves and the x[i,j], which may skip NaN: the sum
// tells of those. low and high may both be null.
template <typename T>
using CentreKernel = void (*)(const T* x, size_t xs, size_t rows, size_t cols, const double* shift, double* z,
                              size_t zs, double* sum, double* low, double* high) noexcept;

struct ScatterKernels {
  CentreKernel<float> centre_f32;
  CentreKernel<double> centre_f64;

  // g[j,k] += sum_i x[i,j] x[i,k] for k >= j; cols is a multiple of kScatterColumns. Each element is one
  // chain of fused multiply-adds. Some elements below the diagonal change, too, and mean nothing. Meanwhile
  // [ahead, ahead + 8 * rows * cols) is asked for: what the caller reads next, or any address.
  void (*add_products)(const double* x, size_t xs, size_t rows, size_t cols, double* g, size_t gs,
                       const void* ahead) noexcept;
};

template <typename T>
CentreKernel<T> centre_kernel(const ScatterKernels& kernels);
template <>
inline CentreKernel<float> centre_kernel<float>(const ScatterKernels& kernels) {
  return kernels.centre_f32;
}
template <>
inline CentreKernel<double> centre_kernel<double>(const ScatterKernels& kernels) {
  return kernels.centre_f64;
}

// The table of each instruction set; dispatch_scatter.h picks one.
namespace scalar {
extern const ScatterKernels kScatter;
}
namespace avx2 {
extern const ScatterKernels kScatter;
}
namespace avx512 {
extern const ScatterKernels kScatter;
}
namespace neon {
extern const ScatterKernels kScatter;
}

}  // namespace boreal
