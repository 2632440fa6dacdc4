// Random numbers that belong to a row: equal rows draw equal numbers, whatever batch they come in.
#pragma once

#include <cstring>
#include <limits>

#include "base/rng.h"
#include "device/cpu_op.h"

namespace boreal {

template <typename T>
class CpuDraw final : public CpuOp<T> {
 public:
  CpuDraw(const DrawOp& op, const OpPlace& place)
      : seed_(op.seed), input_(place.input()), width_(place.input_width()) {}

  void run(const TileCall<T>& call) const override {
    // The middle of one of 2^bits intervals: neither end rounds to 0 or 1.
    constexpr int kBits = std::numeric_limits<T>::digits - 1;
    constexpr T kStep = T(1) / static_cast<T>(uint64_t{1} << kBits);
    for (size_t i = 0; i < call.rows; ++i) {
      const uint64_t bits = Rng(hash(call.slots[input_] + i * width_), seed_).next() >> (64 - kBits);
      call.out[i] = (static_cast<T>(bits) + T(0.5)) * kStep;
    }
  }
  double row_cost_ns() const override { return 20 + 2 * static_cast<double>(width_); }

 private:
  // Of the values, whatever their element type: 0 and -0 are equal, and so are all NaN.
  uint64_t hash(const T* x) const {
    uint64_t result = 0x9e3779b97f4a7c15ull;
    for (size_t j = 0; j < width_; ++j) {
      const double value = x[j] == 0 ? 0.0 : static_cast<double>(x[j]);
      uint64_t bits = 0x7ff8000000000000ull;
      if (value == value) std::memcpy(&bits, &value, sizeof bits);
      result = (result ^ bits) * 0xff51afd7ed558ccdull;
      result ^= result >> 32;
    }
    return result;
  }

  uint64_t seed_;
  size_t input_, width_;
};

}  // namespace boreal
