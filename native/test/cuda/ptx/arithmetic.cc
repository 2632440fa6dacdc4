// Arithmetic on registers, as PTX rounds it.
#include <cfenv>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "test/cuda/ptx/operands.h"

namespace emulator {
namespace ptx {
namespace {

template <typename T>
using Unsigned = typename std::make_unsigned<T>::type;

// Sums and products wrap.
struct Add {
  template <typename T>
  static T of(T a, T b) {
    if constexpr (std::is_integral<T>::value)
      return static_cast<T>(static_cast<Unsigned<T>>(a) + static_cast<Unsigned<T>>(b));
    return a + b;
  }
};
struct Subtract {
  template <typename T>
  static T of(T a, T b) {
    if constexpr (std::is_integral<T>::value)
      return static_cast<T>(static_cast<Unsigned<T>>(a) - static_cast<Unsigned<T>>(b));
    return a - b;
  }
};
struct Multiply {
  template <typename T>
  static T of(T a, T b) {
    if constexpr (std::is_integral<T>::value)
      return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
    return a * b;
  }
};
template <typename D>
struct MultiplyWide {
  template <typename T>
  static D of(T a, T b) {
    return static_cast<D>(a) * static_cast<D>(b);
  }
};
struct MultiplyHigh {
  template <typename T>
  static T of(T a, T b) {
    if constexpr (sizeof(T) == 8) {
      using Wide = typename std::conditional<std::is_signed<T>::value, __int128, unsigned __int128>::type;
      return static_cast<T>(static_cast<Wide>(a) * static_cast<Wide>(b) >> 64);
    } else {
      using Wide = typename std::conditional<std::is_signed<T>::value, int64_t, uint64_t>::type;
      return static_cast<T>(static_cast<Wide>(a) * static_cast<Wide>(b) >> (8 * sizeof(T)));
    }
  }
};
struct MultiplyAdd {
  template <typename A, typename D>
  static D of(A a, A b, D c) {
    return static_cast<D>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b) + static_cast<uint64_t>(c));
  }
};
struct Fused {
  template <typename T>
  static T of(T a, T b, T c) {
    return std::fma(a, b, c);
  }
};
// All ones for a divisor of zero, which PTX leaves open; the least number by -1 wraps.
struct Divide {
  template <typename T>
  static T of(T a, T b) {
    if constexpr (std::is_integral<T>::value) {
      if (b == 0) return static_cast<T>(~T{0});
      if (std::is_signed<T>::value && b == static_cast<T>(-1)) return Subtract::of(T{0}, a);
    }
    return static_cast<T>(a / b);
  }
};
struct Remainder {
  template <typename T>
  static T of(T a, T b) {
    if (b == 0) return a;
    if (std::is_signed<T>::value && b == static_cast<T>(-1)) return 0;
    return static_cast<T>(a % b);
  }
};
// A NaN gives way to a number, and -0 is less than 0.
struct Minimum {
  template <typename T>
  static T of(T a, T b) {
    if constexpr (std::is_floating_point<T>::value) {
      if (a != a) return b;
      if (b != b) return a;
      if (a == b) return std::signbit(a) ? a : b;
    }
    return b < a ? b : a;
  }
};
struct Maximum {
  template <typename T>
  static T of(T a, T b) {
    if constexpr (std::is_floating_point<T>::value) {
      if (a != a) return b;
      if (b != b) return a;
      if (a == b) return std::signbit(a) ? b : a;
    }
    return a < b ? b : a;
  }
};
struct Negate {
  template <typename T>
  static T of(T a) {
    if constexpr (std::is_integral<T>::value) return Subtract::of(T{0}, a);
    return -a;
  }
};
struct Absolute {
  template <typename T>
  static T of(T a) {
    if constexpr (std::is_integral<T>::value) return a < 0 ? Negate::of(a) : a;
    return std::fabs(a);
  }
};
struct SquareRoot {
  template <typename T>
  static T of(T a) {
    return std::sqrt(a);
  }
};
struct Reciprocal {
  template <typename T>
  static T of(T a) {
    return T{1} / a;
  }
};
// The sign of the first operand, the size of the second.
struct CopySign {
  template <typename T>
  static T of(T a, T b) {
    return std::copysign(b, a);
  }
};

inline float flush(float x) {
  return std::fabs(x) < std::numeric_limits<float>::min() ? std::copysign(0.0f, x) : x;
}
struct PowerOfTwo {
  static float of(float x) { return std::exp2(x); }
};
struct LogOfTwo {
  static float of(float x) { return std::log2(x); }
};
struct RootReciprocal {
  static float of(float x) { return static_cast<float>(1 / std::sqrt(static_cast<double>(x))); }
};
template <typename F>
struct Flushed {
  static float of(float x) { return flush(F::of(flush(x))); }
};
// The upper word of the nearest number.
struct CoarseReciprocal {
  static double of(double x) {
    if (std::fabs(x) < std::numeric_limits<double>::min()) x = std::copysign(0.0, x);
    double y = 1 / x;
    if (std::fabs(y) < std::numeric_limits<double>::min()) return std::copysign(0.0, y);
    uint64_t bits;
    std::memcpy(&bits, &y, 8);
    if (y == y) bits &= ~uint64_t{0xffffffff};
    std::memcpy(&y, &bits, 8);
    return y;
  }
};

// Sums and fused products in another direction of rounding, one at a time.
template <typename T>
[[gnu::noinline]] T fused_towards(int direction, T a, T b, T c) {
  std::fesetround(direction);
  volatile T x = a, y = b, z = c;
  volatile T result = std::fma(x, y, z);
  std::fesetround(FE_TONEAREST);
  return result;
}
template <typename T, int kDirection>
struct FusedTowards {
  static T of(T a, T b, T c) { return fused_towards<T>(kDirection, a, b, c); }
};
template <typename T, int kDirection>
struct AddTowards {
  static T of(T a, T b) { return fused_towards<T>(kDirection, a, T{1}, b); }
};

template <typename F>
void both(Decode& d) {
  const bool nearest = d.take("rn");
  const Type t = d.type();
  if (nearest && t.kind != 'f') d.fail("whole numbers are not rounded");
  operands(d, t, {t, t});
  d.out.run = t.kind == 'f'
                  ? floating(d, t, [](auto x) -> Handler { return map2<decltype(x), decltype(x), F>; })
                  : integer(d, t, [](auto x) -> Handler { return map2<decltype(x), decltype(x), F>; });
}
void add(Decode& d) {
  if (!d.take("rz")) return both<Add>(d);
  const Type t = d.type();
  operands(d, t, {t, t});
  d.out.run = floating(d, t, [](auto x) -> Handler {
    using T = decltype(x);
    return map2<T, T, AddTowards<T, FE_TOWARDZERO>>;
  });
}
void multiply(Decode& d) {
  if (d.take("wide")) {
    const Type t = d.type();
    operands(d, {t.kind, 2 * t.bits}, {t, t});
    if (t.bits == 16) {
      d.out.run = t.kind == 's' ? map2<int32_t, int16_t, MultiplyWide<int32_t>>
                                : map2<uint32_t, uint16_t, MultiplyWide<uint32_t>>;
    } else if (t.bits == 32) {
      d.out.run = t.kind == 's' ? map2<int64_t, int32_t, MultiplyWide<int64_t>>
                                : map2<uint64_t, uint32_t, MultiplyWide<uint64_t>>;
    } else {
      d.fail("not of that width");
    }
  } else if (d.take("hi")) {
    both<MultiplyHigh>(d);
  } else {
    d.take("lo");
    both<Multiply>(d);
  }
}
void multiply_add(Decode& d) {
  if (d.take("wide")) {
    const Type t = d.type(), wide{t.kind, 2 * t.bits};
    if (t.bits != 32) d.fail("not of that width");
    operands(d, wide, {t, t, wide});
    d.out.run = t.kind == 's' ? map3<int64_t, int32_t, MultiplyAdd> : map3<uint64_t, uint32_t, MultiplyAdd>;
    return;
  }
  d.need("lo");
  const Type t = d.type();
  operands(d, t, {t, t, t});
  d.out.run = integer(d, t, [](auto x) -> Handler { return map3<decltype(x), decltype(x), MultiplyAdd>; });
}
void fused(Decode& d) {
  const std::string towards = d.next();
  const Type t = d.type();
  operands(d, t, {t, t, t});
  d.out.run = floating(d, t, [&](auto x) -> Handler {
    using T = decltype(x);
    if (towards == "rn") return map3<T, T, Fused>;
    if (towards == "rm") return map3<T, T, FusedTowards<T, FE_DOWNWARD>>;
    if (towards == "rz") return map3<T, T, FusedTowards<T, FE_TOWARDZERO>>;
    if (towards == "rp") return map3<T, T, FusedTowards<T, FE_UPWARD>>;
    d.fail("unknown rounding ." + towards);
  });
}
template <typename F>
void whole_only(Decode& d) {
  const Type t = d.type();
  operands(d, t, {t, t});
  d.out.run = integer(d, t, [](auto x) -> Handler { return map2<decltype(x), decltype(x), F>; });
}
template <typename F>
void one(Decode& d) {
  const Type t = d.type();
  operands(d, t, {t});
  d.out.run = t.kind == 'f'
                  ? floating(d, t, [](auto x) -> Handler { return map1<decltype(x), decltype(x), F>; })
                  : integer(d, t, [](auto x) -> Handler { return map1<decltype(x), decltype(x), F>; });
}
void copy_sign(Decode& d) {
  const Type t = d.type();
  operands(d, t, {t, t});
  d.out.run = floating(d, t, [](auto x) -> Handler { return map2<decltype(x), decltype(x), CopySign>; });
}
void square_root(Decode& d) {
  d.need("rn");
  one<SquareRoot>(d);
}
template <typename F>
void approximate(Decode& d) {
  d.need("approx");
  const bool flushes = d.take("ftz");
  const Type t = d.type();
  if (!(t == Type{'f', 32})) d.fail("not of that type");
  operands(d, t, {t});
  d.out.run = flushes ? map1<float, float, Flushed<F>> : map1<float, float, F>;
}
void reciprocal(Decode& d) {
  if (d.take("rn")) return one<Reciprocal>(d);
  if (d.statement.opcode != "rcp.approx.ftz.f64") return approximate<Reciprocal>(d);
  d.need("approx");
  d.need("ftz");
  const Type t = d.type();
  operands(d, t, {t});
  d.out.run = map1<double, double, CoarseReciprocal>;
}

}  // namespace

const Decoders& arithmetic() {
  static const Decoders table = {
      {"add", add},
      {"sub", both<Subtract>},
      {"mul", multiply},
      {"mad", multiply_add},
      {"fma", fused},
      {"div", both<Divide>},
      {"rem", whole_only<Remainder>},
      {"min", both<Minimum>},
      {"max", both<Maximum>},
      {"neg", one<Negate>},
      {"abs", one<Absolute>},
      {"copysign", copy_sign},
      {"sqrt", square_root},
      {"rcp", reciprocal},
      {"rsqrt", approximate<RootReciprocal>},
      {"ex2", approximate<PowerOfTwo>},
      {"lg2", approximate<LogOfTwo>},
  };
  return table;
}

}  // namespace ptx
}  // namespace emulator
