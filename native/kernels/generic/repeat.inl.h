// Narrow rows that lie end to end, and a constant for each of their columns: the constants are repeated until
// a row ends where a vector does, and the rows are then one long row. By itself each would leave vectors half
// empty, and in place wait for the masked store of the row before it.
#pragma once

#include BOREAL_SIMD

namespace boreal {
namespace {

constexpr size_t kRepeatedCols = 64;  // at most

template <typename T>
constexpr bool is_repeated(size_t rows, size_t cols) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  return kLanes > 1 && cols <= kRepeatedCols && cols % kLanes != 0 && rows >= 2 * kLanes;
}

template <typename T>
class Repeated {
 public:
  Repeated(const T* constants, size_t cols) {
    constexpr size_t kLanes = Vec<T>::kLanes;
    size_ = cols;
    while (size_ % kLanes != 0) size_ *= 2;
    for (size_t i = 0; i < size_; i += cols) {
      for (size_t j = 0; j < cols; ++j) values_[i + j] = constants[j];
    }
  }
  size_t size() const { return size_; }
  Vec<T> at(size_t i) const { return load(values_ + i); }

 private:
  alignas(64) T values_[kRepeatedCols * Vec<T>::kLanes];
  size_t size_;
};

// y[i] = f(x[i], where in `period` values i is) for i < n; period in whole vectors.
template <typename T, typename F>
inline void map_repeated(const T* x, T* y, size_t n, size_t period, F f) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  size_t i = 0, at = 0;
  for (; i + kLanes <= n; i += kLanes) {
    store(y + i, f(load(x + i), at));
    at += kLanes;
    if (at == period) at = 0;
  }
  if (i < n) store(y + i, f(load(x + i, n - i, broadcast(T(1))), at), n - i);
}

}  // namespace
}  // namespace boreal
