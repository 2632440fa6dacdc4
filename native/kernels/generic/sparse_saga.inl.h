// Steps of SAGA. No fused multiply-adds: a step has the same bits on every ISA.
#pragma once

#include BOREAL_SIMD

#include "kernels/generic/unroll.h"
#include "kernels/sparse_kernels.h"

namespace boreal {
namespace {

// Some of the lanes of a column at once.
struct WholeVector {
  using Value = Vec<double>;
  static Value all(double x) { return broadcast(x); }
  Value get(const double* p) const { return load(p); }
  void put(double* p, Value value) const { store(p, value); }
};
struct PartOfVector {
  using Value = Vec<double>;
  size_t count;
  static Value all(double x) { return broadcast(x); }
  Value get(const double* p) const { return load(p, count, broadcast(0.0)); }
  void put(double* p, Value value) const { store(p, value, count); }
};
struct OneLane {
  using Value = double;
  static Value all(double x) { return x; }
  Value get(const double* p) const { return *p; }
  void put(double* p, Value value) const { *p = value; }
};
inline double min(double a, double b) { return a < b ? a : b; }
inline double max(double a, double b) { return a > b ? a : b; }

constexpr size_t kCommonWidth = 4;  // that of up to 4 outputs

// kWidth: that of the columns, 0 for any.
template <size_t kWidth>
class Saga {
 public:
  Saga(const SagaColumns& of, const SagaRates& rates)
      : of_(of.of), seen_(of.seen), width_(kWidth != 0 ? kWidth : of.width), rates_(rates) {}

  void catch_up(const int32_t* columns, size_t count, uint32_t time) const {
    for (size_t k = 0; k < count; ++k) catch_up(static_cast<size_t>(columns[k]), time);
  }

  void step(const int32_t* columns, const double* x, size_t count, uint32_t time,
            const double* changes) const {
    for (size_t k = 0; k < count; ++k) {
      const auto column = static_cast<size_t>(columns[k]);
      double* const w = coefficients(column);
      double* const means = w + width_;
      each([&](auto lanes, size_t c) {
        const auto change = lanes.get(changes + c) * lanes.all(x[k]), mean = lanes.get(means + c);
        lanes.put(w + c, moved(lanes, lanes.get(w + c), change + mean));
        lanes.put(means + c, mean + lanes.all(rates_.share) * change);
      });
      seen_[column] = time + 1;
    }
  }

  void settle(size_t cols, uint32_t time) const {
    for (size_t j = 0; j < cols; ++j) {
      catch_up(j, time);
      seen_[j] = 0;
    }
  }

 private:
  double* coefficients(size_t column) const { return of_ + column * 2 * width_; }

  // one(lanes, c): some lanes from lane c on, until all had their turn.
  template <typename One>
  BOREAL_INLINE void each(const One& one) const {
    if constexpr (kWidth == 1) {
      one(OneLane{}, size_t{0});
    } else {
      constexpr size_t kLanes = Vec<double>::kLanes;
      size_t c = 0;
      for (; c + kLanes <= width_; c += kLanes) one(WholeVector{}, c);
      if (c < width_) one(PartOfVector{width_ - c}, c);
    }
  }

  // Soft thresholding without a branch: free - clamp(free, -threshold, threshold).
  template <typename Lanes>
  BOREAL_INLINE typename Lanes::Value moved(Lanes lanes, typename Lanes::Value w,
                                            typename Lanes::Value gradient) const {
    const auto free = w * lanes.all(rates_.shrink) - lanes.all(rates_.eta) * gradient;
    const double threshold = rates_.eta * rates_.l1;
    return free - min(max(free, lanes.all(-threshold)), lanes.all(threshold));
  }

  BOREAL_INLINE void catch_up(size_t column, uint32_t time) const {
    const size_t steps = time - seen_[column];  // 0 is no case of its own, which nobody could foretell
    seen_[column] = time;
    double* const w = coefficients(column);
    const double* const mean = w + width_;
    if (rates_.l1 != 0) {
      for (size_t c = 0; c < width_; ++c) w[c] = advanced(w[c], mean[c], steps);
      return;
    }
    const double power = rates_.powers[2 * steps], series = rates_.eta * rates_.powers[2 * steps + 1];
    each([&](auto lanes, size_t c) {
      lanes.put(w + c, lanes.all(power) * lanes.get(w + c) - lanes.all(series) * lanes.get(mean + c));
    });
  }

  // w after so many steps with the same gradient. On one side of 0 these are one affine map, whose iterates
  // go one way; across it they are taken one by one.
  BOREAL_NOINLINE double advanced(double w, double mean, size_t steps) const {
    while (steps > 0) {
      if (w == 0 && __builtin_fabs(mean) <= rates_.l1) return 0;
      const double side = w == 0 ? -mean : w;
      const double after = rates_.powers[2 * steps] * w - rates_.eta *
                                                              (mean + __builtin_copysign(rates_.l1, side)) *
                                                              rates_.powers[2 * steps + 1];
      if (__builtin_copysign(after, side) == after) return after;
      do {
        w = moved(OneLane{}, w, mean);
        --steps;
      } while (steps > 0 && w != 0 && __builtin_copysign(w, side) == w);
    }
    return w;
  }

  double* const of_;
  uint32_t* const seen_;
  const size_t width_;
  const SagaRates rates_;
};

// run(Saga) for the width of the columns.
template <typename Run>
inline void with_saga(const SagaColumns& of, const SagaRates& rates, const Run& run) {
  if (of.width == 1) return run(Saga<1>(of, rates));
  if (of.width == kCommonWidth) return run(Saga<kCommonWidth>(of, rates));
  run(Saga<0>(of, rates));
}

void saga_catch_up(const SagaColumns& of, const SagaRates& rates, const int32_t* columns, size_t count,
                   uint32_t time) noexcept {
  with_saga(of, rates, [&](const auto& saga) { saga.catch_up(columns, count, time); });
}

void saga_step(const SagaColumns& of, const SagaRates& rates, const int32_t* columns, const double* x,
               size_t count, uint32_t time, const double* changes) noexcept {
  with_saga(of, rates, [&](const auto& saga) { saga.step(columns, x, count, time, changes); });
}

void saga_settle(const SagaColumns& of, const SagaRates& rates, size_t cols, uint32_t time) noexcept {
  with_saga(of, rates, [&](const auto& saga) { saga.settle(cols, time); });
}

}  // namespace
}  // namespace boreal
