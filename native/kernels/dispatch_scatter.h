// The sums of products of columns stand beside struct Kernels and not in it: nothing but native/train uses
// them.
#pragma once

#include "kernels/kernels.h"
#include "kernels/scatter_kernels.h"

namespace boreal {

// The table of the instruction set that `kernels` belongs to.
const ScatterKernels& scatter_kernels(const Kernels& kernels);

}  // namespace boreal
