// The passes of a solver stand beside struct Kernels and not in it: nothing but native/train uses them.
#pragma once

#include "kernels/kernels.h"
#include "kernels/svm_kernels.h"

namespace boreal {

// The table of the instruction set that `kernels` belongs to.
const SvmKernels& svm_kernels(const Kernels& kernels);

}  // namespace boreal
