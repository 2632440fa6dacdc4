// Loads, stores, atomics and addresses.
#include <cstring>

#include "test/cuda/ptx/decode.h"
#include "test/cuda/ptx/each.h"

namespace emulator {
namespace ptx {
namespace {

uint64_t address_of(Warp& w, const Instruction& i, unsigned lane) {
  return (i.wide ? w.at<uint64_t>(i.a[7])[lane] : w.at<uint32_t>(i.a[7])[lane]) + i.value;
}

// What lies in memory as a T is, extended, a register of R.
template <typename T, typename R>
void load_lanes(Warp& w, const Instruction& i, uint32_t on) {
  const unsigned bytes = sizeof(T) * i.count;
  each(on, [&](unsigned l) {
    const unsigned char* const from = w.machine->reach(w, i, l, address_of(w, i, l), bytes, Use::kRead);
    for (unsigned n = 0; n < i.count; ++n) {
      T value;
      std::memcpy(&value, from + n * sizeof(T), sizeof(T));
      w.at<R>(i.a[n])[l] = static_cast<R>(value);
    }
  });
}
template <typename T, typename R>
void store_lanes(Warp& w, const Instruction& i, uint32_t on) {
  const unsigned bytes = sizeof(T) * i.count;
  each(on, [&](unsigned l) {
    T values[4];
    for (unsigned n = 0; n < i.count; ++n) values[n] = static_cast<T>(w.at<R>(i.a[n])[l]);
    std::memcpy(w.machine->reach(w, i, l, address_of(w, i, l), bytes, Use::kWrite, values), values, bytes);
  });
}
template <typename T>
Handler of_width(bool loads, unsigned bits) {
  if (bits < 8 * sizeof(T)) return nullptr;
  if (bits == 16) return loads ? load_lanes<T, uint16_t> : store_lanes<T, uint16_t>;
  if (bits == 32) return loads ? load_lanes<T, uint32_t> : store_lanes<T, uint32_t>;
  return loads ? load_lanes<T, uint64_t> : store_lanes<T, uint64_t>;
}
Handler access_of(bool loads, Type t, unsigned bits) {
  const bool is_signed = t.kind == 's';
  if (t.kind == 'f' && bits != t.bits) return nullptr;
  switch (t.bits) {
    case 8:
      return is_signed ? of_width<int8_t>(loads, bits) : of_width<uint8_t>(loads, bits);
    case 16:
      return is_signed ? of_width<int16_t>(loads, bits) : of_width<uint16_t>(loads, bits);
    case 32:
      return is_signed ? of_width<int32_t>(loads, bits) : of_width<uint32_t>(loads, bits);
    default:
      return of_width<uint64_t>(loads, bits);
  }
}

Space space_of(Decode& d) {
  if (d.take("global")) return Space::kGlobal;
  if (d.take("shared") || d.take("shared::cta")) return Space::kShared;
  if (d.take("local")) return Space::kLocal;
  if (d.take("param")) return Space::kParam;
  if (d.take("const")) return Space::kConst;
  return Space::kGeneric;
}
// How finely conflicts are told apart is a matter of the least that is written.
void keep_grain(Decode& d, Space space, unsigned bytes) {
  Program& p = d.program();
  if (space != Space::kGlobal && bytes < p.shared_grain) p.shared_grain = bytes;
  if (space != Space::kShared && bytes < p.global_grain) p.global_grain = bytes;
}

void access(Decode& d, bool loads) {
  d.take("volatile");
  const Space space = space_of(d);
  const unsigned count = d.take("v2") ? 2 : d.take("v4") ? 4 : 1;
  const Type t = d.type();
  d.arguments(2);
  const Argument& registers = d.argument(loads ? 0 : 1);
  d.address(d.argument(loads ? 1 : 0), space);
  d.out.count = static_cast<uint8_t>(count);
  d.out.writes = loads ? d.out.count : 0;
  if (count > 1 && registers.parts.size() != count) d.fail("a vector of another length");
  unsigned bits = 0;
  for (unsigned n = 0; n < count; ++n) {
    const Argument& a = count > 1 ? registers.parts[n] : registers;
    Type own{t.kind, t.bits < 16 ? 16 : t.bits};
    if (d.is_register(a)) {
      d.out.a[n] = d.any(a, own);
    } else if (!loads) {
      d.out.a[n] = d.source(a, own);
    } else {
      d.fail("no register");
    }
    if (bits != 0 && own.bits != bits) d.fail("registers of different widths");
    bits = own.bits;
  }
  if (!loads && d.out.space != Space::kLocal) keep_grain(d, space, t.bytes() * count);
  d.out.run = access_of(loads, t, bits);
  if (d.out.run == nullptr) d.fail("not of those widths");
}
void load(Decode& d) { access(d, true); }
void store(Decode& d) { access(d, false); }

struct Plus {
  template <typename T>
  static T of(T a, T b) {
    return static_cast<T>(a + b);
  }
};
struct Least {
  template <typename T>
  static T of(T a, T b) {
    return b < a ? b : a;
  }
};
struct Most {
  template <typename T>
  static T of(T a, T b) {
    return a < b ? b : a;
  }
};
template <typename T, typename F>
void update_lanes(Warp& w, const Instruction& i, uint32_t on) {
  each(on, [&](unsigned l) {
    unsigned char* const at = w.machine->reach(w, i, l, address_of(w, i, l), sizeof(T), Use::kAtomic);
    T before;
    std::memcpy(&before, at, sizeof(T));
    const T after = F::of(before, w.at<T>(i.a[1])[l]);
    std::memcpy(at, &after, sizeof(T));
    if (i.count != 0) w.at<T>(i.a[0])[l] = before;
  });
}
template <typename T>
Handler update_of(const std::string& what) {
  return what == "add"   ? update_lanes<T, Plus>
         : what == "min" ? update_lanes<T, Least>
         : what == "max" ? update_lanes<T, Most>
                         : nullptr;
}
void update(Decode& d, bool gives) {
  const Space space = space_of(d);
  const std::string what = d.next();
  const Type t = d.type();
  d.arguments(gives ? 3 : 2);
  if (gives) d.out.a[0] = d.destination(d.argument(0), t);
  d.out.count = gives ? 1 : 0;
  d.address(d.argument(gives ? 1 : 0), space);
  d.out.a[1] = d.source(d.argument(gives ? 2 : 1), t);
  if (t.kind == 'u' && t.bits == 32) d.out.run = update_of<uint32_t>(what);
  if (t.kind == 's' && t.bits == 32) d.out.run = update_of<int32_t>(what);
  if (t.kind == 'u' && t.bits == 64) d.out.run = update_of<uint64_t>(what);
  if (d.out.run == nullptr) d.fail("unknown update");
}
void atomic(Decode& d) { update(d, true); }
void reduction(Decode& d) { update(d, false); }

void add_window(Warp& w, const Instruction& i, uint32_t on) {
  each(on, [&](unsigned l) { w.at<uint64_t>(i.a[0])[l] = w.at<uint64_t>(i.a[1])[l] + i.value; });
}
void leave_window(Warp& w, const Instruction& i, uint32_t on) {
  each(on, [&](unsigned l) {
    const uint64_t address = w.at<uint64_t>(i.a[1])[l];
    if ((address & kWindows) != i.value) w.machine->fault(w, i, l, "an address of another memory");
    w.at<uint64_t>(i.a[0])[l] = address - i.value;
  });
}
void generic_address(Decode& d) {
  const bool leaves = d.take("to");
  const Space space = space_of(d);
  const Type t = d.type();
  d.arguments(2);
  d.out.a[0] = d.destination(d.argument(0), t);
  d.out.a[1] = d.source(d.argument(1), t);
  d.out.value = space == Space::kShared  ? kSharedWindow
                : space == Space::kLocal ? kLocalWindow
                : space == Space::kParam ? kParamWindow
                                         : 0;
  // A pointer to global memory is one that somebody may read; null is none, and is not read.
  d.out.run = leaves && space != Space::kGlobal ? leave_window : add_window;
  if (t.bits != 64 || space == Space::kGeneric) d.fail("not of that type");
}

void fence_lanes(Warp& w, const Instruction&, uint32_t on) { w.machine->hazards().fence(w.number, on); }
// Within a block, barriers order accesses; a fence of no wider scope says nothing to other blocks.
void fence_block_lanes(Warp&, const Instruction&, uint32_t) {}
void barrier_of_memory(Decode& d) {
  d.arguments(0);
  d.out.run = d.take("cta") ? fence_block_lanes : fence_lanes;
  if (d.out.run == fence_lanes && !d.take("gl")) d.need("sys");
}
void fence_proxy_lanes(Warp& w, const Instruction&, uint32_t on) {
  w.machine->hazards().fence_proxy(w.number, on);
}
void fence_init_lanes(Warp& w, const Instruction&, uint32_t on) {
  w.machine->hazards().fence_barriers(w.number, on);
}
void fence(Decode& d) {
  d.arguments(0);
  if (d.take("proxy")) {
    d.need("async");
    d.take("shared::cta");
    d.out.run = fence_proxy_lanes;
  } else if (d.take("mbarrier_init")) {
    d.need("release");
    d.need("cluster");
    d.out.run = fence_init_lanes;
  } else {
    if (!d.take("acq_rel")) d.need("sc");
    d.out.run = d.take("cta") ? fence_block_lanes : fence_lanes;
    if (d.out.run == fence_lanes && !d.take("gpu")) d.need("sys");
  }
}

}  // namespace

const Decoders& memory() {
  static const Decoders table = {{"ld", load},
                                 {"st", store},
                                 {"atom", atomic},
                                 {"red", reduction},
                                 {"cvta", generic_address},
                                 {"membar", barrier_of_memory},
                                 {"fence", fence}};
  return table;
}

}  // namespace ptx
}  // namespace emulator
