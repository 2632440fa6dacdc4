// The product kernels for a B of few columns.
#pragma once

#include "kernels/kernels.h"

namespace boreal {

// Of the instruction set that `kernels` belongs to, or of the one before it where n columns fill no more than
// a vector of that: half of each fma would multiply padding. The bits are the same (see gemm_kernels.h);
// whether to take dot products instead is asked of the first.
template <typename T>
const GemmKernels<T>& gemm_kernels_for(size_t n, const Kernels& kernels);

}  // namespace boreal
