// Logistic regression on sparse rows: the objective of logistic_loss.h, minimised by L-BFGS or SAGA. Parts of
// rows add up on their own and are summed in order: results do not depend on the number of threads.
#pragma once

#include <cstdint>
#include <functional>

#include "base/cancel.h"
#include "linalg/csr.h"
#include "train/linear.h"

namespace boreal {

// Throws as fit_logistic does; ERR_PARAMETER for the solver newton-cholesky.
LogisticModel fit_sparse_logistic(const CsrView<double>& x, Span<int32_t> classes, uint32_t class_count,
                                  Span<double> weights, const LogisticParams& params,
                                  const CancelToken* cancel,
                                  const std::function<void(size_t done, size_t total)>& progress);

}  // namespace boreal
