// Piecewise linear functions of single columns, such as those of isotonic regression.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "device/cpu_op.h"

namespace boreal {

// The points of one column. Buckets of equal width over their range say where the search for a value begins.
// A value's bucket never falls as the value rises, however it is rounded, so that all points of lower buckets
// are below the value and all of higher ones above it: only those of its own bucket are searched.
template <typename T>
class InterpolatedColumn {
 public:
  InterpolatedColumn(Span<double> x, Span<double> y) : x_(convert<T>(x)), last_(x.size - 1) {
    // Points that T has no finite number for stand at its ends; some of them, or near ones, may be equal.
    constexpr T kMost = std::numeric_limits<T>::max();
    for (T& point : x_) point = std::clamp(point, -kMost, kMost);
    lines_.reserve(x.size);
    for (size_t k = 0; k < x.size; ++k) lines_.push_back({x_[k], static_cast<T>(y[k]), 0});
    for (size_t k = 0; k < last_; ++k) lines_[k].slope = slope(lines_[k], lines_[k + 1]);
    const T scale = static_cast<T>(std::min(kBucketsPerPoint * x.size, kMostBuckets)) / (last() - first());
    // Of one point, or of a range whose width or its inverse is too large for a number: one bucket.
    scale_ = std::isfinite(scale) ? scale : 0;
    base_ = first() * scale_;
    fill_buckets();
  }

  size_t points() const { return lines_.size(); }
  size_t memory_bytes() const {
    return x_.size() * sizeof(T) + lines_.size() * sizeof(Line) + before_.size() * sizeof(int32_t);
  }
  bool is_beyond(T value) const { return last_ > 0 && (value < first() || value > last()); }

  // Values that lie `stride` apart, `out` as well, which may be the same; NaN beyond the points or what is
  // nearest. A step at a time for all of a block, without branches: its searches wait for no other's, and
  // which way one goes is what no processor can foresee.
  void run(const T* x, size_t stride, size_t rows, bool is_nan_beyond, T* out) const {
    is_nan_beyond = is_nan_beyond && last_ > 0;
    const T lowest = first(), highest = last(), scale = scale_, base = base_;
    const T* const points = x_.data();
    T value[kBlock];
    int32_t below[kBlock];  // the last point below the value, or the first point
    for (size_t begin = 0; begin < rows; begin += kBlock) {
      const size_t count = std::min(kBlock, rows - begin);
      for (size_t i = 0; i < count; ++i) {
        const T given = x[(begin + i) * stride], raised = given > lowest ? given : lowest;
        value[i] = raised < highest ? raised : highest;
      }
      for (size_t i = 0; i < count; ++i) below[i] = static_cast<int32_t>(value[i] * scale - base);
      for (size_t i = 0; i < count; ++i) below[i] = before_[static_cast<size_t>(below[i])];
      for (int32_t step = reach_; step > 0; step /= 2) {
        for (size_t i = 0; i < count; ++i) {
          below[i] += step & -static_cast<int32_t>(points[below[i] + step] < value[i]);
        }
      }
      for (size_t i = 0; i < count; ++i) {
        const Line* const line = lines_.data() + below[i];
        const bool is_point = value[i] == points[below[i] + 1] && value[i] > lowest;
        const T result = is_point ? line[1].y : line->y + line->slope * (value[i] - line->x);
        const T given = x[(begin + i) * stride];
        const bool is_none = given != value[i] && (is_nan_beyond || given != given);
        out[(begin + i) * stride] = is_none ? std::numeric_limits<T>::quiet_NaN() : result;
      }
    }
  }

 private:
  struct Line {
    T x, y, slope;  // a point, and how y rises from it to the next one
  };

  T first() const { return lines_[0].x; }
  T last() const { return lines_[last_].x; }
  size_t bucket(T value) const { return static_cast<size_t>(static_cast<int32_t>(value * scale_ - base_)); }

  // 0 where it is too large for a number: hardly a value lies between points so near.
  static T slope(const Line& from, const Line& to) {
    const T slope = (to.y - from.y) / (to.x - from.x);
    return std::isfinite(slope) ? slope : 0;
  }

  void fill_buckets() {
    before_.resize(bucket(last()) + 1);
    size_t most = 1;
    for (size_t b = 0, k = 0; b < before_.size(); ++b) {
      before_[b] = static_cast<int32_t>(std::max<size_t>(k, 1) - 1);
      const size_t start = k;
      while (k <= last_ && bucket(x_[k]) == b) ++k;
      most = std::max(most, k - start);
    }
    while (2 * static_cast<size_t>(reach_) <= most) reach_ *= 2;
    // No step leaves the points: what is behind them is not below any value.
    AlignedBuffer<T> padded(points() + static_cast<size_t>(reach_));
    std::fill(std::copy_n(x_.begin(), points(), padded.begin()), padded.end(),
              std::numeric_limits<T>::infinity());
    x_ = std::move(padded);
  }

  // So that few hold more than one point, and all fit the first-level cache.
  static constexpr size_t kBucketsPerPoint = 16, kMostBuckets = 4096;
  static constexpr size_t kBlock = 64;

  AlignedBuffer<T> x_;
  std::vector<Line> lines_;
  size_t last_;
  T scale_, base_;
  std::vector<int32_t> before_;  // by bucket: the last point of a lower one, or the first point
  int32_t reach_ = 1;  // the first step of a search: a power of two, which with its halves spans any bucket
};

template <typename T>
class CpuInterpolate final : public CpuOp<T> {
 public:
  CpuInterpolate(const InterpolateOp& op, const OpPlace& place)
      : outside_(op.outside), op_(static_cast<int32_t>(place.index)), input_(place.input()) {
    columns_.reserve(place.input_width());
    for (size_t j = 0; j < place.input_width(); ++j) {
      const auto from = static_cast<size_t>(op.offsets[j]), to = static_cast<size_t>(op.offsets[j + 1]);
      columns_.emplace_back(Span<double>{op.x.data + from, to - from},
                            Span<double>{op.y.data + from, to - from});
    }
  }

  void run(const TileCall<T>& call) const override {
    const T* const x = call.slots[input_];
    const size_t width = columns_.size();
    if (outside_ == Outside::kReject) refuse_beyond(x, call);
    for (size_t j = 0; j < width; ++j) {
      columns_[j].run(x + j, width, call.rows, outside_ == Outside::kNan, call.out + j);
    }
  }
  SlotUse slot_use() const override { return SlotUse::kInPlace; }
  size_t memory_bytes() const override {
    size_t bytes = 0;
    for (const auto& column : columns_) bytes += column.memory_bytes();
    return bytes;
  }
  double row_cost_ns() const override { return 3 * static_cast<double>(columns_.size()); }
  std::string details() const override {
    size_t points = 0;
    for (const auto& column : columns_) points += column.points();
    return std::to_string(points) + " points";
  }

 private:
  void refuse_beyond(const T* x, const TileCall<T>& call) const {
    for (size_t i = 0; i < call.rows; ++i) {
      for (size_t j = 0; j < columns_.size(); ++j, ++x) {
        if (!columns_[j].is_beyond(*x)) continue;
        throw Error("ERR_OUT_OF_RANGE", "A value is outside the range of the points.",
                    static_cast<int64_t>(call.first_row + i), static_cast<int64_t>(j), op_);
      }
    }
  }

  const Outside outside_;
  std::vector<InterpolatedColumn<T>> columns_;
  int32_t op_;
  size_t input_;
};

}  // namespace boreal
