#include "kernels/dispatch_box.h"

#include "kernels/dispatch_table.h"

namespace boreal {

template <>
const BoxKernels<float>& box_kernels<float>(const Kernels& kernels) {
  BOREAL_RETURN_TABLE(kernels, kBoxF32);
}
template <>
const BoxKernels<double>& box_kernels<double>(const Kernels& kernels) {
  BOREAL_RETURN_TABLE(kernels, kBoxF64);
}

}  // namespace boreal
