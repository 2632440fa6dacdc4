// What the tests of native/linalg share.
#pragma once

#include <functional>
#include <random>
#include <vector>

#include "base/matrix_view.h"
#include "linalg/elementwise.h"
#include "test/fenced_matrix.h"

namespace boreal {
namespace test {

template <typename T>
std::vector<T> normal_values(size_t count, unsigned seed = 1, double mean = 0, double width = 1) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal(mean, width);
  std::vector<T> values(count);
  for (T& value : values) value = static_cast<T>(normal(random));
  return values;
}

template <typename T>
MatrixView<T> view(const FencedMatrix<T>& x) {
  return {x.data(), x.rows(), x.cols(), x.stride()};
}
template <typename T>
MatrixView<const T> const_view(const FencedMatrix<T>& x) {
  return {x.data(), x.rows(), x.cols(), x.stride()};
}

}  // namespace test
}  // namespace boreal
