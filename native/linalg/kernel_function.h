// Turns products of rows, or their squared distances for kRbf, into values of a kernel. The same code serves
// training and prediction.
#pragma once

#include <cstddef>

#include "kernels/kernel_function.h"
#include "kernels/kernels.h"

namespace boreal {

struct KernelSpec {
  KernelFunction function = KernelFunction::kRbf;
  double gamma = 1, coef0 = 0, degree = 3;
};

// In place, on values [rows, cols] with the given stride.
template <typename T>
void apply_kernel(const KernelSpec& spec, const ElementwiseKernels<T>& kernels, T* values, size_t stride,
                  size_t rows, size_t cols) {
  const auto combine = [&](Binary f, double constant) {
    const T operand = static_cast<T>(constant);
    kernels.binary(f, {values, stride, 1}, {&operand, 0, 0}, values, stride, rows, cols);
  };
  if (spec.function == KernelFunction::kLinear) return;
  if (spec.function == KernelFunction::kRbf) {
    combine(Binary::kMul, -spec.gamma);
    kernels.unary(Unary::kExp, values, stride, values, stride, rows, cols);
    return;
  }
  combine(Binary::kMul, spec.gamma);
  combine(Binary::kAdd, spec.coef0);
  if (spec.function == KernelFunction::kSigmoid) {
    kernels.unary(Unary::kTanh, values, stride, values, stride, rows, cols);
    return;
  }
  // The usual degrees without the logarithm that a general power takes.
  if (spec.degree != 2 && spec.degree != 3) return combine(Binary::kPow, spec.degree);
  for (size_t i = 0; i < rows; ++i) {
    T* row = values + i * stride;
    for (size_t j = 0; j < cols; ++j) row[j] = spec.degree == 2 ? row[j] * row[j] : row[j] * row[j] * row[j];
  }
}

}  // namespace boreal
