#include "explain/quadrature.h"

#include <cmath>

namespace boreal {
namespace {

struct Legendre {
  double value, derivative;
};

// The polynomial of degree n at x, by its three-term recurrence.
Legendre legendre(size_t n, double x) {
  double before = 1, value = x;
  for (size_t k = 2; k <= n; ++k) {
    const double degree = static_cast<double>(k);
    const double next = ((2 * degree - 1) * x * value - (degree - 1) * before) / degree;
    before = value;
    value = next;
  }
  return {value, static_cast<double>(n) * (x * value - before) / (x * x - 1)};
}

}  // namespace

Quadrature::Quadrature(size_t points) : nodes(points), weights(points) {
  constexpr double kPi = 3.141592653589793;
  const double n = static_cast<double>(points);
  for (size_t k = 0; k < (points + 1) / 2; ++k) {
    double x = std::cos(kPi * (static_cast<double>(k) + 0.75) / (n + 0.5));
    if (2 * k + 1 == points) x = 0;
    for (int step = 0; step < 8; ++step) {
      const Legendre p = legendre(points, x);
      x -= p.value / p.derivative;
    }
    const double slope = legendre(points, x).derivative;
    const size_t mirrored = points - 1 - k;
    nodes[k] = (1 - x) / 2;
    nodes[mirrored] = (1 + x) / 2;
    weights[k] = weights[mirrored] = 1 / ((1 - x * x) * slope * slope);
  }
}

}  // namespace boreal
