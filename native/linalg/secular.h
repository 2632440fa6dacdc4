// The secular equation 1 / rho + sum_j z_j^2 / (p_j - x) = 0, on which divide and conquer for eigenvalues
// (p_j = d_j) and for singular values (p_j = d_j^2) both stand.
#pragma once

#include <vector>

#include "linalg/dense.h"

namespace boreal {

// x = p[origin] + shift, origin being the nearer pole: the differences p[j] - x then keep their relative
// accuracy.
struct Root {
  size_t origin;
  double shift;
};

// The k roots, ascending, for strictly ascending d [k], z2[j] = z_j^2 > 0 and rho > 0; row r of gaps [k, k]
// becomes p[j] - x_r.
void solve_secular(Poles poles, const std::vector<double>& d, const std::vector<double>& z2, double rho,
                   Root* roots, Dense gaps, const RunOptions& run);

// |z_j|, up to one factor for all, of the equation of which the computed roots are the exact ones: with these
// weights the eigenvectors come out orthogonal however close the roots are (Gu & Eisenstat 1995).
std::vector<double> consistent_weights(Poles poles, const std::vector<double>& d, ConstDense gaps,
                                       const RunOptions& run);

}  // namespace boreal
