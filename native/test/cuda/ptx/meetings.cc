// What the lanes of a warp, or the threads of a block, do together.
#include <cstring>

#include "test/cuda/ptx/decode.h"
#include "test/cuda/ptx/each.h"

namespace emulator {
namespace ptx {
namespace {

// All lanes that take part name the same members.
uint32_t members_of(Warp& w, const Instruction& i, uint32_t on) {
  const uint32_t* const masks = w.at<uint32_t>(i.a[6]);
  const uint32_t members = masks[__builtin_ctz(on)];
  each_lane(on, [&](unsigned lane) {
    if (masks[lane] != members) w.machine->fault(w, i, lane, "threads that name different members");
  });
  return members;
}

bool meet_block(Warp& w, const Instruction&, uint32_t on) {
  w.machine->wait_for_block(w, on);
  return true;
}
// Lanes may come to it in different places.
bool meet_warp(Warp& w, const Instruction& i, uint32_t on) {
  const uint32_t members = members_of(w, i, on);
  if ((on & ~members) != 0) {
    w.machine->fault(w, i, static_cast<unsigned>(__builtin_ctz(on & ~members)), "a thread that is no member");
  }
  const auto& code = w.machine->program().code;
  each_lane(w.parked, [&](unsigned lane) {
    if (code[w.pc[lane]].meet != meet_warp || code[w.pc[lane]].flow != Flow::kMeet) return;
    if (w.at<uint32_t>(code[w.pc[lane]].a[6])[lane] == members) on |= 1u << lane;
  });
  if ((members & w.live & ~on) != 0) return false;
  each_lane(w.parked & on, [&](unsigned lane) { ++w.pc[lane]; });
  w.parked &= ~on;
  w.machine->hazards().sync_warp(w.number, on, w.live);
  return true;
}
void barrier(Decode& d) {
  d.out.flow = Flow::kMeet;
  if (d.take("warp")) {
    d.need("sync");
    d.arguments(1);
    d.out.a[6] = d.source(d.argument(0), {'b', 32});
    d.out.meet = meet_warp;
    return;
  }
  d.need("sync");
  d.arguments(1);
  if (d.argument(0).kind != Argument::kNumber || d.argument(0).bits != 0) d.fail("only of barrier 0");
  d.out.meet = meet_block;
}

// Where a lane reads from; false where that is outside of its segment, and it keeps its own value.
bool shuffle_from(const std::string& how, unsigned lane, uint32_t b, uint32_t c, unsigned& from) {
  const unsigned segment = c >> 8 & 31, most = c & 31;
  const unsigned first = lane & segment, last = first | (most & ~segment);
  bool inside = false;
  if (how == "up") {
    from = lane - b;
    inside = static_cast<int>(lane - b) >= static_cast<int>(last);
  } else if (how == "down") {
    from = lane + b;
    inside = from <= last;
  } else if (how == "bfly") {
    from = lane ^ b;
    inside = from <= last;
  } else {
    from = first | (b & ~segment & 31);
    inside = from <= last;
  }
  if (!inside) from = lane;
  return inside;
}
enum class Way : uint64_t { kUp, kDown, kButterfly, kIndex };
const char* const kWays[] = {"up", "down", "bfly", "idx"};

bool shuffle_lanes(Warp& w, const Instruction& i, uint32_t on) {
  if (!w.machine->together(w, i, on, members_of(w, i, on))) return false;
  uint32_t values[kLanes];
  std::memcpy(values, w.at<uint32_t>(i.a[1]), sizeof(values));
  uint32_t inside = 0;
  each_lane(on, [&](unsigned lane) {
    unsigned from = lane;
    const uint32_t b = w.at<uint32_t>(i.a[2])[lane] & 31, c = w.at<uint32_t>(i.a[3])[lane];
    if (shuffle_from(kWays[i.value], lane, b, c, from)) inside |= 1u << lane;
    if ((on >> from & 1) == 0) w.machine->fault(w, i, lane, "the value of a thread that takes no part");
    w.at<uint32_t>(i.a[0])[lane] = values[from];
  });
  if (i.count == 2) set_mask(*w.at<uint32_t>(i.a[4]), on, inside);
  return true;
}
void shuffle(Decode& d) {
  d.need("sync");
  const std::string way = d.next();
  while (d.out.value < 4 && way != kWays[d.out.value]) ++d.out.value;
  if (d.out.value == 4) d.fail("unknown way ." + way);
  const Type t = d.type();
  d.arguments(5);
  const Argument& result = d.argument(0);
  const bool pair = result.kind == Argument::kPair;
  d.out.a[0] = d.destination(pair ? result.parts[0] : result, t);
  if (pair) {
    d.out.count = 2;
    d.out.a[4] = d.destination(result.parts[1], {'p', 1});
  }
  d.out.a[1] = d.source(d.argument(1), t);
  d.out.a[2] = d.source(d.argument(2), t);
  d.out.a[3] = d.source(d.argument(3), t);
  d.out.a[6] = d.source(d.argument(4), t);
  if (t.bits != 32) d.fail("not of that width");
  d.out.flow = Flow::kMeet;
  d.out.meet = shuffle_lanes;
}

bool vote_lanes(Warp& w, const Instruction& i, uint32_t on) {
  const uint32_t members = members_of(w, i, on);
  if (!w.machine->together(w, i, on, members)) return false;
  const uint32_t p = *w.at<uint32_t>(i.a[1]), votes = (i.value >> 8 != 0 ? ~p : p) & on;
  const unsigned what = i.value & 0xff;
  if (what == 0) {
    each_lane(on, [&](unsigned lane) { w.at<uint32_t>(i.a[0])[lane] = votes; });
  } else {
    set_mask(*w.at<uint32_t>(i.a[0]), on, (what == 1 ? votes != 0 : votes == on) ? kAll : 0);
  }
  return true;
}
void vote(Decode& d) {
  d.need("sync");
  const bool ballot = d.take("ballot"), any = !ballot && d.take("any");
  if (!ballot && !any) d.need("all");
  d.need(ballot ? "b32" : "pred");
  d.arguments(3);
  d.out.a[0] = d.destination(d.argument(0), ballot ? Type{'b', 32} : Type{'p', 1});
  Argument p = d.argument(1);
  d.out.value = (ballot ? 0 : any ? 1 : 2) | (p.negated ? 1 << 8 : 0);
  p.negated = false;
  d.out.a[1] = d.source(p, {'p', 1});
  d.out.a[6] = d.source(d.argument(2), {'b', 32});
  d.out.flow = Flow::kMeet;
  d.out.meet = vote_lanes;
}

// Ends the whole grid: kernels do it where their target lacks what they would need.
void stop_lanes(Warp& w, const Instruction& i, uint32_t on) {
  w.machine->fault(w, i, static_cast<unsigned>(__builtin_ctz(on)), "a trap");
}
void trap(Decode& d) {
  d.arguments(0);
  d.out.run = stop_lanes;
}

}  // namespace

const Decoders& meetings() {
  static const Decoders table = {
      {"bar", barrier}, {"barrier", barrier}, {"shfl", shuffle}, {"vote", vote}, {"trap", trap}};
  return table;
}

}  // namespace ptx
}  // namespace emulator
