// The QR decomposition by blocked Householder reflections (Golub & Van Loan, "Matrix Computations", 5.2).
#pragma once

#include "linalg/householder.h"

namespace boreal {

// Factors a [m, n] in place: above and on its diagonal stands R, below it nothing of use. Returns the
// min(m, n) reflectors whose product is Q. Signs are LAPACK's. For a finite a of moderate scale.
Reflectors factor_qr(Dense a, const RunOptions& run);

// a [m, n] = q r with k = min(m, n): q [m, k], r [k, n], or in full q [m, m], r [m, n]; the shapes of q and r
// say which. Q has orthonormal columns; r is upper triangular. Needs a copy of a and its reflectors: 2 m n.
// Throws ERR_SHAPE, ERR_INPUT_NAN, ERR_INPUT_INFINITE.
void qr(ConstDense a, Dense q, Dense r, const RunOptions& run = {});

}  // namespace boreal
