// Asynchronous copies of threads, and the products of a warp on tensor cores, with the fragments of the PTX
// manual: lane l has, of each 16 bytes of k, the word l % 4 of row l / 4.
#include <cstring>

#include "test/cuda/ptx/each.h"
#include "test/cuda/ptx/elements.h"

namespace emulator {
namespace ptx {
namespace {

void copy_lanes(Warp& w, const Instruction& i, uint32_t on) {
  Machine& machine = *w.machine;
  const unsigned bytes = static_cast<unsigned>(i.count);
  const uint32_t stamp = machine.hazards().next_stamp();
  each_lane(on, [&](unsigned lane) {
    const Agent agent = machine.hazards().begun(AgentKind::kCopy, w.number, w.number, lane, stamp);
    const uint64_t from_address = w.at<uint64_t>(i.a[1])[lane] + i.many[0];
    const uint32_t inside = w.at<uint32_t>(i.a[2])[lane];
    const uint64_t to_address = i.wide ? w.at<uint64_t>(i.a[7])[lane] : w.at<uint32_t>(i.a[7])[lane];
    unsigned char* const to = machine.reach_shared(i, to_address + i.value, bytes, agent, Use::kWrite);
    if (inside > bytes) machine.fault(w, i, lane, "a copy of more bytes than it has");
    const unsigned char* from = nullptr;
    if (inside > 0) {
      const Agent reader = machine.hazards().thread(w.number, lane);
      from = machine.reach_global(i, from_address, bytes, reader, Use::kRead);
    }
    w.copies[lane].add([=] {
      std::memset(to, 0, bytes);
      if (inside > 0) std::memcpy(to, from, inside);
    });
  });
}
void commit_lanes(Warp& w, const Instruction&, uint32_t on) {
  const uint32_t stamp = w.machine->hazards().next_stamp();
  each_lane(on, [&](unsigned lane) { w.copies[lane].commit(stamp); });
}
void wait_lanes(Warp& w, const Instruction& i, uint32_t on) {
  each_lane(on, [&](unsigned lane) {
    w.machine->hazards().copies_done(w.number, lane, w.copies[lane].wait(i.value));
  });
}
uint64_t count_operand(Decode& d) {
  d.arguments(1);
  if (d.argument(0).kind != Argument::kNumber) d.fail("not a number");
  return d.argument(0).bits;
}
void copy_async(Decode& d) {
  d.need("async");
  d.out.writes = 0;
  if (d.take("bulk")) return bulk_copy(d);
  if (d.take("commit_group")) {
    d.arguments(0);
    d.out.run = commit_lanes;
    return;
  }
  if (d.take("wait_group")) {
    d.out.value = count_operand(d);
    d.out.run = wait_lanes;
    return;
  }
  const bool around = d.take("cg");  // the cache of the multiprocessor
  if (!around) d.need("ca");
  d.need("shared");
  d.need("global");
  d.arguments(4);
  const uint64_t bytes = d.argument(2).bits;
  if (d.argument(2).kind != Argument::kNumber || (bytes != 16 && (around || (bytes != 4 && bytes != 8)))) {
    d.fail("not of that size");
  }
  d.address(d.argument(1), Space::kGlobal);
  if (!d.out.wide) d.fail("not an address of global memory");
  d.out.a[1] = d.out.a[7];
  d.out.many.push_back(static_cast<uint32_t>(d.out.value));
  if (d.out.value != d.out.many[0]) d.fail("a distance that is too large");
  d.address(d.argument(0), Space::kShared);
  d.out.a[2] = d.source(d.argument(3), {'u', 32});
  d.out.count = static_cast<uint8_t>(bytes);
  d.out.run = copy_lanes;
}

void dot_lanes(Warp& w, const Instruction& i, uint32_t on) {
  each_lane(on, [&](unsigned lane) {
    double a[4], b[4];
    numbers_of(Element::kCodes, w.at<uint32_t>(i.a[1])[lane], false, a);
    numbers_of(Element::kCodes, w.at<uint32_t>(i.a[2])[lane], true, b);
    const double product = a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3];
    w.at<uint32_t>(i.a[0])[lane] = plus(Element::kCodes, w.at<uint32_t>(i.a[3])[lane], product);
  });
}
void dot(Decode& d) {
  d.need("u32");
  d.need("s32");
  d.arguments(4);
  d.out.a[0] = d.destination(d.argument(0), {'b', 32});
  for (size_t n = 1; n < 4; ++n) d.out.a[n] = d.source(d.argument(n), {'b', 32});
  d.out.run = dot_lanes;
}

// Lane l names row l % 8 of matrix l / 8.
bool load_matrices(Warp& w, const Instruction& i, uint32_t on) {
  Machine& machine = *w.machine;
  if (!machine.together(w, i, on, kAll)) return false;
  if (on != kAll) machine.fault(w, i, 0, "matrices of a warp that lacks threads");
  const unsigned char* rows[kLanes] = {};
  for (unsigned lane = 0; lane < 8u * i.count; ++lane) {
    const uint64_t address = i.wide ? w.at<uint64_t>(i.a[7])[lane] : w.at<uint32_t>(i.a[7])[lane];
    // Each of the four lanes of a row reads a word of it.
    rows[lane] =
        machine.reach_shared(i, address + i.value, 16, machine.hazards().thread(w.number, lane), Use::kRead);
  }
  for (unsigned n = 0; n < i.count; ++n) {
    each_lane(on, [&](unsigned lane) {
      std::memcpy(&w.at<uint32_t>(i.a[n])[lane], rows[8 * n + lane / 4] + lane % 4 * 4, 4);
    });
  }
  return true;
}
void load_matrix(Decode& d) {
  for (const char* const modifier : {"sync", "aligned", "m8n8"}) d.need(modifier);
  d.out.count = d.take("x4") ? 4 : d.take("x2") ? 2 : 1;
  if (d.out.count == 1) d.need("x1");
  d.out.writes = d.out.count;
  d.need("shared");
  d.need("b16");
  d.arguments(2);
  const auto& parts = d.argument(0).parts;
  if (parts.size() != d.out.count) d.fail("another number of registers");
  for (size_t n = 0; n < parts.size(); ++n) d.out.a[n] = d.destination(parts[n], {'b', 32});
  d.address(d.argument(1), Space::kShared);
  d.out.flow = Flow::kMeet;
  d.out.meet = load_matrices;
}

// value: the elements; count: words of A that a lane has. many: the words of D, A, B and C.
bool multiply(Warp& w, const Instruction& i, uint32_t on) {
  if (!w.machine->together(w, i, on, kAll)) return false;
  if (on != kAll) w.machine->fault(w, i, 0, "a product of a warp that lacks threads");
  const Element element = static_cast<Element>(i.value);
  const unsigned per_word = count_of(element), words = i.count, sums = words == 1 ? 2 : 4;
  const unsigned rows = sums / 2 * 8, parts = words / (rows / 8), k = parts * 4 * per_word;
  double a[16][32], b[8][32];
  const uint32_t* const at = i.many.data();
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    const unsigned row = lane / 4, first = lane % 4 * per_word;
    for (unsigned part = 0; part < parts; ++part) {
      const unsigned column = part * 4 * per_word + first;
      for (unsigned half = 0; half < rows / 8; ++half) {
        const uint32_t word = w.at<uint32_t>(at[sums + part * (rows / 8) + half])[lane];
        numbers_of(element, word, false, &a[half * 8 + row][column]);
      }
      numbers_of(element, w.at<uint32_t>(at[sums + words + part])[lane], true, &b[row][column]);
    }
  }
  uint32_t results[4][kLanes];
  for (unsigned s = 0; s < sums; ++s) {
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      const double *const x = a[s / 2 * 8 + lane / 4], *const y = b[lane % 4 * 2 + s % 2];
      double product = 0;
      for (unsigned n = 0; n < k; ++n) product += x[n] * y[n];
      results[s][lane] = plus(element, w.at<uint32_t>(at[sums + words + parts + s])[lane], product);
    }
  }
  for (unsigned s = 0; s < sums; ++s) std::memcpy(w.at<uint32_t>(at[s]), results[s], sizeof(results[s]));
  return true;
}
void product(Decode& d) {
  d.need("sync");
  d.need("aligned");
  const std::string shape = d.next();
  d.need("row");
  d.need("col");
  const std::string result = d.next();
  const Element element = take_elements(d);
  d.need(result.c_str());
  struct Kind {
    const char *shape, *result;
    Element element;
    size_t words;
  };
  static const Kind kKinds[] = {
      {"m16n8k16", "f32", Element::kHalf, 4},  {"m16n8k16", "f32", Element::kBrain, 4},
      {"m16n8k8", "f32", Element::kTensor, 4}, {"m16n8k32", "s32", Element::kCodes, 4},
      {"m16n8k8", "f32", Element::kHalf, 2},   {"m8n8k16", "s32", Element::kCodes, 1},
  };
  size_t words = 0;
  for (const Kind& kind : kKinds) {
    if (shape == kind.shape && result == kind.result && element == kind.element) words = kind.words;
  }
  if (words == 0) d.fail("unknown shape ." + shape);
  d.arguments(4);
  const size_t sums = words == 1 ? 2 : 4, counts[] = {sums, words, words == 4 ? size_t{2} : size_t{1}, sums};
  for (size_t n = 0; n < 4; ++n) {
    const auto& parts = d.argument(n).parts;
    if (parts.size() != counts[n]) d.fail("another number of registers");
    const bool is_sum = n == 0 || n == 3;
    const Type type{is_sum ? result[0] : 'b', 32};
    for (const Argument& part : parts) {
      d.out.many.push_back(n == 0 ? d.destination(part, type) : d.source(part, type));
    }
  }
  d.out.value = static_cast<uint64_t>(element);
  d.out.count = static_cast<uint8_t>(words);
  d.out.writes = 0;
  d.out.flow = Flow::kMeet;
  d.out.meet = multiply;
}

}  // namespace

const Decoders& tensors() {
  static const Decoders table = {
      {"cp", copy_async}, {"dp4a", dot}, {"ldmatrix", load_matrix}, {"mma", product}};
  return table;
}

}  // namespace ptx
}  // namespace emulator
