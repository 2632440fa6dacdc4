// Systems of equations with a triangular matrix.
#pragma once

#include "linalg/dense.h"

namespace boreal {

enum class Triangle { kLower, kUpper };
enum class Diagonal { kStored, kUnit };

// b [n, m] = op(t)^-1 b, where t [n, n] is lower or upper triangular; its other half, and the diagonal if
// that is kUnit, are not read. Recursive (Elmroth, Gustavson, Jonsson & Kagstrom 2004, "Recursive blocked
// algorithms and hybrid data structures"), so that nearly all of the work is in matrix products. b must not
// overlap t.
void solve_triangular(Triangle half, Form op, Diagonal diagonal, ConstDense t, Dense b,
                      const RunOptions& run);

}  // namespace boreal
