// The avx2 table: the generic kernels, compiled over this folder's simd.h (which must stand first) with
// this ISA's flags.
// clang-format off
#include "kernels/avx2/simd.h"
#include "kernels/generic/table.inl.h"
// clang-format on

namespace boreal {
namespace avx2 {

constexpr Kernels kKernels = make_kernels("avx2");

}  // namespace avx2
}  // namespace boreal
