// What the tests of matrix products share: matrices behind fences, and the chain of fma that defines a
// product.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "base/matrix_view.h"
#include "kernels/dispatch.h"
#include "linalg/packed_matrix.h"
#include "test/fenced_matrix.h"
#include "test/tolerance.h"

namespace boreal {
namespace test {

template <typename T>
std::vector<T> normal_values(size_t count, std::mt19937& random) {
  std::normal_distribution<double> normal(0, 1);
  std::vector<T> out(count);
  for (T& value : out) value = static_cast<T>(normal(random));
  return out;
}

template <typename T>
MatrixView<const T> view(const FencedMatrix<T>& x) {
  return {x.data(), x.rows(), x.cols(), x.stride()};
}
template <typename T>
MatrixView<T> writable(const FencedMatrix<T>& x) {
  return {x.data(), x.rows(), x.cols(), x.stride()};
}

// One product: A, B, C and the bias end at fences, rows lie `gap` elements apart, the whole `shift` elements
// before the fence.
template <typename T>
struct Product {
  Product(size_t m, size_t n, size_t k, bool ta, bool tb, std::mt19937& random, size_t gap = 0,
          size_t shift = 0)
      : m(m),
        n(n),
        k(k),
        a(ta ? k : m, ta ? m : k, (ta ? m : k) + gap, shift),
        b(tb ? n : k, tb ? k : n, (tb ? k : n) + gap, shift),
        c(m, n, n + gap, shift),
        bias(1, n, n, shift),
        before(normal_values<T>(m * n, random)) {
    a.set(normal_values<T>(m * k, random));
    b.set(normal_values<T>(k * n, random));
    bias.set(normal_values<T>(n, random));
    options.transpose_a = ta;
    options.transpose_b = tb;
    c.set(before);
  }

  T left(size_t i, size_t p) const { return options.transpose_a ? a.at(p, i) : a.at(i, p); }
  T right(size_t p, size_t j) const { return options.transpose_b ? b.at(j, p) : b.at(p, j); }

  void run(const Kernels& isa) {
    c.set(before);
    options.kernels = &isa;
    gemm(view(a), view(b), writable(c), options);
  }

  // Where the sum of (i, j) starts.
  T start(size_t i, size_t j) const {
    const T old = before[i * n + j];
    if (options.bias == nullptr && options.beta == T(1)) return old;
    const T first = options.bias == nullptr ? T(0) : options.bias[j];
    return options.beta == T(0) ? first : first + options.beta * old;
  }
  // The value of (i, j) before the activation: exact where it is one chain. Without fma (scalar) the product
  // is rounded first.
  T chain(const Kernels& isa, size_t i, size_t j) const {
    const bool fused = std::strcmp(isa.name, "scalar") != 0;
    T sum = start(i, j);
    if (options.alpha == T(0)) return sum;
    for (size_t p = 0; p < k; ++p) {
      const T factor = options.alpha == T(1) ? left(i, p) : options.alpha * left(i, p);
      if (fused) {
        sum = std::fma(factor, right(p, j), sum);
      } else {
        const T product = factor * right(p, j);
        sum = sum + product;
      }
    }
    return sum;
  }
  bool is_chain(const Kernels& isa) const {
    return options.transpose_a || !gemm_kernels<T>(isa).prefers_dots(k, std::max(n, options.whole_cols));
  }
  // Elements of C that are wrong: not the chain's bits, or for dot products beyond the bound.
  size_t count_wrong(const Kernels& isa) const {
    size_t wrong = 0;
    for (size_t i = 0; i < m; ++i) {
      for (size_t j = 0; j < n; ++j) {
        const T value = c.at(i, j);
        if (is_chain(isa)) {
          wrong += !same_bits(value, chain(isa, i, j));
          continue;
        }
        long double exact = start(i, j), magnitude = std::fabs(exact);
        for (size_t p = 0; p < k; ++p) {
          const long double term = static_cast<long double>(options.alpha) * left(i, p) * right(p, j);
          exact += term;
          magnitude += std::fabs(term);
        }
        // One rounding more for alpha, two for beta C + bias.
        wrong += !(std::fabs(static_cast<double>(value - exact)) <=
                   dot_bound<T>(k + 3, static_cast<double>(magnitude)));
      }
    }
    return wrong;
  }
  bool intact() const { return a.intact() && b.intact() && c.intact() && bias.intact(); }

  std::vector<T> result() const {
    std::vector<T> out;
    for (size_t i = 0; i < m; ++i) out.insert(out.end(), c.row(i), c.row(i) + n);
    return out;
  }

  size_t m, n, k;
  FencedMatrix<T> a, b, c, bias;
  std::vector<T> before;
  GemmOptions<T> options;
};

template <typename T>
size_t count_differing(const std::vector<T>& a, const std::vector<T>& b) {
  size_t differing = a.size() != b.size();
  for (size_t i = 0; i < a.size() && i < b.size(); ++i) differing += !same_bits(a[i], b[i]);
  return differing;
}

}  // namespace test
}  // namespace boreal
