// Operands that are not just uniform.
#pragma once

#include "problem.h"

namespace boreal_bench {

// Values in [2^-10, 1] for a logarithm: no engine gets to take its path for special values.
template <typename T>
const T* positive(const Problem& p) {
  return p.operand<T>(3, p.m * p.n, [&p](T* values) {
    boreal::Rng rng(7);
    for (size_t i = 0; i < p.m * p.n; ++i) values[i] = static_cast<T>(0x1.0p-10 + rng.uniform() * 0.999);
  });
}

// Decompositions, [n, n] in float64: uniform values.
inline const double* general(const Problem& p) { return p.operand<double>(0, p.n * p.n); }

// Symmetric and positive definite: the symmetric part of uniform values, plus n on the diagonal. Its
// eigenvalues spread over [n - O(sqrt n), n + O(sqrt n)].
inline const double* positive_definite(const Problem& p) {
  const size_t n = p.n;
  return p.operand<double>(2, n * n, [n](double* a) {
    boreal::Rng rng(7);
    for (size_t i = 0; i < n; ++i) {
      for (size_t j = 0; j <= i; ++j) a[i * n + j] = a[j * n + i] = 2 * rng.uniform() - 1;
      a[i * n + i] += static_cast<double>(n);
    }
  });
}

// The diagonal of a, [n, n], for comparing factors whose other triangle is unspecified.
inline std::vector<double> diagonal(const double* a, size_t n) {
  std::vector<double> values(n);
  for (size_t i = 0; i < n; ++i) values[i] = a[i * n + i];
  return values;
}

}  // namespace boreal_bench
