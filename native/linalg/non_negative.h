// Non-negative least squares by coordinate descent (Cichocki & Phan 2009) of several rows side by side: a row
// alone would wait for one sum after the other. Each row's arithmetic is what it would be alone.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace boreal {

constexpr size_t kNonNegativeRows = 8;

// Rows of width k on their way: minimises w G w' / 2 - (b - l1) w' over w >= 0. Values stand by coordinate,
// [k, kNonNegativeRows]; rows that are not there are 0 throughout.
template <typename T>
class NonNegativeRows {
 public:
  // memory: size(k) values.
  NonNegativeRows(size_t k, T* memory) : k_(k), b_(memory), w_(memory + k * kRows) {}
  static size_t size(size_t k) { return 2 * k * kRows; }

  // rows <= kNonNegativeRows. w null: from 0.
  void load(const T* b, const T* w, size_t rows) {
    std::fill_n(b_, size(k_), T(0));  // and w
    for (size_t i = 0; i < rows; ++i) {
      for (size_t t = 0; t < k_; ++t) {
        b_[t * kRows + i] = b[i * k_ + t];
        if (w != nullptr) w_[t * kRows + i] = w[i * k_ + t];
      }
    }
  }

  void store(T* w, size_t rows) const {
    for (size_t i = 0; i < rows; ++i) {
      for (size_t t = 0; t < k_; ++t) w[i * k_ + t] = w_[t * kRows + i];
    }
  }

  // A Newton step of coordinate t, cut off at 0, of rows whose `active` is not 0; adds the magnitude of the
  // projected gradient to `violation`. gram_row: row t of G.
  void step(size_t t, const T* gram_row, T l1, const T (&active)[kNonNegativeRows],
            T (&violation)[kNonNegativeRows]) {
    T gradient[kRows];
    for (size_t i = 0; i < kRows; ++i) gradient[i] = l1 - b_[t * kRows + i];
    for (size_t r = 0; r < k_; ++r) {
      for (size_t i = 0; i < kRows; ++i) gradient[i] += gram_row[r] * w_[r * kRows + i];
    }
    const T hessian = gram_row[t];
    T* const w = &w_[t * kRows];
    for (size_t i = 0; i < kRows; ++i) {
      violation[i] += std::abs(w[i] == 0 ? std::min(T(0), gradient[i]) : gradient[i]);
    }
    if (hessian == 0) return;
    for (size_t i = 0; i < kRows; ++i) {
      const T next = std::max(w[i] - gradient[i] / hessian, T(0));
      w[i] = active[i] != 0 ? next : w[i];
    }
  }

 private:
  static constexpr size_t kRows = kNonNegativeRows;
  size_t k_;
  T *b_, *w_;
};

}  // namespace boreal
