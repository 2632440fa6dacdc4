// What decoders of arithmetic share: the type of their operands as one of C++, and operands in their order.
#pragma once

#include "test/cuda/ptx/decode.h"
#include "test/cuda/ptx/each.h"

namespace emulator {
namespace ptx {

// Calls f with a value of the type.
template <typename F>
inline Handler integer(Decode& d, Type t, F f) {
  const bool is_signed = t.kind == 's';
  if (t.kind == 'f' || t.kind == 'p') d.fail("not of floats");
  if (t.bits == 16) return is_signed ? f(int16_t{}) : f(uint16_t{});
  if (t.bits == 32) return is_signed ? f(int32_t{}) : f(uint32_t{});
  if (t.bits == 64) return is_signed ? f(int64_t{}) : f(uint64_t{});
  d.fail("not of that width");
}
template <typename F>
inline Handler floating(Decode& d, Type t, F f) {
  if (t.kind != 'f') d.fail("only of floats");
  if (t.bits == 32) return f(float{});
  if (t.bits == 64) return f(double{});
  d.fail("not of that width");
}
inline void operands(Decode& d, Type result, std::initializer_list<Type> types) {
  d.arguments(types.size() + 1);
  d.out.a[0] = d.destination(d.argument(0), result);
  size_t n = 1;
  for (const Type& t : types) {
    d.out.a[n] = d.source(d.argument(n), t);
    ++n;
  }
}

}  // namespace ptx
}  // namespace emulator
