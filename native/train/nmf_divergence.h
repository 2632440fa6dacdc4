// Multiplicative updates of both factors for a beta-divergence other than that of squares (Fevotte & Idier
// 2011).
#pragma once

#include <vector>

#include "base/cancel.h"
#include "train/nmf.h"
#include "train/nmf_rows.h"

namespace boreal {

// w [rows, k] and h [k, cols]: the start. The error is the root of twice the divergence.
NmfModel fit_divergence(NmfRows x, std::vector<double> w, std::vector<double> h, const NmfSpec& spec,
                        const CancelToken* cancel, const std::function<void(size_t, size_t)>& progress);

}  // namespace boreal
