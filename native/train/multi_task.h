// The elastic net of several targets that share their columns: |Y - X B - b0|^2 / (2 n) + alpha (l1_ratio
// sum_j |B_j| + (1 - l1_ratio) |B|^2 / 2), where |B_j| is the length of the coefficients of column j, so that
// a column stays out of all targets or of none (Obozinski, Taskar & Jordan 2010). Weights are scaled to a
// mean of 1.
#pragma once

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/span.h"
#include "train/elastic_net.h"

namespace boreal {

// coef: [alphas, targets, cols]; intercept: [alphas, targets].
struct MultiTaskPath : ElasticNetPath {
  double largest = 0;  // alpha * l1_ratio from which on no column is left
};

// y: [rows, targets]; weights: [rows] or empty; alphas are taken in order, each from the last one's solution,
// the first from params.start, [targets, cols], or from 0. params.positive is not looked at.
template <typename T>
MultiTaskPath fit_multi_task(MatrixView<const T> x, MatrixView<const double> y, Span<double> weights,
                             Span<double> alphas, double l1_ratio, const ElasticNetParams& params,
                             const CancelToken* cancel);

}  // namespace boreal
