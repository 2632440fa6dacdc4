// Bits of registers, and predicates.
#include <type_traits>

#include "test/cuda/ptx/operands.h"

namespace emulator {
namespace ptx {
namespace {

struct And {
  template <typename T>
  static T of(T a, T b) {
    return a & b;
  }
};
struct Or {
  template <typename T>
  static T of(T a, T b) {
    return a | b;
  }
};
struct Xor {
  template <typename T>
  static T of(T a, T b) {
    return a ^ b;
  }
};
struct Not {
  template <typename T>
  static T of(T a) {
    return static_cast<T>(~a);
  }
};
// A distance of more than the width is the width.
struct ShiftLeft {
  template <typename T>
  static T of(T a, uint32_t by) {
    return by >= 8 * sizeof(T) ? T{0} : static_cast<T>(a << by);
  }
};
struct ShiftRight {
  template <typename T>
  static T of(T a, uint32_t by) {
    const uint32_t most = 8 * sizeof(T) - 1;
    if (by <= most) return static_cast<T>(a >> by);
    return std::is_signed<T>::value ? static_cast<T>(a >> most) : T{0};
  }
};
struct CountOnes {
  template <typename T>
  static uint32_t of(T a) {
    return static_cast<uint32_t>(__builtin_popcountll(a));
  }
};
struct Reverse {
  template <typename T>
  static T of(T a) {
    T r = 0;
    for (unsigned bit = 0; bit < 8 * sizeof(T); ++bit) r |= (a >> bit & T{1}) << (8 * sizeof(T) - 1 - bit);
    return r;
  }
};
struct LeadingZeros {
  template <typename T>
  static uint32_t of(T a) {
    return a == 0 ? 8 * sizeof(T) : static_cast<uint32_t>(__builtin_clzll(a)) - (64 - 8 * sizeof(T));
  }
};
template <bool kShift>
struct FindBit {
  static uint32_t of(uint32_t a) {
    if (a == 0) return 0xffffffffu;
    const uint32_t zeros = static_cast<uint32_t>(__builtin_clz(a));
    return kShift ? zeros : 31 - zeros;
  }
};

// Predicates are one word of all lanes.
template <typename F>
void of_masks(Warp& w, const Instruction& i, uint32_t on) {
  set_mask(*w.at<uint32_t>(i.a[0]), on, F::of(*w.at<uint32_t>(i.a[1]), *w.at<uint32_t>(i.a[2])));
}
void not_mask(Warp& w, const Instruction& i, uint32_t on) {
  set_mask(*w.at<uint32_t>(i.a[0]), on, ~*w.at<uint32_t>(i.a[1]));
}
template <typename F>
void bits(Decode& d) {
  const Type t = d.type();
  operands(d, t, {t, t});
  d.out.run = t.kind == 'p'
                  ? of_masks<F>
                  : integer(d, t, [](auto x) -> Handler { return map2<decltype(x), decltype(x), F>; });
}
void invert(Decode& d) {
  const Type t = d.type();
  operands(d, t, {t});
  d.out.run = t.kind == 'p'
                  ? not_mask
                  : integer(d, t, [](auto x) -> Handler { return map1<decltype(x), decltype(x), Not>; });
}
template <typename T, typename F>
void shift_lanes(Warp& w, const Instruction& i, uint32_t on) {
  T* const d = w.at<T>(i.a[0]);
  const T* const a = w.at<T>(i.a[1]);
  const uint32_t* const by = w.at<uint32_t>(i.a[2]);
  each(on, [=](unsigned l) { d[l] = F::of(a[l], by[l]); });
}
template <typename F>
void shift(Decode& d) {
  const Type t = d.type();
  operands(d, t, {t, {'u', 32}});
  d.out.run = integer(d, t, [](auto x) -> Handler { return shift_lanes<decltype(x), F>; });
}
template <typename F>
void count(Decode& d) {
  const Type t = d.type();
  operands(d, {'u', 32}, {t});
  if (t.kind == 's' || t.bits < 32) d.fail("not of that type");
  d.out.run = t.bits == 32 ? map1<uint32_t, uint32_t, F> : map1<uint32_t, uint64_t, F>;
}
void reverse(Decode& d) {
  const Type t = d.type();
  operands(d, t, {t});
  d.out.run =
      integer(d, {'u', t.bits}, [](auto x) -> Handler { return map1<decltype(x), decltype(x), Reverse>; });
}
void find_bit(Decode& d) {
  const bool shift = d.take("shiftamt");
  const Type t = d.type();
  if (!(t == Type{'u', 32})) d.fail("not of that type");
  operands(d, t, {t});
  d.out.run = shift ? map1<uint32_t, uint32_t, FindBit<true>> : map1<uint32_t, uint32_t, FindBit<false>>;
}
template <typename T>
void insert_lanes(Warp& w, const Instruction& i, uint32_t on) {
  T* const d = w.at<T>(i.a[0]);
  const T *const a = w.at<T>(i.a[1]), *const b = w.at<T>(i.a[2]);
  const uint32_t *const at = w.at<uint32_t>(i.a[3]), *const length = w.at<uint32_t>(i.a[4]);
  each(on, [=](unsigned l) {
    const uint32_t first = at[l] & 0xff, bits = length[l] & 0xff;
    const T ones = bits >= 8 * sizeof(T) ? static_cast<T>(~T{0}) : static_cast<T>((T{1} << bits) - 1);
    const T mask = ShiftLeft::of(ones, first);
    d[l] = (b[l] & ~mask) | (ShiftLeft::of(a[l], first) & mask);
  });
}
void insert(Decode& d) {
  const Type t = d.type();
  if (t.kind != 'b' || t.bits < 32) d.fail("not of that type");
  operands(d, t, {t, t, {'u', 32}, {'u', 32}});
  d.out.run = t.bits == 32 ? insert_lanes<uint32_t> : insert_lanes<uint64_t>;
}
void permute_lanes(Warp& w, const Instruction& i, uint32_t on) {
  uint32_t* const d = w.at<uint32_t>(i.a[0]);
  const uint32_t *const a = w.at<uint32_t>(i.a[1]), *const b = w.at<uint32_t>(i.a[2]),
                        *const s = w.at<uint32_t>(i.a[3]);
  each(on, [=](unsigned l) {
    const uint64_t bytes = uint64_t{b[l]} << 32 | a[l];
    uint32_t result = 0;
    for (unsigned n = 0; n < 4; ++n) {
      const uint32_t choice = s[l] >> 4 * n & 15;
      uint32_t byte = static_cast<uint32_t>(bytes >> 8 * (choice & 7)) & 0xff;
      if ((choice & 8) != 0) byte = (byte & 0x80) != 0 ? 0xff : 0;
      result |= byte << 8 * n;
    }
    d[l] = result;
  });
}
void permute(Decode& d) {
  const Type t = d.type();
  operands(d, t, {t, t, t});
  if (t.bits != 32) d.fail("not of that type");
  d.out.run = permute_lanes;
}

}  // namespace

const Decoders& bits_of_registers() {
  static const Decoders table = {
      {"and", bits<And>},
      {"or", bits<Or>},
      {"xor", bits<Xor>},
      {"not", invert},
      {"shl", shift<ShiftLeft>},
      {"shr", shift<ShiftRight>},
      {"popc", count<CountOnes>},
      {"clz", count<LeadingZeros>},
      {"brev", reverse},
      {"bfind", find_bit},
      {"bfi", insert},
      {"prmt", permute},
  };
  return table;
}

}  // namespace ptx
}  // namespace emulator
