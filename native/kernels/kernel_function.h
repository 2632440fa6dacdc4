// Kernels of support vector machines.
#pragma once

#include <stdint.h>

namespace boreal {

// Of two rows x and y. The values are those of JavaScript's side.
enum class KernelFunction : int32_t {
  kLinear = 0,      // x . y
  kPolynomial = 1,  // (gamma x . y + coef0)^degree
  kRbf = 2,         // exp(-gamma |x - y|^2)
  kSigmoid = 3,     // tanh(gamma x . y + coef0)
};
constexpr int32_t kKernelFunctionCount = 4;

}  // namespace boreal
