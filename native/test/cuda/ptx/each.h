// Loops over the lanes that do an instruction.
#pragma once

#include "test/cuda/ptx/machine.h"

namespace emulator {
namespace ptx {

template <typename F>
inline void each(uint32_t on, F f) {
  if (on == kAll) {
    for (unsigned lane = 0; lane < kLanes; ++lane) f(lane);
  } else {
    each_lane(on, f);
  }
}

// The result of one, two or three operands: registers a[0] from a[1] on.
template <typename D, typename A, typename F>
void map1(Warp& w, const Instruction& i, uint32_t on) {
  D* const d = w.at<D>(i.a[0]);
  const A* const a = w.at<A>(i.a[1]);
  each(on, [=](unsigned l) { d[l] = static_cast<D>(F::of(a[l])); });
}
template <typename D, typename A, typename F>
void map2(Warp& w, const Instruction& i, uint32_t on) {
  D* const d = w.at<D>(i.a[0]);
  const A *const a = w.at<A>(i.a[1]), *const b = w.at<A>(i.a[2]);
  each(on, [=](unsigned l) { d[l] = static_cast<D>(F::of(a[l], b[l])); });
}
template <typename D, typename A, typename F>
void map3(Warp& w, const Instruction& i, uint32_t on) {
  D* const d = w.at<D>(i.a[0]);
  const A *const a = w.at<A>(i.a[1]), *const b = w.at<A>(i.a[2]);
  const D* const c = w.at<D>(i.a[3]);
  each(on, [=](unsigned l) { d[l] = static_cast<D>(F::of(a[l], b[l], c[l])); });
}

inline void set_mask(uint32_t& to, uint32_t on, uint32_t bits) { to = (to & ~on) | (bits & on); }

}  // namespace ptx
}  // namespace emulator
