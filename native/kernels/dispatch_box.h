// The kernels of boxes stand beside struct Kernels and not in it: few need them.
#pragma once

#include "kernels/box_kernels.h"
#include "kernels/kernels.h"

namespace boreal {

// The table of the instruction set that `kernels` belongs to.
template <typename T>
const BoxKernels<T>& box_kernels(const Kernels& kernels);

}  // namespace boreal
