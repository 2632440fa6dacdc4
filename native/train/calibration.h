// Maps from scores to probabilities, and monotone functions in general.
#pragma once

#include <cstdint>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/span.h"

namespace boreal {

// P(y = 1 | f) = 1 / (1 + exp(a f + b)).
struct Sigmoid {
  double a, b;
};
// Platt's fit, whose targets are drawn in from 0 and 1, by Newton's method with backtracking (Lin, Lin and
// Weng, "A note on Platt's probabilistic outputs for support vector machines", 2007). y > 0 is positive;
// weights may be empty. Ends when no component of the gradient is larger than the tolerance.
Sigmoid fit_sigmoid(Span<double> scores, Span<double> y, Span<double> weights, double tolerance);

// The factor beta > 0 for which softmax(beta scores) has the smallest log loss (Guo et al., "On calibration
// of modern neural networks", 2017: 1 / beta is the temperature), in [e^-10, e^10]. scores [rows, classes].
double fit_temperature(MatrixView<const double> scores, Span<int32_t> classes, Span<double> weights,
                       const CancelToken* cancel);

enum class Direction : int32_t { kFalling = 0, kRising = 1, kByCorrelation = 2 };

struct IsotonicFit {
  std::vector<double> x, y;  // the points of a piecewise linear function, x rising
  bool rising = true;
};
// The monotone function of least weighted squares, cut off at least and most: pool adjacent violators (Best
// and Chakravarti, 1990) on the means of equal x. Points within a constant stretch are left out.
// kByCorrelation: rising if Spearman's correlation is >= 0. Throws ERR_SHAPE, ERR_PARAMETER.
IsotonicFit fit_isotonic(Span<double> x, Span<double> y, Span<double> weights, Direction direction,
                         double least, double most);

}  // namespace boreal
