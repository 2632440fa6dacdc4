// The convolution stands beside struct Kernels and not in it: nothing but native/nn uses it.
#pragma once

#include "kernels/conv_kernels.h"
#include "kernels/kernels.h"

namespace boreal {

// The table of the instruction set that `kernels` belongs to.
const ConvKernels& conv_kernels(const Kernels& kernels);

}  // namespace boreal
