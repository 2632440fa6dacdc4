// Compute capability 9.0: barriers in shared memory, copies of whole tiles, products of warp groups.
#include <cuda.h>

#include <algorithm>
#include <cstring>

#include "test/cuda/ptx/each.h"
#include "test/cuda/ptx/elements.h"
#include "test/cuda/ptx/machine.h"

namespace emulator {
namespace ptx {
namespace {

constexpr uint64_t kRow = 128;  // bytes of a row of a tile
// Where a tile's chunks of 16 bytes are turned to.
uint64_t turned(uint64_t address) { return address ^ (address >> 7 & 7) << 4; }

// As it lies in shared memory.
struct Barrier {
  uint16_t arrivals, missing;
  int32_t bytes : 31;
  uint32_t phase : 1;
};
static_assert(sizeof(Barrier) == 8, "the size of the hardware's");

uint64_t shared_operand(Warp& w, const Instruction& i, unsigned lane) {
  return (i.wide ? w.at<uint64_t>(i.a[7])[lane] : w.at<uint32_t>(i.a[7])[lane]) + i.value;
}
Barrier& barrier_at(Warp& w, const Instruction& i, unsigned lane, uint64_t address, Use use) {
  Machine& machine = *w.machine;
  auto* const at = machine.reach_shared(i, address, 8, machine.hazards().thread(w.number, lane), use);
  if (use == Use::kAtomic && !machine.hazards().has_barrier(address)) {
    machine.fault(w, i, lane, "a barrier that nobody has made");
  }
  return *reinterpret_cast<Barrier*>(at);
}
void end_phase(Machine& machine, Barrier& barrier, uint64_t address) {
  if (barrier.missing != 0 || barrier.bytes != 0) return;
  barrier.phase ^= 1;
  barrier.missing = barrier.arrivals;
  machine.hazards().end_phase(address);
}

void init_lanes(Warp& w, const Instruction& i, uint32_t on) {
  each_lane(on, [&](unsigned lane) {
    const uint64_t address = shared_operand(w, i, lane);
    Barrier& barrier = barrier_at(w, i, lane, address, Use::kWrite);
    const uint32_t count = w.at<uint32_t>(i.a[0])[lane];
    if (count == 0 || count >= 1 << 16)
      w.machine->fault(w, i, lane, "a barrier of too many arrivals, or of none");
    barrier.arrivals = barrier.missing = static_cast<uint16_t>(count);
    barrier.bytes = 0;
    barrier.phase = 0;
    w.machine->hazards().barrier_made(address, w.number, lane);
  });
}
void arrive_lanes(Warp& w, const Instruction& i, uint32_t on) {
  each_lane(on, [&](unsigned lane) {
    const uint64_t address = shared_operand(w, i, lane);
    Barrier& barrier = barrier_at(w, i, lane, address, Use::kAtomic);
    if (i.count == 2) barrier.bytes += static_cast<int32_t>(w.at<uint32_t>(i.a[0])[lane]);
    if (barrier.missing-- == 0) w.machine->fault(w, i, lane, "more arrivals than the barrier waits for");
    w.machine->hazards().arrive(address, w.number, lane);
    end_phase(*w.machine, barrier, address);
  });
}
// It may give up at any time; here at once.
void try_lanes(Warp& w, const Instruction& i, uint32_t on) {
  uint32_t over = 0;
  each_lane(on, [&](unsigned lane) {
    const uint64_t address = shared_operand(w, i, lane);
    const Barrier& barrier = barrier_at(w, i, lane, address, Use::kAtomic);
    const uint32_t parity = w.at<uint32_t>(i.a[1])[lane];
    if (parity > 1) w.machine->fault(w, i, lane, "a parity that is none");
    if (barrier.phase == parity) return;
    over |= 1u << lane;
    w.machine->hazards().observe(address, w.number, lane);
  });
  set_mask(*w.at<uint32_t>(i.a[0]), on, over);
  if (over != on) w.yields = true;
}
void shared_barrier(Decode& d) {
  d.out.writes = 0;
  if (d.take("init")) {
    d.need("shared::cta");
    d.need("b64");
    d.arguments(2);
    d.address(d.argument(0), Space::kShared);
    d.out.a[0] = d.source(d.argument(1), {'u', 32});
    d.out.run = init_lanes;
  } else if (d.take("arrive")) {
    d.out.count = d.take("expect_tx") ? 2 : 1;
    d.need("shared::cta");
    d.need("b64");
    d.arguments(d.out.count + 1u);
    if (d.argument(0).name != "_") d.fail("a state that is kept");
    d.address(d.argument(1), Space::kShared);
    if (d.out.count == 2) d.out.a[0] = d.source(d.argument(2), {'u', 32});
    d.out.run = arrive_lanes;
  } else {
    d.need("try_wait");
    d.need("parity");
    d.need("shared::cta");
    d.need("b64");
    d.arguments(3);
    d.out.a[0] = d.destination(d.argument(0), {'p', 1});
    d.address(d.argument(1), Space::kShared);
    d.out.a[1] = d.source(d.argument(2), {'u', 32});
    d.out.run = try_lanes;
  }
}

// a[7]: the tile; many: the map, its byte and row, the barrier; a[0]: what is added to the map's address.
void copy_tile(Warp& w, const Instruction& i, unsigned lane) {
  Machine& machine = *w.machine;
  Hazards& hazards = machine.hazards();
  const uint64_t map_address = w.at<uint64_t>(i.many[0])[lane];
  if ((map_address & kWindows) != kParamWindow || map_address % 64 != 0) {
    machine.fault(w, i, lane, "a map that is no parameter of the kernel at a multiple of 64 bytes");
  }
  CUtensorMap map;
  std::memcpy(&map, machine.parameters(i, map_address - kParamWindow, sizeof(map)), sizeof(map));
  const int32_t byte = w.at<int32_t>(i.many[1])[lane], row = w.at<int32_t>(i.many[2])[lane];
  const uint64_t barrier_address = w.at<uint32_t>(i.many[3])[lane], first = shared_operand(w, i, lane);
  Barrier& barrier = barrier_at(w, i, lane, barrier_address, Use::kAtomic);
  if (!hazards.barrier_is_known(barrier_address))
    machine.fault(w, i, lane, "no fence makes the barrier known");
  if (first % 1024 != 0) machine.fault(w, i, lane, "a tile at no multiple of 1024 bytes");
  const uint32_t stamp = hazards.next_stamp();
  const Agent agent =
      hazards.begun(AgentKind::kBulk, hazards.barrier_number(barrier_address), w.number, lane, stamp);
  const uint64_t bytes = map.box_rows * kRow;
  if (map.box_bytes != kRow) machine.fault(w, i, lane, "a tile whose rows have no 128 bytes");
  unsigned char* const to = machine.reach_shared(i, first, static_cast<unsigned>(bytes), agent, Use::kWrite);
  const auto inside = [=](int64_t r, int64_t b) {
    return r >= 0 && b >= 0 && r < static_cast<int64_t>(map.rows) && b < static_cast<int64_t>(map.bytes);
  };
  // What it reads must be there when it is begun.
  for (int64_t r = row; r < row + static_cast<int64_t>(map.box_rows); ++r) {
    for (int64_t b = byte; b < byte + static_cast<int64_t>(kRow); b += 16) {
      if (!inside(r, b)) continue;
      const uint64_t at = reinterpret_cast<uint64_t>(map.data) + static_cast<uint64_t>(r) * map.stride +
                          static_cast<uint64_t>(b);
      machine.reach_global(i, at, 16, hazards.thread(w.number, lane), Use::kRead);
    }
  }
  machine.later([=, &machine, &barrier] {
    for (uint64_t r = 0; r < map.box_rows; ++r) {
      for (uint64_t b = 0; b < kRow; ++b) {
        const int64_t y = row + static_cast<int64_t>(r), x = byte + static_cast<int64_t>(b);
        to[turned(first + r * kRow + b) - first] =
            inside(y, x) ? map.data[y * static_cast<int64_t>(map.stride) + x] : static_cast<unsigned char>(0);
      }
    }
    barrier.bytes -= static_cast<int32_t>(bytes);
    machine.hazards().bulk_done(barrier_address, stamp);
    end_phase(machine, barrier, barrier_address);
  });
}
void tile_lanes(Warp& w, const Instruction& i, uint32_t on) {
  each_lane(on, [&](unsigned lane) { copy_tile(w, i, lane); });
}

// An operand in shared memory: rows of 128 bytes, groups of eight of them at a distance, chunks turned.
struct Operand {
  uint64_t first, groups;
};
Operand operand_of(Warp& w, const Instruction& i, uint64_t bits) {
  const auto wrong = [&](const char* what) { w.machine->fault(w, i, 0, what); };
  if (bits >> 62 != 1) wrong("an operand whose chunks are not turned within 128 bytes");
  if ((bits >> 49 & 7) != 0) wrong("an operand with a distance of its turns");
  if ((bits & ~(uint64_t{1} << 62 | uint64_t{0x3fff} << 32 | uint64_t{0x3fff} << 16 | 0x3fff)) != 0) {
    wrong("an operand with bits that mean nothing");
  }
  const Operand operand{(bits & 0x3fff) << 4, (bits >> 32 & 0x3fff) << 4};
  if ((operand.first >> 7 & 7) != 0 || operand.groups % 1024 != 0)
    wrong("an operand at no multiple of 1024 bytes");
  return operand;
}

struct Product {
  Element element;
  unsigned columns;
  bool adds;
  double sign;
};

// The 16 rows of this warp; what they read is checked when the product is begun.
void check_rows(Warp& w, const Instruction& i, const Operand& o, unsigned from, unsigned rows,
                const Agent& agent) {
  for (unsigned row = from; row < from + rows; ++row) {
    for (uint64_t chunk = 0; chunk < 32; chunk += 16) {
      w.machine->reach_shared(i, turned(o.first + row / 8 * o.groups + row % 8 * kRow + chunk), 16, agent,
                              Use::kRead);
    }
  }
}
void numbers_of_row(Element element, const unsigned char* shared, const Operand& o, unsigned row, bool is_b,
                    double* to) {
  for (uint64_t byte = 0; byte < 32; byte += 4) {
    uint32_t word;
    std::memcpy(&word, shared + turned(o.first + row / 8 * o.groups + row % 8 * kRow + byte), 4);
    numbers_of(element, word, is_b, to + byte / 4 * count_of(element));
  }
}
void add_product(Warp& w, const Instruction& i, const Product& p, const Operand& a, const Operand& b) {
  const unsigned char* const shared = w.machine->shared();
  const unsigned first_row = w.number % 4 * 16, k = 8 * count_of(p.element);
  double x[16][32], y[8][32];
  for (unsigned row = 0; row < 16; ++row)
    numbers_of_row(p.element, shared, a, first_row + row, false, x[row]);
  for (unsigned eight = 0; eight < p.columns / 8; ++eight) {
    for (unsigned column = 0; column < 8; ++column)
      numbers_of_row(p.element, shared, b, eight * 8 + column, true, y[column]);
    for (unsigned s = 0; s < 4; ++s) {
      uint32_t* const sums = w.at<uint32_t>(i.many[eight * 4 + s]);
      for (unsigned lane = 0; lane < kLanes; ++lane) {
        const double *const u = x[s / 2 * 8 + lane / 4], *const v = y[lane % 4 * 2 + s % 2];
        double product = 0;
        for (unsigned n = 0; n < k; ++n) product += u[n] * v[n];
        sums[lane] = plus(p.element, p.adds ? sums[lane] : 0, p.sign * product);
      }
    }
  }
}

bool multiply_group(Warp& w, const Instruction& i, uint32_t on) {
  Machine& machine = *w.machine;
  if (!machine.together(w, i, on, kAll)) return false;
  if (on != kAll) machine.fault(w, i, 0, "a product of a warp that lacks threads");
  w.note_of_group(i);
  const uint64_t bits[] = {w.at<uint64_t>(i.a[0])[0], w.at<uint64_t>(i.a[1])[0]};
  const uint32_t scale = *w.at<uint32_t>(i.a[2]);
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    if (w.at<uint64_t>(i.a[0])[lane] != bits[0] || w.at<uint64_t>(i.a[1])[lane] != bits[1]) {
      machine.fault(w, i, lane, "threads that name different operands");
    }
  }
  if (scale != 0 && scale != kAll) machine.fault(w, i, 0, "threads that do not agree whether to add");
  for (const uint32_t at : i.many) {
    if (w.written[at / kLanes] > w.fenced)
      machine.fault(w, i, 0, "no fence between a write of a sum and its product");
  }
  const Product p{static_cast<Element>(i.value & 0xff), i.count * 8u, scale != 0,
                  (i.value & 1 << 8) != 0 ? -1.0 : 1.0};
  const Operand a = operand_of(w, i, bits[0]), b = operand_of(w, i, bits[1]);
  const uint32_t stamp = machine.hazards().next_stamp();
  const Agent agent = machine.hazards().begun(AgentKind::kProduct, w.number, w.number, 0, stamp);
  check_rows(w, i, a, w.number % 4 * 16, 16, agent);
  check_rows(w, i, b, 0, p.columns, agent);
  w.in_flight.push_back({stamp, &i});
  w.products.add([&w, &i, p, a, b] { add_product(w, i, p, a, b); });
  return true;
}
bool fence_group(Warp& w, const Instruction& i, uint32_t on) {
  if (!w.machine->together(w, i, on, kAll)) return false;
  w.fenced = w.machine->hazards().next_stamp();
  return true;
}
bool commit_group(Warp& w, const Instruction& i, uint32_t on) {
  if (!w.machine->together(w, i, on, kAll)) return false;
  w.products.commit(w.machine->hazards().next_stamp());
  return true;
}
bool wait_group(Warp& w, const Instruction& i, uint32_t on) {
  if (!w.machine->together(w, i, on, kAll)) return false;
  const uint32_t done = w.products.wait(i.value);
  w.machine->hazards().products_done(w.number, done);
  while (!w.in_flight.empty() && w.in_flight.front().first < done) w.in_flight.erase(w.in_flight.begin());
  return true;
}
void product_of_group(Decode& d) {
  d.out.flow = Flow::kMeet;
  d.out.writes = 0;
  d.program().has_products = true;
  const bool fence = d.take("fence"), commit = !fence && d.take("commit_group");
  if (fence || commit || d.take("wait_group")) {
    d.need("sync");
    d.need("aligned");
    d.arguments(fence || commit ? 0 : 1);
    d.out.meet = fence ? fence_group : commit ? commit_group : wait_group;
    if (!fence && !commit) d.out.value = d.argument(0).bits;
    return;
  }
  d.need("mma_async");
  d.need("sync");
  d.need("aligned");
  const std::string shape = d.next(), result = d.next();
  const Element element = take_elements(d);
  const bool codes = element == Element::kCodes,
             turns = element == Element::kHalf || element == Element::kBrain;
  const unsigned columns =
      shape.compare(0, 4, "m64n") == 0 ? static_cast<unsigned>(std::atoi(shape.c_str() + 4)) : 0;
  const unsigned k = 8 * count_of(element);
  if (columns == 0 || columns % 8 != 0 || columns > 256) d.fail("unknown shape");
  if (shape != "m64n" + std::to_string(columns) + "k" + std::to_string(k)) d.fail("unknown shape");
  if (result != (codes ? "s32" : "f32")) d.fail("unknown sums");
  // Sums, both operands, whether to add; then signs of both, then whether they are transposed.
  d.arguments(codes ? 4 : turns ? 8 : 6);
  const auto& sums = d.argument(0).parts;
  if (sums.size() != columns / 2) d.fail("another number of sums");
  for (const Argument& sum : sums) d.out.many.push_back(d.destination(sum, {result[0], 32}));
  d.out.a[0] = d.source(d.argument(1), {'b', 64});
  d.out.a[1] = d.source(d.argument(2), {'b', 64});
  d.out.a[2] = d.source(d.argument(3), {'p', 1});
  bool negative = false;
  for (size_t n = 4; n < d.statement.arguments.size(); ++n) {
    const int64_t given = static_cast<int64_t>(d.argument(n).bits);
    if (d.argument(n).kind != Argument::kNumber || (n < 6 ? given != 1 && given != -1 : given != 0)) {
      d.fail("an operand that is neither as it is nor negated");
    }
    negative ^= given == -1;
  }
  d.out.value = static_cast<uint64_t>(element) | (negative ? 1 << 8 : 0);
  d.out.count = static_cast<uint8_t>(columns / 8);
  d.out.meet = multiply_group;
}

bool change_registers(Warp& w, const Instruction& i, uint32_t on) {
  if (!w.machine->together(w, i, on, kAll)) return false;
  w.note_of_group(i);
  const unsigned count = static_cast<unsigned>(i.value);
  const unsigned before = w.registers != 0 ? w.registers : w.machine->first_registers();
  if (i.count == 2 ? count < before : count > before)
    w.machine->fault(w, i, 0, "registers that go the other way");
  w.registers = count;
  return true;
}
void set_registers(Decode& d) {
  const bool more = d.take("inc");
  if (!more) d.need("dec");
  for (const char* const modifier : {"sync", "aligned", "u32"}) d.need(modifier);
  d.arguments(1);
  d.out.value = d.argument(0).bits;
  if (d.out.value % 8 != 0 || d.out.value < 24 || d.out.value > 256) d.fail("no number of registers");
  d.out.count = more ? 2 : 1;
  d.out.writes = 0;
  d.out.flow = Flow::kMeet;
  d.out.meet = change_registers;
}

}  // namespace

void bulk_copy(Decode& d) {
  for (const char* const modifier :
       {"tensor", "2d", "shared::cluster", "global", "mbarrier::complete_tx::bytes"}) {
    d.need(modifier);
  }
  d.arguments(3);
  const Argument& map = d.argument(1);
  if (map.parts.size() != 1 || map.parts[0].parts.size() != 2) d.fail("not two coordinates");
  Argument base;
  base.name = map.name;
  if (map.bits != 0) d.fail("a map behind an address");
  d.out.many.push_back(d.source(base, {'u', 64}));
  for (const Argument& part : map.parts[0].parts) d.out.many.push_back(d.source(part, {'s', 32}));
  Argument barrier;
  barrier.name = d.argument(2).name;
  if (d.argument(2).bits != 0) d.fail("a barrier behind an address");
  d.out.many.push_back(d.source(barrier, {'u', 32}));
  d.address(d.argument(0), Space::kShared);
  d.out.run = tile_lanes;
}

const Decoders& hopper() {
  static const Decoders table = {
      {"mbarrier", shared_barrier}, {"wgmma", product_of_group}, {"setmaxnreg", set_registers}};
  return table;
}

}  // namespace ptx
}  // namespace emulator
