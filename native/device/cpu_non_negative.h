// Non-negative least squares of each row by coordinate descent (Cichocki & Phan 2009): the coordinates of
// non-negative matrix factorisation.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "device/cpu_op.h"
#include "linalg/non_negative.h"

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
    NonNegativeRows<T> together(width_, reinterpret_cast<T*>(call.scratch));
    for (size_t i = 0; i < call.rows; i += kNonNegativeRows) {
      const size_t count = std::min(kNonNegativeRows, call.rows - i);
      together.load(call.slots[input_] + i * width_, nullptr, count);
      solve(together, count);
      together.store(call.out + i * width_, count);
    }
  }
  size_t scratch_bytes(size_t /*rows*/) const override {
    return NonNegativeRows<T>::size(width_) * sizeof(T);
  }
  double row_cost_ns() const override {
    return 10 + 4 * static_cast<double>(width_) * static_cast<double>(width_);
  }
  std::string details() const override { return std::to_string(rounds_) + " rounds"; }

 private:
  // A row stops where it would alone.
  void solve(NonNegativeRows<T>& together, size_t count) const {
    T active[kNonNegativeRows] = {}, first[kNonNegativeRows] = {};
    std::fill_n(active, count, T(1));
    for (size_t round = 0; round < rounds_ && *std::max_element(active, active + count) != 0; ++round) {
      T violation[kNonNegativeRows] = {};
      for (size_t t = 0; t < width_; ++t) together.step(t, &gram_[t * width_], T(0), active, violation);
      if (round == 0) std::copy_n(violation, count, first);
      for (size_t r = 0; r < count; ++r) {
        if (!(violation[r] > tolerance_ * first[r])) active[r] = 0;
      }
    }
  }

  std::vector<T> gram_;
  T tolerance_;
  size_t rounds_, input_, width_;
};

}  // namespace boreal
