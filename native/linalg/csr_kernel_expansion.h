// Sums of kernels of sparse rows: what machines with a kernel predict.
#pragma once

#include "base/cancel.h"
#include "base/span.h"
#include "linalg/csr.h"
#include "linalg/kernel_function.h"

namespace boreal {

// out[rows, bias.size] = bias + the kernels of the rows of x with the vectors, times weights [vectors,
// bias.size]. A row's bits depend on nothing but the row. Throws ERR_SHAPE unless x and the vectors have the
// same columns, and for kRbf as check_squared_norm.
void csr_kernel_expansion(const CsrView<double>& x, const CsrView<double>& vectors, const KernelSpec& spec,
                          const double* weights, Span<double> bias, double* out, const CancelToken* cancel);

}  // namespace boreal
