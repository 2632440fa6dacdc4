// Kernels that linear models learn with, in float64 whatever the element type of X. The common rules stand in
// kernels.h. Unlike most kernels these give the same bits on every instruction set, so that what is learnt
// does: sums run in kLinearLanes lanes or down the rows, in an order that the shape alone decides, and no
// multiplication is fused with an addition.
#pragma once

#include <stddef.h>

namespace boreal {

constexpr size_t kLinearLanes = 8;

template <typename T>
struct LinearKernels {
  // y[i] = sum_j x[i,j] w[j] + bias
  void (*scores)(const T* x, size_t xs, size_t rows, size_t cols, const double* w, double bias,
                 double* y) noexcept;

  // y[j] += sum_i s[i] x[i,j]
  void (*add_rows)(const T* x, size_t xs, size_t rows, size_t cols, const double* s, double* y) noexcept;

  // g[j,k] += sum_i s[i] x[i,j] x[i,k] for k >= j; s null: all 1. Some elements below the diagonal change,
  // too, and mean nothing.
  void (*add_gram)(const T* x, size_t xs, size_t rows, size_t cols, const double* s, double* g,
                   size_t gs) noexcept;
};

struct LogisticKernels {
  // Of scores z[n], with sign 1 where the first class is right and -1 where the second is: returns
  // sum w log(1 + exp(sign z)) and turns z into the derivative of each term by its score. weights: [n] or
  // null.
  double (*binomial)(double* z, const double* sign, const double* weights, size_t n) noexcept;

  // Of scores z [classes, n] and own[i], the score of the right class of row i: returns
  // sum w (log(sum_k exp(z_k)) - own) and turns z into w softmax(z). weights: [n] or null.
  double (*multinomial)(double* z, size_t zs, size_t classes, const double* own, const double* weights,
                        size_t n) noexcept;
};

}  // namespace boreal
