// Matrices and norms for the tests of the decompositions.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "base/matrix_view.h"
#include "base/rng.h"

namespace boreal {
namespace test {

struct Full {
  Full(size_t rows, size_t cols) : rows(rows), cols(cols), values(rows * cols, 0.0) {}
  double& operator()(size_t i, size_t j) { return values[i * cols + j]; }
  double operator()(size_t i, size_t j) const { return values[i * cols + j]; }
  MatrixView<double> out() { return dense_view(values.data(), rows, cols); }
  MatrixView<const double> view() const { return dense_view(values.data(), rows, cols); }

  size_t rows, cols;
  std::vector<double> values;
};

template <typename F>
Full generate(size_t rows, size_t cols, const F& f) {
  Full x(rows, cols);
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < cols; ++j) x(i, j) = f(i, j);
  }
  return x;
}
inline Full identity(size_t n) {
  return generate(n, n, [](size_t i, size_t j) { return i == j ? 1.0 : 0.0; });
}
inline Full diagonal(const std::vector<double>& d, size_t rows, size_t cols) {
  return generate(rows, cols, [&](size_t i, size_t j) { return i == j ? d[i] : 0.0; });
}
inline Full random_matrix(size_t rows, size_t cols, uint64_t seed) {
  Rng rng(seed);
  return generate(rows, cols, [&](size_t, size_t) { return 2 * rng.uniform() - 1; });
}
inline Full transposed(const Full& a) {
  return generate(a.cols, a.rows, [&](size_t i, size_t j) { return a(j, i); });
}
inline Full symmetric(const Full& a) {
  return generate(a.rows, a.cols, [&](size_t i, size_t j) { return (a(i, j) + a(j, i)) / 2; });
}
inline Full operator*(const Full& a, const Full& b) {
  Full c(a.rows, b.cols);
  for (size_t i = 0; i < a.rows; ++i) {
    for (size_t k = 0; k < a.cols; ++k) {
      for (size_t j = 0; j < b.cols; ++j) c(i, j) += a(i, k) * b(k, j);
    }
  }
  return c;
}
inline Full operator-(const Full& a, const Full& b) {
  return generate(a.rows, a.cols, [&](size_t i, size_t j) { return a(i, j) - b(i, j); });
}
inline Full operator*(double f, const Full& a) {
  return generate(a.rows, a.cols, [&](size_t i, size_t j) { return f * a(i, j); });
}
inline double frobenius(const Full& a) {
  double largest = 0, sum = 0;
  for (const double value : a.values) {
    if (!(std::fabs(value) <= largest)) largest = std::fabs(value);
  }
  if (largest == 0) return 0;
  for (const double value : a.values) sum += (value / largest) * (value / largest);
  return largest * std::sqrt(sum);
}
// |Q^T Q - I|
inline double orthogonality(const Full& q) { return frobenius(transposed(q) * q - identity(q.cols)); }

// The known awkward ones.
inline Full hilbert(size_t n) {
  return generate(n, n, [](size_t i, size_t j) { return 1 / static_cast<double>(i + j + 1); });
}
// W_n^+: pairs of eigenvalues that agree to many digits.
inline Full wilkinson(size_t n) {
  return generate(n, n, [&](size_t i, size_t j) {
    if (i == j) return std::fabs(static_cast<double>(i) - static_cast<double>(n - 1) / 2);
    return i + 1 == j || j + 1 == i ? 1.0 : 0.0;
  });
}
inline Full kahan(size_t n) {
  const double s = std::sin(1.2), c = std::cos(1.2);
  return generate(n, n, [&](size_t i, size_t j) {
    const double scale = std::pow(s, static_cast<double>(i));
    return i == j ? scale : i < j ? -c * scale : 0.0;
  });
}
inline Full graded(size_t n) {
  Full a = random_matrix(n, n, 5);
  return generate(n, n, [&](size_t i, size_t j) {
    return a(i, j) * std::pow(10.0, -20.0 * static_cast<double>(i + j) / static_cast<double>(2 * n));
  });
}
inline Full rank_deficient(size_t n) {
  const size_t rank = n / 3;
  return random_matrix(n, rank, 6) * random_matrix(rank, n, 7);
}
// n - 3 times one, which deflates nearly everything.
inline Full clustered(size_t n) {
  const Full x = random_matrix(n, 3, 8);
  return identity(n) - 0.1 * (x * transposed(x));
}

}  // namespace test
}  // namespace boreal
