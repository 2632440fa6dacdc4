#include "kernels/dispatch_narrow.h"

#include "kernels/dispatch_table.h"
#include "kernels/isa.h"

namespace boreal {
namespace {

template <typename T>
const GemmKernels<T>& choose(size_t n, const Kernels& kernels, const GemmKernels<T>& narrow) {
  const bool fits = 2 * n <= narrow.tile_cols;  // a panel of it is two vectors
  return fits && belongs_to(kernels, "avx512") ? narrow : gemm_kernels<T>(kernels);
}

}  // namespace

#if defined(BOREAL_HAVE_AVX2)
template <>
const GemmKernels<float>& gemm_kernels_for<float>(size_t n, const Kernels& kernels) {
  return choose(n, kernels, avx2::kGemmF32);
}
template <>
const GemmKernels<double>& gemm_kernels_for<double>(size_t n, const Kernels& kernels) {
  return choose(n, kernels, avx2::kGemmF64);
}
#else
template <>
const GemmKernels<float>& gemm_kernels_for<float>(size_t, const Kernels& kernels) {
  return kernels.f32.gemm;
}
template <>
const GemmKernels<double>& gemm_kernels_for<double>(size_t, const Kernels& kernels) {
  return kernels.f64.gemm;
}
#endif

}  // namespace boreal
