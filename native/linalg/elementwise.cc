#include "linalg/elementwise.h"

#include <algorithm>
#include <cmath>

#include "kernels/dispatch.h"

namespace boreal {

template <typename T>
void apply_binary(Binary f, MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> y,
                  const RunOptions& options) {
  check_cancel(options.cancel);
  for (size_t i = 0; i < y.rows; ++i) {
    for (size_t j = 0; j < y.cols; ++j) {
      const T p = a.at(a.rows == 1 ? 0 : i, a.cols == 1 ? 0 : j);
      const T q = b.at(b.rows == 1 ? 0 : i, b.cols == 1 ? 0 : j);
      T& out = y.at(i, j);
      switch (f) {
        case Binary::kAdd:
          out = p + q;
          break;
        case Binary::kSub:
          out = p - q;
          break;
        case Binary::kMul:
          out = p * q;
          break;
        case Binary::kDiv:
          out = p / q;
          break;
        case Binary::kMin:
          out = p < q || p != p ? p : q;
          break;
        case Binary::kMax:
          out = p > q || p != p ? p : q;
          break;
        case Binary::kPow:
          out = std::pow(p, q);
          break;
      }
    }
  }
}
template void apply_binary(Binary, MatrixView<const float>, MatrixView<const float>, MatrixView<float>,
                           const RunOptions&);
template void apply_binary(Binary, MatrixView<const double>, MatrixView<const double>, MatrixView<double>,
                           const RunOptions&);

}  // namespace boreal
