// A row-major matrix that somebody else owns. `stride` is in elements, >= cols.
#pragma once

#include <cstddef>

namespace boreal {

template <typename T>
struct MatrixView {
  T* data = nullptr;
  size_t rows = 0;
  size_t cols = 0;
  size_t stride = 0;

  T* row(size_t i) const { return data + i * stride; }
  T& at(size_t i, size_t j) const { return data[i * stride + j]; }
};

template <typename T>
MatrixView<T> dense_view(T* data, size_t rows, size_t cols) {
  return {data, rows, cols, cols};
}

}  // namespace boreal
