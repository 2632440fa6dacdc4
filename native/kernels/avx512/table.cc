// The avx512 table: the generic kernels, compiled over this folder's simd.h (which must stand first) with
// this ISA's flags.
// clang-format off
#include "kernels/avx512/simd.h"
#include "kernels/generic/table.inl.h"
// clang-format on

namespace boreal {
namespace avx512 {

constexpr Kernels kKernels = make_kernels("avx512");

}  // namespace avx512
}  // namespace boreal
