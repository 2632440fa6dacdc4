// The elementwise, reducing and moving kernels of one instruction set.
#include BOREAL_SIMD

#include "kernels/generic/elementwise.inl.h"
#include "kernels/generic/extreme.inl.h"
#include "kernels/generic/fold.inl.h"
#include "kernels/generic/move.inl.h"
#include "kernels/generic/softmax.inl.h"
#include "kernels/isa.h"

namespace boreal {
namespace {

template <typename T>
constexpr ElementwiseKernels<T> make_elementwise_kernels() {
  return {unary<T>,        binary<T>,       fold_rows<T>, fold_cols<T>, find_extreme<T>, find_extreme_cols<T>,
          softmax_rows<T>, softmax_cols<T>, transpose<T>};
}

}  // namespace

namespace BOREAL_ISA {

constexpr ElementwiseKernels<float> kElementwiseF32 = make_elementwise_kernels<float>();
constexpr ElementwiseKernels<double> kElementwiseF64 = make_elementwise_kernels<double>();
constexpr ConvertKernels kConvert = {convert<float, double>, convert<double, float>};

}  // namespace BOREAL_ISA
}  // namespace boreal
