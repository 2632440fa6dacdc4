#include "kernels/dispatch_sparse.h"

#include "kernels/dispatch_table.h"

namespace boreal {

const SparseKernels& sparse_kernels(const Kernels& kernels) { BOREAL_RETURN_TABLE(kernels, kSparse); }

}  // namespace boreal
