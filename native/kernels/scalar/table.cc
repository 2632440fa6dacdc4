// The scalar table: the generic kernels, compiled over this folder's simd.h (which must stand first) with
// this ISA's flags.
// clang-format off
#include "kernels/scalar/simd.h"
#include "kernels/generic/table.inl.h"
// clang-format on

namespace boreal {
namespace scalar {

constexpr Kernels kKernels = make_kernels("scalar");

}  // namespace scalar
}  // namespace boreal
