// The kernels of sparse rows stand beside struct Kernels and not in it: few use them.
#pragma once

#include "kernels/kernels.h"
#include "kernels/sparse_kernels.h"

namespace boreal {

// The table of the instruction set that `kernels` belongs to.
const SparseKernels& sparse_kernels(const Kernels& kernels);

}  // namespace boreal
