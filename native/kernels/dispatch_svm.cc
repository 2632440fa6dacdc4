#include "kernels/dispatch_svm.h"

#include "kernels/dispatch_table.h"

namespace boreal {

const SvmKernels& svm_kernels(const Kernels& kernels) { BOREAL_RETURN_TABLE(kernels, kSvm); }

}  // namespace boreal
