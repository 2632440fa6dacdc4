// Non-negative least squares of each row by coordinate descent (Cichocki & Phan 2009): the coordinates of
// non-negative matrix factorisation.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "device/cpu_op.h"

namespace boreal {

template <typename T>
class CpuNonNegative final : public CpuOp<T> {
 public:
  CpuNonNegative(const NonNegativeOp& op, const OpPlace& place)
      : gram_(op.gram.begin(), op.gram.end()),
        tolerance_(static_cast<T>(op.tolerance[0])),
        rounds_(op.rounds),
        input_(place.input()),
        width_(place.input_width()) {}

  void run(const TileCall<T>& call) const override {
    for (size_t i = 0; i < call.rows; ++i) {
      solve(call.slots[input_] + i * width_, call.out + i * width_);
    }
  }
  size_t scratch_bytes(size_t /*rows*/) const override { return 0; }
  double row_cost_ns() const override {
    return 20 + 20 * static_cast<double>(width_) * static_cast<double>(width_);
  }
  std::string details() const override { return std::to_string(rounds_) + " rounds"; }

 private:
  void solve(const T* b, T* w) const {
    std::fill_n(w, width_, T(0));
    T first = 0;
    for (size_t round = 0; round < rounds_; ++round) {
      T violation = 0;
      for (size_t t = 0; t < width_; ++t) {
        const T* const row = gram_.data() + t * width_;
        T gradient = -b[t];
        for (size_t r = 0; r < width_; ++r) gradient += row[r] * w[r];
        violation += std::abs(w[t] == 0 ? std::min(T(0), gradient) : gradient);
        if (row[t] != 0) w[t] = std::max(w[t] - gradient / row[t], T(0));
      }
      if (round == 0) first = violation;
      if (!(violation > tolerance_ * first)) return;
    }
  }

  std::vector<T> gram_;
  T tolerance_;
  size_t rounds_, input_, width_;
};

}  // namespace boreal
