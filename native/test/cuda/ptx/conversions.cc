// Moves, selections, comparisons and conversions of registers.
#include <cmath>
#include <limits>
#include <type_traits>

#include "device/cuda_elements.h"
#include "test/cuda/ptx/decode.h"
#include "test/cuda/ptx/each.h"

namespace emulator {
namespace ptx {
namespace {

struct Same {
  template <typename T>
  static T of(T a) {
    return a;
  }
};
void move_mask(Warp& w, const Instruction& i, uint32_t on) {
  set_mask(*w.at<uint32_t>(i.a[0]), on, *w.at<uint32_t>(i.a[1]));
}
Handler move_of(unsigned bits) {
  return bits == 1    ? move_mask
         : bits == 16 ? map1<uint16_t, uint16_t, Same>
         : bits == 32 ? map1<uint32_t, uint32_t, Same>
         : bits == 64 ? map1<uint64_t, uint64_t, Same>
                      : nullptr;
}

// A register of several smaller ones, the first in its lowest bits; and the other way.
template <typename Whole, typename Part>
void pack_lanes(Warp& w, const Instruction& i, uint32_t on) {
  each(on, [&](unsigned l) {
    Whole whole = 0;
    for (unsigned n = 0; n < i.count; ++n) {
      whole |= static_cast<Whole>(w.at<Part>(i.a[1 + n])[l]) << 8 * sizeof(Part) * n;
    }
    w.at<Whole>(i.a[0])[l] = whole;
  });
}
template <typename Whole, typename Part>
void unpack_lanes(Warp& w, const Instruction& i, uint32_t on) {
  each(on, [&](unsigned l) {
    const Whole whole = w.at<Whole>(i.a[i.count])[l];
    for (unsigned n = 0; n < i.count; ++n) {
      if ((i.value >> n & 1) != 0) w.at<Part>(i.a[n])[l] = static_cast<Part>(whole >> 8 * sizeof(Part) * n);
    }
  });
}
void pack(Decode& d, Type t, size_t whole, bool unpacks) {
  const auto& parts = d.argument(1 - whole).parts;
  const unsigned count = static_cast<unsigned>(parts.size()), bits = count == 0 ? 0 : t.bits / count;
  const Type part{'b', bits};
  d.out.count = static_cast<uint8_t>(count);
  // What is written comes first.
  if (count > 4) d.fail("not of those widths");
  d.out.a[unpacks ? count : 0] =
      unpacks ? d.source(d.argument(whole), t) : d.destination(d.argument(whole), t);
  if (unpacks) d.out.writes = d.out.count;
  for (size_t n = 0; n < count; ++n) {
    if (unpacks && parts[n].name == "_") continue;
    d.out.value |= uint64_t{1} << n;
    d.out.a[unpacks ? n : 1 + n] = unpacks ? d.destination(parts[n], part) : d.source(parts[n], part);
  }
  if (t.bits == 64 && bits == 32) {
    d.out.run = unpacks ? unpack_lanes<uint64_t, uint32_t> : pack_lanes<uint64_t, uint32_t>;
  } else if (t.bits == 64 && bits == 16) {
    d.out.run = unpacks ? unpack_lanes<uint64_t, uint16_t> : pack_lanes<uint64_t, uint16_t>;
  } else if (t.bits == 32 && bits == 16) {
    d.out.run = unpacks ? unpack_lanes<uint32_t, uint16_t> : pack_lanes<uint32_t, uint16_t>;
  } else {
    d.fail("not of those widths");
  }
}
void move(Decode& d) {
  const Type t = d.type();
  d.arguments(2);
  if (d.argument(0).kind == Argument::kVector) return pack(d, t, 1, true);
  if (d.argument(1).kind == Argument::kVector) return pack(d, t, 0, false);
  d.out.a[0] = d.destination(d.argument(0), t);
  d.out.a[1] = d.source(d.argument(1), t);
  d.out.run = move_of(t.bits);
  if (d.out.run == nullptr) d.fail("not of that width");
}

template <typename T>
void select_lanes(Warp& w, const Instruction& i, uint32_t on) {
  T* const d = w.at<T>(i.a[0]);
  const T *const a = w.at<T>(i.a[1]), *const b = w.at<T>(i.a[2]);
  const uint32_t p = *w.at<uint32_t>(i.a[3]);
  each(on, [=](unsigned l) { d[l] = (p >> l & 1) != 0 ? a[l] : b[l]; });
}
void select(Decode& d) {
  const Type t = d.type();
  d.arguments(4);
  d.out.a[0] = d.destination(d.argument(0), t);
  d.out.a[1] = d.source(d.argument(1), t);
  d.out.a[2] = d.source(d.argument(2), t);
  d.out.a[3] = d.source(d.argument(3), {'p', 1});
  d.out.run = t.bits == 16   ? select_lanes<uint16_t>
              : t.bits == 32 ? select_lanes<uint32_t>
                             : select_lanes<uint64_t>;
  if (t.bits < 16) d.fail("not of that width");
}

struct Equal {
  template <typename T>
  static bool of(T a, T b) {
    return a == b;
  }
};
struct Less {
  template <typename T>
  static bool of(T a, T b) {
    return a < b;
  }
};
struct LessOrEqual {
  template <typename T>
  static bool of(T a, T b) {
    return a <= b;
  }
};
struct LessOrGreater {
  template <typename T>
  static bool of(T a, T b) {
    return a < b || a > b;
  }
};
struct Ordered {
  template <typename T>
  static bool of(T a, T b) {
    return a == a && b == b;
  }
};
template <typename F>
struct Swapped {
  template <typename T>
  static bool of(T a, T b) {
    return F::of(b, a);
  }
};
template <typename F>
struct Opposite {
  template <typename T>
  static bool of(T a, T b) {
    return !F::of(a, b);
  }
};
template <typename T, typename F>
void compare_lanes(Warp& w, const Instruction& i, uint32_t on) {
  const T *const a = w.at<T>(i.a[1]), *const b = w.at<T>(i.a[2]);
  uint32_t bits = 0;
  for (unsigned l = 0; l < kLanes; ++l) bits |= static_cast<uint32_t>(F::of(a[l], b[l])) << l;
  set_mask(*w.at<uint32_t>(i.a[0]), on, bits);
}
// What a u adds holds, too, where one is NaN.
template <typename T>
Handler comparison(const std::string& name) {
  using Greater = Swapped<Less>;
  using GreaterOrEqual = Swapped<LessOrEqual>;
  if (name == "eq") return compare_lanes<T, Equal>;
  if (name == "lt" || name == "lo") return compare_lanes<T, Less>;
  if (name == "le" || name == "ls") return compare_lanes<T, LessOrEqual>;
  if (name == "gt" || name == "hi") return compare_lanes<T, Greater>;
  if (name == "ge" || name == "hs") return compare_lanes<T, GreaterOrEqual>;
  if (!std::is_floating_point<T>::value) return name == "ne" ? compare_lanes<T, Opposite<Equal>> : nullptr;
  if (name == "ne") return compare_lanes<T, LessOrGreater>;
  if (name == "neu") return compare_lanes<T, Opposite<Equal>>;
  if (name == "equ") return compare_lanes<T, Opposite<LessOrGreater>>;
  if (name == "ltu") return compare_lanes<T, Opposite<GreaterOrEqual>>;
  if (name == "leu") return compare_lanes<T, Opposite<Greater>>;
  if (name == "gtu") return compare_lanes<T, Opposite<LessOrEqual>>;
  if (name == "geu") return compare_lanes<T, Opposite<Less>>;
  if (name == "num") return compare_lanes<T, Ordered>;
  if (name == "nan") return compare_lanes<T, Opposite<Ordered>>;
  return nullptr;
}
// Floats of 16 bits are stored and made of others, not computed with.
void check_float(Decode& d, Type t) {
  if (t.kind == 'f' && t.bits != 32 && t.bits != 64) d.fail("not of floats of that width");
}
void compare(Decode& d) {
  const std::string name = d.next();
  const Type t = d.type();
  d.arguments(3);
  d.out.a[0] = d.destination(d.argument(0), {'p', 1});
  d.out.a[1] = d.source(d.argument(1), t);
  d.out.a[2] = d.source(d.argument(2), t);
  const bool is_signed = t.kind == 's';
  check_float(d, t);
  if (t.kind == 'f') {
    d.out.run = t.bits == 32 ? comparison<float>(name) : comparison<double>(name);
  } else if (t.bits == 16) {
    d.out.run = is_signed ? comparison<int16_t>(name) : comparison<uint16_t>(name);
  } else if (t.bits == 32) {
    d.out.run = is_signed ? comparison<int32_t>(name) : comparison<uint32_t>(name);
  } else if (t.bits == 64) {
    d.out.run = is_signed ? comparison<int64_t>(name) : comparison<uint64_t>(name);
  }
  if (d.out.run == nullptr) d.fail("unknown comparison");
}

struct Nearest {
  template <typename T>
  static T of(T x) {
    return std::nearbyint(x);
  }
};
struct TowardsZero {
  template <typename T>
  static T of(T x) {
    return std::trunc(x);
  }
};
struct Down {
  template <typename T>
  static T of(T x) {
    return std::floor(x);
  }
};
struct Up {
  template <typename T>
  static T of(T x) {
    return std::ceil(x);
  }
};
struct Saturated {
  template <typename T>
  static T of(T x) {
    return x > 0 ? (x < 1 ? x : T{1}) : T{0};  // a NaN is 0
  }
};
// A whole number as near as its type allows; of NaN 0, or the highest bit where 64 bits are involved.
template <typename D, typename Round>
struct ToWhole {
  template <typename T>
  static D of(T x) {
    using Limits = std::numeric_limits<D>;
    if (x != x) {
      const bool zero = sizeof(T) == 4 && sizeof(D) < 8;
      return zero ? D{0} : static_cast<D>(uint64_t{1} << (8 * sizeof(D) - 1));
    }
    const T rounded = Round::of(x);
    // The first number above the largest is a power of two.
    const T above = std::ldexp(T{1}, Limits::digits);
    if (rounded >= above) return Limits::max();
    if (rounded < static_cast<T>(Limits::min())) return Limits::min();
    return static_cast<D>(rounded);
  }
};
template <typename D>
struct As {
  template <typename T>
  static D of(T x) {
    return static_cast<D>(x);
  }
};

template <typename A, typename Round>
Handler whole_of(Type to) {
  const bool is_signed = to.kind == 's';
  if (to.bits == 16)
    return is_signed ? map1<int16_t, A, ToWhole<int16_t, Round>>
                     : map1<uint16_t, A, ToWhole<uint16_t, Round>>;
  if (to.bits == 32)
    return is_signed ? map1<int32_t, A, ToWhole<int32_t, Round>>
                     : map1<uint32_t, A, ToWhole<uint32_t, Round>>;
  if (to.bits == 64)
    return is_signed ? map1<int64_t, A, ToWhole<int64_t, Round>>
                     : map1<uint64_t, A, ToWhole<uint64_t, Round>>;
  return nullptr;
}
// Whole numbers in the lowest bits of a register that is wider.
template <typename D, typename From>
struct FromLow {
  template <typename T>
  static D of(T x) {
    return static_cast<D>(static_cast<From>(x));
  }
};
template <typename D>
Handler from_low(Type from, unsigned bits) {
  const bool is_signed = from.kind == 's';
  if (bits == 64 && from.bits == 32)
    return is_signed ? map1<D, uint64_t, FromLow<D, int32_t>> : map1<D, uint64_t, FromLow<D, uint32_t>>;
  if (bits == 64 && from.bits == 16)
    return is_signed ? map1<D, uint64_t, FromLow<D, int16_t>> : map1<D, uint64_t, FromLow<D, uint16_t>>;
  if (bits == 32 && from.bits == 16)
    return is_signed ? map1<D, uint32_t, FromLow<D, int16_t>> : map1<D, uint32_t, FromLow<D, uint16_t>>;
  if (bits == 32 && from.bits == 8)
    return is_signed ? map1<D, uint32_t, FromLow<D, int8_t>> : map1<D, uint32_t, FromLow<D, uint8_t>>;
  if (bits == 16 && from.bits == 8)
    return is_signed ? map1<D, uint16_t, FromLow<D, int8_t>> : map1<D, uint16_t, FromLow<D, uint8_t>>;
  return nullptr;
}

template <typename A>
Handler rounded(Type from, Type to, const std::string& how) {
  if (to == from) {
    if (how == "rni") return map1<A, A, Nearest>;
    if (how == "rzi") return map1<A, A, TowardsZero>;
    if (how == "rmi") return map1<A, A, Down>;
    if (how == "rpi") return map1<A, A, Up>;
    return nullptr;
  }
  if (to.kind == 'f') return nullptr;
  if (how == "rni") return whole_of<A, Nearest>(to);
  if (how == "rzi") return whole_of<A, TowardsZero>(to);
  if (how == "rmi") return whole_of<A, Down>(to);
  if (how == "rpi") return whole_of<A, Up>(to);
  return nullptr;
}
template <typename A>
Handler from_whole(Type to, const std::string& how) {
  if (to.kind == 'f') {
    if (how != "rn") return nullptr;
    return to.bits == 32 ? map1<float, A, As<float>> : map1<double, A, As<double>>;
  }
  if (!how.empty()) return nullptr;
  if (to.bits == 16) return map1<uint16_t, A, As<uint16_t>>;
  if (to.bits == 32) return map1<uint32_t, A, As<uint32_t>>;
  if (to.bits == 64) return map1<uint64_t, A, As<uint64_t>>;
  return nullptr;
}
// Two floats as elements of 16 bits, the first in the upper half; a NaN is the only one that is given.
template <bool kBrain>
struct Halves {
  static uint32_t half(float x) {
    if (x != x) return 0x7fff;
    return kBrain ? boreal::to_bfloat16(x) : boreal::to_float16(x);
  }
  static uint32_t of(float a, float b) { return half(a) << 16 | half(b); }
};
void convert_halves(Decode& d, bool brain) {
  d.need("f32");
  d.arguments(3);
  d.out.a[0] = d.destination(d.argument(0), {'b', 32});
  d.out.a[1] = d.source(d.argument(1), {'f', 32});
  d.out.a[2] = d.source(d.argument(2), {'f', 32});
  d.out.run = brain ? map2<uint32_t, float, Halves<true>> : map2<uint32_t, float, Halves<false>>;
}

void convert(Decode& d) {
  std::string how = d.next();
  if (how == "rn" && d.take("f16x2")) return convert_halves(d, false);
  if (how == "rn" && d.take("bf16x2")) return convert_halves(d, true);
  Type to;
  if (type_of(how, to)) {
    how.clear();
  } else {
    to = d.type();
  }
  const Type from = d.type();
  check_float(d, to);
  check_float(d, from);
  d.arguments(2);
  d.out.a[0] = d.destination(d.argument(0), to);
  const bool is_signed = from.kind == 's';
  Handler run = nullptr;
  Type own = from;
  if (d.is_register(d.argument(1))) d.any(d.argument(1), own);
  if (own.bits > from.bits && from.kind != 'f') {
    d.out.a[1] = d.any(d.argument(1), own);
    if (to.kind != 'f' && how.empty()) {
      run = to.bits == 16   ? from_low<uint16_t>(from, own.bits)
            : to.bits == 32 ? from_low<uint32_t>(from, own.bits)
                            : from_low<uint64_t>(from, own.bits);
    } else if (to.kind == 'f' && how == "rn") {
      run = to.bits == 32 ? from_low<float>(from, own.bits) : from_low<double>(from, own.bits);
    }
    if (run == nullptr) d.fail("unknown conversion");
    d.out.run = run;
    return;
  }
  d.out.a[1] = d.source(d.argument(1), from);
  if (from.kind == 'f' && to.kind == 'f' && how == "sat") {
    if (from == to) run = from.bits == 32 ? map1<float, float, Saturated> : map1<double, double, Saturated>;
  } else if (from.kind == 'f' && to.kind == 'f' && from.bits != to.bits) {
    if (from.bits == 32 && to.bits == 64 && how.empty()) run = map1<double, float, As<double>>;
    if (from.bits == 64 && to.bits == 32 && how == "rn") run = map1<float, double, As<float>>;
  } else if (from.kind == 'f') {
    run = from.bits == 32 ? rounded<float>(from, to, how) : rounded<double>(from, to, how);
  } else if (from.bits == 16) {
    run = is_signed ? from_whole<int16_t>(to, how) : from_whole<uint16_t>(to, how);
  } else if (from.bits == 32) {
    run = is_signed ? from_whole<int32_t>(to, how) : from_whole<uint32_t>(to, how);
  } else if (from.bits == 64) {
    run = is_signed ? from_whole<int64_t>(to, how) : from_whole<uint64_t>(to, how);
  }
  if (run == nullptr) d.fail("unknown conversion");
  d.out.run = run;
}

}  // namespace

const Decoders& conversions() {
  static const Decoders table = {{"mov", move}, {"selp", select}, {"setp", compare}, {"cvt", convert}};
  return table;
}

}  // namespace ptx
}  // namespace emulator
