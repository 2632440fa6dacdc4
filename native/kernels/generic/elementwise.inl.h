// unary and binary: a loop over rows (or over the whole matrix as one row where it is dense), specialised for
// each function and form of broadcasting. A tail goes through the same vector arithmetic as the rest, so an
// element's bits do not depend on its place in a vector.
#pragma once

#include "kernels/generic/repeat.inl.h"
#include "kernels/generic/vector_math.inl.h"
#include "kernels/inline.h"
#include "kernels/kernels.h"

namespace boreal {
namespace {

// y[j] = f(x[j])
template <typename T, typename F>
inline void map_row(const T* x, T* y, size_t cols, F f) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  size_t j = 0;
  for (; j + kLanes <= cols; j += kLanes) store(y + j, f(load(x + j)));
  if (j < cols) store(y + j, f(load(x + j, cols - j, broadcast(T(0)))), cols - j);
}

template <typename T>
void unary(Unary kind, const T* x, size_t xs, T* y, size_t ys, size_t rows, size_t cols) noexcept {
  if (xs == cols && ys == cols) {
    cols *= rows;
    rows = cols > 0;
  }
  with_unary(kind, [&](auto f) {
    for (size_t i = 0; i < rows; ++i) map_row(x + i * xs, y + i * ys, cols, f);
  });
}

// The elements of an operand in one row, from column j on.
template <typename T>
struct EachColumn {
  const T* x;
  Vec<T> at(size_t j) const { return load(x + j); }
  Vec<T> at(size_t j, size_t count) const { return load(x + j, count, broadcast(T(1))); }
};
template <typename T>
struct OneColumn {
  Vec<T> x;
  Vec<T> at(size_t) const { return x; }
  Vec<T> at(size_t, size_t) const { return x; }
};

template <typename T, typename A, typename B, typename F>
inline void join_row(A a, B b, T* y, size_t cols, F f) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  size_t j = 0;
  for (; j + kLanes <= cols; j += kLanes) store(y + j, f(a.at(j), b.at(j)));
  if (j < cols) store(y + j, f(a.at(j, cols - j), b.at(j, cols - j)), cols - j);
}

// A row of a scalar each: one value of the function fills it.
template <typename T>
inline void fill_row(T* y, size_t cols, Vec<T> value) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  size_t j = 0;
  for (; j + kLanes <= cols; j += kLanes) store(y + j, value);
  if (j < cols) store(y + j, value, cols - j);
}

// f(x, constant of its column), or with kConstantFirst f(constant, x).
template <bool kConstantFirst, typename T>
BOREAL_NOINLINE void binary_repeated(Binary kind, const T* x, const T* constants, T* y, size_t rows,
                                     size_t cols) {
  const Repeated<T> repeated(constants, cols);
  with_binary(kind, [&](auto f) {
    map_repeated(x, y, rows * cols, repeated.size(), [&](Vec<T> a, size_t at) {
      return kConstantFirst ? f(repeated.at(at), a) : f(a, repeated.at(at));
    });
  });
}

template <typename T>
void binary(Binary kind, const Operand<T>& a, const Operand<T>& b, T* y, size_t ys, size_t rows,
            size_t cols) noexcept {
  const auto one_row = [cols](const Operand<T>& x) {  // of the whole matrix
    return x.col_step == 1 ? x.row_step == cols : x.row_step == 0;
  };
  if (ys == cols && one_row(a) && one_row(b)) {
    cols *= rows;
    rows = cols > 0;
  }
  if (ys == cols && a.col_step == 1 && b.col_step == 1 && is_repeated<T>(rows, cols)) {
    if (a.row_step == cols && b.row_step == 0) {
      return binary_repeated<false>(kind, a.data, b.data, y, rows, cols);
    }
    if (a.row_step == 0 && b.row_step == cols) {
      return binary_repeated<true>(kind, b.data, a.data, y, rows, cols);
    }
  }
  with_binary(kind, [&](auto f) {
    for (size_t i = 0; i < rows; ++i) {
      const T *ai = a.data + i * a.row_step, *bi = b.data + i * b.row_step;
      T* yi = y + i * ys;
      if (a.col_step != 0 && b.col_step != 0) {
        join_row(EachColumn<T>{ai}, EachColumn<T>{bi}, yi, cols, f);
      } else if (a.col_step != 0) {
        join_row(EachColumn<T>{ai}, OneColumn<T>{broadcast(*bi)}, yi, cols, f);
      } else if (b.col_step != 0) {
        join_row(OneColumn<T>{broadcast(*ai)}, EachColumn<T>{bi}, yi, cols, f);
      } else {
        fill_row(yi, cols, f(broadcast(*ai), broadcast(*bi)));
      }
    }
  });
}

}  // namespace
}  // namespace boreal
