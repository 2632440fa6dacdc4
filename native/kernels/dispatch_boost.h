// The kernels of boosting stand beside struct Kernels and not in it: only its search for splits uses them.
#pragma once

#include "kernels/boost_kernels.h"
#include "kernels/kernels.h"

namespace boreal {

// The table of the instruction set that `kernels` belongs to.
const BoostKernels& boost_kernels(const Kernels& kernels);

}  // namespace boreal
