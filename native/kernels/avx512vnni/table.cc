// The avx512vnni table: the generic kernels, compiled over this folder's simd.h (which must stand first) with
// this ISA's flags.
// clang-format off
#include "kernels/avx512vnni/simd.h"
#include "kernels/generic/table.inl.h"
// clang-format on

namespace boreal {
namespace avx512vnni {

constexpr Kernels kKernels = make_kernels("avx512vnni");

}  // namespace avx512vnni
}  // namespace boreal
