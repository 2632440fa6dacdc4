// The neon table: the generic kernels, compiled over this folder's simd.h (which must stand first) with
// this ISA's flags.
// clang-format off
#include "kernels/neon/simd.h"
#include "kernels/generic/table.inl.h"
// clang-format on

namespace boreal {
namespace neon {

constexpr Kernels kKernels = make_kernels("neon");

}  // namespace neon
}  // namespace boreal
