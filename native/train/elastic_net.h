// The elastic net on a set of rows: |y - X b - b0|^2 / (2 n) + alpha (l1_ratio |b|_1 + (1 - l1_ratio) |b|^2 /
// 2), for a path of strengths alpha, and cross-validation over such paths. Weights are scaled to a mean of 1.
#pragma once

#include <functional>
#include <vector>

#include "train/coordinate_descent.h"

namespace boreal {

// Whether coordinates descend on products of columns: kAuto where that takes less.
enum class Products { kAuto, kAlways, kNever };

struct ElasticNetParams : DescentParams {
  Products products = Products::kAuto;
  bool fit_intercept = true;
  uint64_t seed = 0;
  std::vector<double> start;  // [cols]: where the first strength starts; empty: at 0
};

struct ElasticNetPath {
  std::vector<double> coef;        // [alphas, cols]
  std::vector<double> intercept;   // [alphas]
  std::vector<double> gap;         // [alphas] duality gaps over the number of rows
  std::vector<double> iterations;  // [alphas]
  bool converged = true;           // all of them
};

// Throws ERR_PARAMETER unless alphas are finite and >= 0, and the ratio is in [0, 1].
void check_penalty(Span<double> alphas, double l1_ratio);

// alphas are taken in order, each from the last one's solution: descending ones are quickest.
template <typename T>
ElasticNetPath fit_elastic_net(MatrixView<const T> x, Span<double> y, Span<double> weights,
                               Span<double> alphas, double l1_ratio, const ElasticNetParams& params,
                               const CancelToken* cancel);

// The same of rows of which the sums of products are all that is left, those of one target.
ElasticNetPath fit_elastic_net(const GramProblem& problem, Span<double> alphas, double l1_ratio,
                               const ElasticNetParams& params, const CancelToken* cancel);

// The same of sparse rows.
ElasticNetPath fit_elastic_net(const CsrView<double>& x, Span<double> y, Span<double> weights,
                               Span<double> alphas, double l1_ratio, const ElasticNetParams& params,
                               const CancelToken* cancel);

struct ElasticNetScores {
  std::vector<double> alphas;  // [ratios, alphas], descending
  std::vector<double> mse;     // [ratios, alphas, folds] of the rows left out
};

// What cross-validation leaves out of each fold, and what it learns from instead.
struct RowFolds {
  RowGroups tests;
  RowGroups trains;  // empty: each row is tested in one fold, and trains in all others
};

// alphas: the strengths for every ratio; empty: `count` of them from the smallest that leaves no coefficient
// down to eps times that, evenly spaced in their logarithms.
template <typename T>
ElasticNetScores cross_validate_elastic_net(MatrixView<const T> x, Span<double> y, Span<double> weights,
                                            const RowFolds& folds, Span<double> l1_ratios,
                                            Span<double> alphas, size_t count, double eps,
                                            const ElasticNetParams& params, const CancelToken* cancel,
                                            const std::function<void(size_t done, size_t total)>& progress);

}  // namespace boreal
