// The float32 and float64 matrix products of one instruction set.
#include BOREAL_SIMD

#include "kernels/generic/gemm_dots.inl.h"
#include "kernels/generic/gemm_loops.inl.h"
#include "kernels/isa.h"

namespace boreal {
namespace {

template <typename T>
size_t packed_size(size_t k, size_t n) noexcept {
  return k * round_up(n, kPanel<T>);
}

template <typename T>
void pack(const T* b, size_t b_row, size_t b_col, size_t k, size_t n, T* packed) noexcept {
  pack_panels(b, b_row, b_col, k, n, packed);
}

template <typename T>
constexpr GemmKernels<T> make_gemm_kernels() {
  return {kTileRows,          kPanel<T>,       packed_size<T>, pack<T>,         workspace<Plain<T>>,
          multiply<Plain<T>>, prefers_dots<T>, pack_dots<T>,   multiply_dots<T>};
}

}  // namespace

namespace BOREAL_ISA {

constexpr GemmKernels<float> kGemmF32 = make_gemm_kernels<float>();
constexpr GemmKernels<double> kGemmF64 = make_gemm_kernels<double>();

}  // namespace BOREAL_ISA
}  // namespace boreal
