// The explainer's kernels stand beside struct Kernels and not in it: nothing but native/explain uses them.
#pragma once

#include "kernels/kernels.h"
#include "kernels/shap_kernels.h"

namespace boreal {

// The table of the instruction set that `kernels` belongs to.
const ShapKernels& shap_kernels(const Kernels& kernels);

}  // namespace boreal
