// Piecewise linear functions of single columns, such as those of isotonic regression.
#pragma once

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "device/cpu_op.h"

namespace boreal {

template <typename T>
class CpuInterpolate final : public CpuOp<T> {
 public:
  CpuInterpolate(const InterpolateOp& op, const OpPlace& place)
      : outside_(op.outside),
        offsets_(op.offsets.begin(), op.offsets.end()),
        x_(convert<T>(op.x)),
        y_(convert<T>(op.y)),
        op_(static_cast<int32_t>(place.index)),
        input_(place.input()),
        width_(place.input_width()) {}

  void run(const TileCall<T>& call) const override {
    const T* x = call.slots[input_];
    for (size_t i = 0; i < call.rows; ++i) {
      for (size_t j = 0; j < width_; ++j) {
        const size_t k = i * width_ + j;
        const T value = x[k];
        const T *first = x_.data() + offsets_[j], *last = x_.data() + offsets_[j + 1] - 1;
        const bool is_beyond = value < *first || value > *last;
        if (is_beyond && outside_ == Outside::kReject && first != last) {
          throw Error("ERR_OUT_OF_RANGE", "A value is outside the range of the points.",
                      static_cast<int64_t>(call.first_row + i), static_cast<int64_t>(j), op_);
        }
        call.out[k] = is_beyond && outside_ == Outside::kNan && first != last
                          ? std::numeric_limits<T>::quiet_NaN()
                          : between(value, first, last);
      }
    }
  }
  SlotUse slot_use() const override { return SlotUse::kInPlace; }
  size_t memory_bytes() const override {
    return offsets_.size() * sizeof(int32_t) + 2 * x_.size() * sizeof(T);
  }
  double row_cost_ns() const override { return 2 + 15 * static_cast<double>(width_); }
  std::string details() const override { return std::to_string(x_.size()) + " points"; }

 private:
  // Linear between the points next to value, which is cut off at the first and last.
  T between(T value, const T* first, const T* last) const {
    const T* const y = y_.data() + (first - x_.data());
    if (value != value) return value;
    if (value <= *first) return y[0];
    if (value >= *last) return y[last - first];
    // The first point that is not below value: it is inside, and the one before it is below.
    const ptrdiff_t k = std::lower_bound(first, last, value) - first;
    const T share = (value - first[k - 1]) / (first[k] - first[k - 1]);
    return y[k - 1] + share * (y[k] - y[k - 1]);
  }

  const Outside outside_;
  std::vector<int32_t> offsets_;
  AlignedBuffer<T> x_, y_;
  int32_t op_;
  size_t input_, width_;
};

}  // namespace boreal
