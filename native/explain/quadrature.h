// Gauss-Legendre quadrature on (0, 1): exact for polynomials of degree 2 points - 1 (Golub and Welsch, 1969,
// have the theory; the nodes are found by Newton's method here).
#pragma once

#include <cstddef>
#include <vector>

namespace boreal {

struct Quadrature {
  explicit Quadrature(size_t points);  // >= 1
  std::vector<double> nodes, weights;
};

}  // namespace boreal
