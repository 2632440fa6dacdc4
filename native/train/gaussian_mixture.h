// Gaussian mixtures by expectation-maximisation (Dempster, Laird & Rubin 1977), with scikit-learn's stopping
// rule. Everything is float64; sums run over a fixed partition of the rows.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/span.h"

namespace boreal {

enum class CovarianceType : int32_t { kFull = 0, kTied = 1, kDiagonal = 2, kSpherical = 3 };

struct MixtureSpec {
  uint32_t components = 1;
  CovarianceType type = CovarianceType::kFull;
  double tol = 1e-3;  // on the change of the mean log-likelihood
  double reg_covar = 1e-6;
  uint32_t max_iter = 100;
  // The mean log-likelihood that the first iteration is compared with: that of the fit that this one goes on
  // from.
  double lower_bound = -std::numeric_limits<double>::infinity();
};

struct Mixture {
  std::vector<double> weights;       // [components]
  std::vector<double> means;         // [components, cols]
  std::vector<double> covariances;   // full [components, cols, cols], tied [cols, cols], diagonal
                                     // [components, cols], spherical [components]
  std::vector<double> precisions;    // factors p of the inverse covariance p p^T, of the same shape, upper
                                     // triangular where they are matrices
  double lower_bound = 0;            // mean log-likelihood of the rows
  std::vector<double> lower_bounds;  // [iterations], that of each
  uint32_t iterations = 0;
  bool converged = false;
};

// Parts of a start that are given; the others come from the responsibilities. Empty: not given.
struct MixtureStart {
  Span<double> weights, means, precisions;  // precisions: factors, as above
};

// responsibilities: [rows, components], rows adding up to 1; changed on the way. Throws
// ERR_NOT_POSITIVE_DEFINITE when a covariance collapses.
Mixture fit_mixture(MatrixView<const double> x, std::vector<double>& responsibilities,
                    const MixtureStart& start, const MixtureSpec& spec, const CancelToken* cancel,
                    const std::function<void(size_t done, size_t total)>& progress);

}  // namespace boreal
