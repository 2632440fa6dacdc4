#include "kernels/dispatch_shap.h"

#include "kernels/dispatch_table.h"

namespace boreal {

const ShapKernels& shap_kernels(const Kernels& kernels) { BOREAL_RETURN_TABLE(kernels, kShap); }

}  // namespace boreal
