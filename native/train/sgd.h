// Linear models by stochastic gradient descent, one row at a time (Bottou 2010; Shalev-Shwartz, Singer,
// Srebro & Cotter 2011), with the update rules, learning rates and stopping rules of scikit-learn 1.9.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/span.h"
#include "linalg/csr.h"

namespace boreal {

enum class SgdLoss {
  kHinge,
  kPerceptron,
  kLog,
  kModifiedHuber,
  kSquaredHinge,
  kSquaredError,
  kHuber,
  kEpsilonInsensitive,
  kSquaredEpsilonInsensitive,
};
enum class SgdPenalty { kNone, kL1, kL2, kElasticNet };
enum class SgdRate {
  kConstant,
  kOptimal,
  kInverseScaling,
  kAdaptive,
  kPassiveAggressive1,
  kPassiveAggressive2
};

struct SgdParams {
  SgdLoss loss = SgdLoss::kHinge;
  SgdPenalty penalty = SgdPenalty::kL2;
  SgdRate rate = SgdRate::kOptimal;
  double alpha = 1e-4, l1_ratio = 0.15, epsilon = 0.1, eta0 = 0.01, power_t = 0.5;
  bool fit_intercept = true, shuffle = true, early_stopping = false;
  uint32_t max_iter = 1000, no_change = 5;
  double tol = 1e-3;  // -infinity: all epochs
  double validation_fraction = 0.1;
  uint64_t average = 0;  // average over steps from this one on; 0: do not
  uint64_t seed = 0;
};

// What learning goes on from. Empty vectors are zeros.
struct SgdState {
  std::vector<double> coef;               // [outputs, cols]
  std::vector<double> intercept;          // [outputs]
  std::vector<double> average_coef;       // the same of the averages; empty unless averaging
  std::vector<double> average_intercept;  //
  double t = 1;                           // number of the next step
};
struct SgdModel {
  SgdState state;
  uint32_t iterations = 0;  // most epochs of an output
  bool converged = true;    // every output stopped before max_iter
};

// Of classes: y holds their indices, class_weights [classes]; one output for two classes, else one against
// the rest for each. Of numbers: class_weights is empty.
template <typename T>
SgdModel fit_sgd(MatrixView<const T> x, Span<double> y, Span<double> class_weights, Span<double> weights,
                 const SgdParams& params, SgdState start, const CancelToken* cancel,
                 const std::function<void(size_t done, size_t total)>& progress);

// The same of sparse rows: a step costs as much as its row has values.
SgdModel fit_sgd(const CsrView<double>& x, Span<double> y, Span<double> class_weights, Span<double> weights,
                 const SgdParams& params, SgdState start, const CancelToken* cancel,
                 const std::function<void(size_t done, size_t total)>& progress);

}  // namespace boreal
