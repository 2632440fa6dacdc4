// The row kernels of one instruction set.
#include BOREAL_SIMD

#include "kernels/generic/columns.inl.h"
#include "kernels/generic/find.inl.h"
#include "kernels/isa.h"

namespace boreal {
namespace {

template <typename T>
constexpr RowKernels<T> make_row_kernels() {
  return {impute<T>, affine<T>, find_invalid<T>};
}

}  // namespace

namespace BOREAL_ISA {

// constexpr, so that a table needs no initialiser, which would run this ISA's code on every CPU.
constexpr RowKernels<float> kRowsF32 = make_row_kernels<float>();
constexpr RowKernels<double> kRowsF64 = make_row_kernels<double>();

}  // namespace BOREAL_ISA
}  // namespace boreal
