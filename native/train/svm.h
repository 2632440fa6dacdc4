// Support vector machines as LIBSVM poses them (Chang and Lin, "LIBSVM: a library for support vector
// machines", 2011): classification one against one, regression, and the support of a distribution.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/span.h"
#include "train/svm_solver.h"

namespace boreal {

enum class SvmTask { kClassifier, kRegressor, kOneClass, kNuClassifier, kNuRegressor };

struct SvmParams {
  SvmTask task = SvmTask::kClassifier;
  SvmKernel kernel;
  bool scale_gamma = false;  // gamma = 1 / (columns * variance of all values of x)
  double c = 1;              // of a row of weight 1
  double epsilon = 0.1;      // regression: errors that count nothing
  // In (0, 1]. One class: share of rows that may be outside; of the tasks with nu: of rows in the margin or
  // beyond it at most, and of support vectors at least.
  double nu = 0.5;
  double tolerance = 1e-3;
  uint64_t max_iterations = 0;
  size_t cache_bytes = size_t{200} << 20;
  bool shrinking = true;
  bool probability = false;
  uint64_t seed = 0;
};

// Pairs (a, b), a < b, in lexicographic order; a decision above 0 speaks for a.
struct SvmModel {
  std::vector<int32_t> support;    // rows, ascending; for classes: those of the first class first
  std::vector<int32_t> n_support;  // by class, one for the other tasks
  // [max(1, classes - 1), supports]: a vector of class a has its coefficients against the other classes in
  // their order.
  std::vector<double> dual_coef;
  std::vector<double> intercept;       // of each pair, one for the other tasks
  std::vector<double> prob_a, prob_b;  // of each pair, or empty: P(a) = 1 / (1 + exp(prob_a f + prob_b))
  std::vector<double> iterations;      // of each pair
  double gamma = 0;
  bool converged = true;
};

// y: classes 0 .. class_count - 1 (classifier), targets (regressor), or empty (one class). weights: of the
// rows, >= 0, or empty. Throws ERR_SHAPE when a precomputed x is not square, ERR_PARAMETER when a class has
// no weight or values of the kernel overflow.
template <typename T>
SvmModel fit_svm(MatrixView<const T> x, Span<double> y, uint32_t class_count, Span<double> weights,
                 const SvmParams& params, const CancelToken* cancel,
                 const std::function<void(size_t done, size_t total)>& progress);

// The same of sparse rows; ERR_PARAMETER for a precomputed kernel, ERR_INPUT_INFINITE for a row whose squared
// length is no number.
SvmModel fit_svm(const CsrView<double>& x, Span<double> y, uint32_t class_count, Span<double> weights,
                 const SvmParams& params, const CancelToken* cancel,
                 const std::function<void(size_t done, size_t total)>& progress);

}  // namespace boreal
