// Linear support vector machines and logistic regression as LIBLINEAR poses them (Fan et al., "LIBLINEAR: a
// library for large linear classification", 2008): the constant term is the weight of one more column, and
// penalised with the others.
#pragma once

#include <cstdint>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/span.h"
#include "linalg/csr.h"

namespace boreal {

// Of how far a row is on the wrong side (1 - y f, or its error beyond epsilon): that, or its square; or
// log(1 + exp(-y f)) of classes.
enum class LinearLoss { kPlain, kSquared, kLogistic };

struct LinearSvmParams {
  bool regression = false;  // errors beyond epsilon, else classes
  LinearLoss loss = LinearLoss::kSquared;
  bool l1 = false;     // |w|_1 in place of |w|^2 / 2: of classes, primal only
  bool dual = true;    // else the loss is not the plain one
  bool joint = false;  // all classes in one problem (Crammer and Singer), whatever the loss and penalty
  double c = 1, epsilon = 0;
  double bias = 1;  // value of the additional column; <= 0: none
  double tolerance = 1e-4;
  uint32_t max_iterations = 1000;
  uint64_t seed = 0;
};

struct LinearSvmModel {
  std::vector<double> coef;       // [outputs, cols], outputs = 1 for two classes and for regression
  std::vector<double> intercept;  // [outputs]
  std::vector<double> iterations;
  bool converged = true;
};

// y: classes 0 .. class_count - 1, one against the rest, or targets with class_count 0. class_weights
// [class_count] or empty: as in LIBLINEAR that of a class counts in its own problem (in both for two
// classes). Throws ERR_SHAPE, ERR_LABELS, ERR_PARAMETER.
template <typename T>
LinearSvmModel fit_linear_svm(MatrixView<const T> x, Span<double> y, uint32_t class_count,
                              Span<double> class_weights, Span<double> weights, const LinearSvmParams& params,
                              const CancelToken* cancel);

// The same of sparse rows.
LinearSvmModel fit_linear_svm(const CsrView<double>& x, Span<double> y, uint32_t class_count,
                              Span<double> class_weights, Span<double> weights, const LinearSvmParams& params,
                              const CancelToken* cancel);

}  // namespace boreal
