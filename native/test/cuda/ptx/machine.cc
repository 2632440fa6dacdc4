#include "test/cuda/ptx/machine.h"

#include <algorithm>
#include <cstring>

namespace emulator {
namespace ptx {
namespace {

constexpr unsigned char kUnwritten = 0xff;  // NaN, and an index far away
constexpr unsigned kMostSteps = 4096;       // of a warp in its turn
constexpr int kMostIdleRounds = 1 << 12;
constexpr unsigned kRegisters = 1 << 16;  // of a multiprocessor

}  // namespace

Machine::Machine(const Program& program, const Launch& launch, std::vector<Region> regions)
    : program_(program),
      launch_(launch),
      regions_(std::move(regions)),
      shared_(program.dynamic_at + launch.dynamic_bytes),
      shared_shadow_(shared_.size()),
      warps_((launch.threads + kLanes - 1) / kLanes),
      hazards_(static_cast<unsigned>(warps_.size())) {
  if (launch.threads > program.most_threads)
    throw Fault(program.name + ": more threads than it was made for");
  if (launch.parameters.size() != program.parameters_bytes) throw Fault(program.name + ": other parameters");
  shared_shadow_.refine(program.shared_grain);
  for (size_t w = 0; w < warps_.size(); ++w) {
    warps_[w].machine = this;
    warps_[w].number = static_cast<unsigned>(w);
    prepare(warps_[w]);
  }
}

void Machine::prepare(Warp& warp) {
  warp.memory.assign(program_.file_bytes + 64, kUnwritten);
  warp.file = warp.memory.data() + (64 - reinterpret_cast<uintptr_t>(warp.memory.data()) % 64);
  warp.local.resize(program_.local_bytes * kLanes);
  warp.copies.resize(kLanes);
  for (const auto& constant : program_.constants) {
    const unsigned bytes = constant.first.second;
    if (bytes == 0) *warp.at<uint32_t>(constant.second) = static_cast<uint32_t>(constant.first.first);
    for (unsigned lane = 0; lane < kLanes && bytes > 0; ++lane) {
      std::memcpy(warp.file + constant.second + lane * bytes, &constant.first.first, bytes);
    }
  }
}

void Machine::begin_block(dim3 block) {
  block_ = block;
  hazards_.begin_block();
  std::fill(shared_.begin(), shared_.end(), kUnwritten);
  for (Warp& warp : warps_) {
    std::fill(warp.file + program_.constant_bytes, warp.file + program_.file_bytes, kUnwritten);
    std::fill(warp.local.begin(), warp.local.end(), kUnwritten);
    std::fill(std::begin(warp.pc), std::end(warp.pc), program_.first);
    const unsigned left = launch_.threads - warp.number * kLanes;
    warp.live = left >= kLanes ? kAll : (1u << left) - 1;
    warp.parked = warp.at_barrier = 0;
    warp.registers = 0;
    warp.sequence = 0;
    // The first product comes after a fence, too.
    if (program_.has_products) warp.written.assign(program_.file_bytes / kLanes, hazards_.next_stamp());
    const auto fill = [&](const char* name, unsigned value) {
      std::fill_n(warp.at<uint32_t>(program_.specials.at(name)), kLanes, value);
    };
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      warp.at<uint32_t>(program_.specials.at("%tid.x"))[lane] = warp.thread(lane);
      warp.at<uint32_t>(program_.specials.at("%laneid"))[lane] = lane;
    }
    fill("%tid.y", 0), fill("%tid.z", 0), fill("%warpid", warp.number);
    fill("%ntid.x", launch_.threads), fill("%ntid.y", 1), fill("%ntid.z", 1);
    fill("%ctaid.x", block.x), fill("%ctaid.y", block.y), fill("%ctaid.z", block.z);
    fill("%nctaid.x", launch_.grid.x), fill("%nctaid.y", launch_.grid.y), fill("%nctaid.z", launch_.grid.z);
  }
}

void Machine::run() {
  hazards_.begin_launch();
  for (unsigned z = 0; z < launch_.grid.z; ++z) {
    for (unsigned y = 0; y < launch_.grid.y; ++y) {
      for (unsigned x = 0; x < launch_.grid.x; ++x) {
        begin_block(dim3(x, y, z));
        run_block();
      }
    }
  }
}

void Machine::run_block() {
  std::vector<size_t> order(warps_.size());
  for (size_t w = 0; w < order.size(); ++w) order[w] = w;
  for (int idle = 0;;) {
    std::shuffle(order.begin(), order.end(), random_);
    bool moved = false, yielded = false, left = false;
    for (const size_t w : order) {
      Warp& warp = warps_[w];
      left |= warp.live != 0;
      if ((warp.live & ~(warp.parked | warp.at_barrier)) == 0) continue;
      warp.yields = true;
      // Some sleep through a round, others run far ahead.
      if (random() % 4 != 0) run(warp, 1 + random() % kMostSteps);
      (warp.yields ? yielded : moved) = true;
    }
    if (!left) break;
    if (!later_.empty()) moved = true;
    advance();
    release_barrier();
    if (!moved && !yielded) {
      bool ready = false;
      for (const Warp& warp : warps_) ready |= (warp.live & ~(warp.parked | warp.at_barrier)) != 0;
      if (!ready) deadlock();
    }
    idle = moved ? 0 : idle + 1;
    if (idle > kMostIdleRounds) deadlock();
  }
  end_block();
}

// What was begun goes on beside the threads.
void Machine::advance() {
  for (Warp& warp : warps_) {
    for (Pending& copies : warp.copies) {
      if (!copies.empty()) copies.advance(random() % 4);
    }
    if (!warp.products.empty()) warp.products.advance(random() % 4);
  }
  std::shuffle(later_.begin(), later_.end(), random_);
  for (size_t left = random() % 2 == 0 ? 0 : later_.size() / 2; later_.size() > left;) {
    const std::function<void()> work = std::move(later_.back());
    later_.pop_back();
    work();
  }
}

void Machine::release_barrier() {
  bool any = false;
  for (const Warp& warp : warps_) {
    if (warp.at_barrier != warp.live) return;
    any |= warp.live != 0;
  }
  if (!any) return;
  std::vector<uint32_t> live;
  for (Warp& warp : warps_) {
    live.push_back(warp.live);
    if (warp.live == 0) continue;
    const unsigned first = static_cast<unsigned>(__builtin_ctz(warp.live));
    for (unsigned lane = first; lane < kLanes; ++lane) {
      if ((warp.live >> lane & 1) != 0 && warp.pc[lane] != warp.pc[first]) {
        fault(warp, program_.code[warp.pc[lane] - 1], lane,
              "other threads of the warp are at another barrier");
      }
    }
    warp.at_barrier = 0;
  }
  hazards_.sync_block(live);
}

void Machine::end_block() {
  const Instruction& last = program_.code.back();
  if (!later_.empty()) fault(last, "a bulk copy that nobody waits for");
  unsigned registers = 0;
  for (Warp& warp : warps_) {
    for (Pending& copies : warp.copies) {
      if (copies.left()) fault(last, "copies that nobody waits for");
      copies.clear();
    }
    if (warp.products.left()) fault(last, "products that nobody waits for");
    warp.products.clear();
    warp.in_flight.clear();
    registers += kLanes * (warp.registers != 0 ? warp.registers : first_registers());
  }
  for (size_t w = 0; w < warps_.size(); ++w) {
    const size_t first = w / 4 * 4;
    const bool whole = first + 4 <= warps_.size();
    if (warps_[w].sequence != (whole ? warps_[first].sequence : 0)) {
      fault(last, "instructions of a warp group that its four warps have not all done, or not in one order");
    }
  }
  if (registers > kRegisters) fault(last, "threads that take more registers than there are");
}

// As many as all threads may have, and what the instruction set has names for.
unsigned Machine::first_registers() const {
  return std::min(kRegisters / program_.most_threads / 8 * 8, 255u);
}

// Sums of products are left alone until the products are waited for.
void Machine::check_registers(Warp& w, const Instruction& i) {
  const auto is_sum = [&](uint32_t at) {
    for (const auto& product : w.in_flight) {
      if (std::find(product.second->many.begin(), product.second->many.end(), at) !=
          product.second->many.end()) {
        return true;
      }
    }
    return false;
  };
  if (!w.in_flight.empty()) {
    for (const uint32_t at : i.a) {
      if (is_sum(at)) fault(w, i, 0, "a sum of a product that nobody has waited for");
    }
  }
  for (unsigned n = 0; n < i.writes; ++n) w.written[i.a[n] / kLanes] = hazards_.next_stamp();
}

void Machine::run(Warp& w, unsigned steps) {
  w.yields = false;
  const Instruction* const code = program_.code.data();
  while (steps > 0 && !w.yields) {
    const uint32_t ready = w.live & ~(w.parked | w.at_barrier);
    if (ready == 0) return;
    // The lanes that are furthest back, so that they meet again; now and then others.
    uint32_t pc = ~0u;
    if (random() % 16 == 0) {
      unsigned lane = random() % kLanes;
      while ((ready >> lane & 1) == 0) lane = (lane + 1) % kLanes;
      pc = w.pc[lane];
    } else {
      each_lane(ready, [&](unsigned lane) { pc = std::min(pc, w.pc[lane]); });
    }
    uint32_t mask = 0, stop = ~0u;
    each_lane(ready, [&](unsigned lane) {
      if (w.pc[lane] == pc) mask |= 1u << lane;
      if (w.pc[lane] > pc) stop = std::min(stop, w.pc[lane]);
    });
    const bool alone = mask == ready;
    uint32_t set = mask;  // lanes whose place is pc when they stop
    bool again = false;
    for (; steps > 0 && !again && pc != stop; --steps) {
      const Instruction& i = code[pc];
      uint32_t on = mask;
      if (i.guard >= 0) {
        const uint32_t p = *w.at<uint32_t>(static_cast<uint32_t>(i.guard));
        on &= i.guard_negated ? ~p : p;
      }
      if (on == 0) {
        ++pc;
        continue;
      }
      if (program_.has_products) check_registers(w, i);
      if (i.flow == Flow::kNext) {
        i.run(w, i, on);
        ++pc;
        continue;
      }
      const uint32_t off = mask & ~on;
      const auto place = [&](uint32_t lanes, uint32_t at) {
        each_lane(lanes, [&](unsigned lane) { w.pc[lane] = at; });
      };
      if (i.flow == Flow::kBranch && off == 0) {
        again = !alone && i.target <= pc;
        pc = i.target;
        continue;
      }
      place(off, pc + 1);
      again = true;
      set = 0;
      if (i.flow == Flow::kBranch) {
        place(on, i.target);
      } else if (i.flow == Flow::kCall) {
        each_lane(on, [&](unsigned lane) { w.at<uint32_t>(i.a[0])[lane] = pc + 1; });
        place(on, i.target);
      } else if (i.flow == Flow::kReturn) {
        each_lane(on, [&](unsigned lane) { w.pc[lane] = w.at<uint32_t>(i.a[0])[lane]; });
      } else if (i.flow == Flow::kExit) {
        w.live &= ~on;
      } else {
        place(on, pc + 1);
        if (!i.meet(w, i, on)) {
          place(on, pc);
          w.parked |= on;
        }
      }
    }
    each_lane(set, [&](unsigned lane) { w.pc[lane] = pc; });
  }
}

bool Machine::together(Warp& w, const Instruction& i, uint32_t& on, uint32_t members) {
  // Those that wait for this instruction come along.
  each_lane(w.parked, [&](unsigned lane) {
    if (&program_.code[w.pc[lane]] == &i) on |= 1u << lane;
  });
  if ((on & ~members) != 0)
    fault(w, i, static_cast<unsigned>(__builtin_ctz(on & ~members)), "a thread that is no member");
  if ((members & w.live & ~on) != 0) return false;
  each_lane(w.parked & on, [&](unsigned lane) { ++w.pc[lane]; });
  w.parked &= ~on;
  hazards_.sync_warp(w.number, on, w.live);
  return true;
}

void Machine::wait_for_block(Warp& w, uint32_t on) { w.at_barrier |= on; }

const Region* Machine::region_of(uint64_t address, unsigned bytes) {
  const auto holds = [&](const Region* r) {
    const uint64_t begin = reinterpret_cast<uint64_t>(r->begin), end = reinterpret_cast<uint64_t>(r->end);
    return address >= begin && address < end && end - address >= bytes;
  };
  if (last_region_ != nullptr && holds(last_region_)) return last_region_;
  const auto after =
      std::upper_bound(regions_.begin(), regions_.end(), address,
                       [](uint64_t a, const Region& r) { return a < reinterpret_cast<uint64_t>(r.begin); });
  if (after == regions_.begin() || !holds(&*(after - 1))) return nullptr;
  return last_region_ = &*(after - 1);
}

unsigned char* Machine::reach_shared(const Instruction& i, uint64_t address, unsigned bytes,
                                     const Agent& agent, Use use, const void* value) {
  const auto wrong = [&](const std::string& what) {
    fault(warps_[agent.warp], i, agent.lane, what + " at " + std::to_string(address) + " of shared memory");
  };
  if (address % bytes != 0 && bytes <= 16)
    wrong("an address that is no multiple of " + std::to_string(bytes));
  if (address > shared_.size() || shared_.size() - address < bytes) {
    wrong("outside of " + std::to_string(shared_.size()) + " bytes:");
  }
  const bool same = value != nullptr && std::memcmp(shared_.data() + address, value, bytes) == 0;
  const std::string conflict =
      hazards_.access(shared_shadow_, address, bytes, {agent, use, i.line, same, false});
  if (!conflict.empty()) wrong(conflict);
  if (agent.kind == AgentKind::kProduct) {
    int line = 0;
    if (!hazards_.is_known_to_proxy(shared_shadow_, address, bytes, line)) {
      wrong("no fence makes known what is written in line " + std::to_string(line));
    }
  }
  return shared_.data() + address;
}

unsigned char* Machine::reach_global(const Instruction& i, uint64_t address, unsigned bytes,
                                     const Agent& agent, Use use, const void* value) {
  const auto wrong = [&](const std::string& what) {
    char text[40];
    std::snprintf(text, sizeof(text), " at 0x%llx of global memory",
                  static_cast<unsigned long long>(address));
    fault(warps_[agent.warp], i, agent.lane, what + text);
  };
  if (address % bytes != 0) wrong("an address that is no multiple of " + std::to_string(bytes));
  const Region* const region = region_of(address, bytes);
  if (region == nullptr) wrong("outside of what is allocated:");
  unsigned char* const at = reinterpret_cast<unsigned char*>(address);
  if (region->shadow == nullptr) {
    if (use != Use::kRead) wrong("a write of constants");
    return at;
  }
  region->shadow->refine(program_.global_grain);
  const bool same = value != nullptr && std::memcmp(at, value, bytes) == 0;
  const std::string conflict = hazards_.access(*region->shadow, static_cast<uint64_t>(at - region->begin),
                                               bytes, {agent, use, i.line, same, true});
  if (!conflict.empty()) wrong(conflict);
  if (use == Use::kAtomic) hazards_.signal(address, agent.warp);
  return at;
}

const unsigned char* Machine::parameters(const Instruction& i, uint64_t at, unsigned bytes) {
  if (at > launch_.parameters.size() || launch_.parameters.size() - at < bytes)
    fault(i, "outside of the parameters");
  return launch_.parameters.data() + at;
}

unsigned char* Machine::reach(Warp& w, const Instruction& i, unsigned lane, uint64_t address, unsigned bytes,
                              Use use, const void* value) {
  Space space = i.space;
  if (space == Space::kGeneric) {
    const uint64_t window = address & kWindows;
    space = window == kSharedWindow  ? Space::kShared
            : window == kLocalWindow ? Space::kLocal
            : window == kParamWindow ? Space::kParam
                                     : Space::kGlobal;
    address -= window;
  }
  if (space == Space::kShared)
    return reach_shared(i, address, bytes, hazards_.thread(w.number, lane), use, value);
  if (space == Space::kGlobal || space == Space::kConst) {
    return reach_global(i, address, bytes, hazards_.thread(w.number, lane), use, value);
  }
  if (address % bytes != 0) fault(w, i, lane, "an address that is no multiple of " + std::to_string(bytes));
  if (space == Space::kParam) {
    if (use != Use::kRead) fault(w, i, lane, "a write of parameters");
    return const_cast<unsigned char*>(parameters(i, address, bytes));
  }
  if (address > program_.local_bytes || program_.local_bytes - address < bytes) {
    fault(w, i, lane, "outside of the thread's own memory");
  }
  return w.local.data() + lane * program_.local_bytes + address;
}

void Machine::fault(const Instruction& i, const std::string& what) const {
  throw Fault(program_.path + ":" + std::to_string(i.line) + " (line " + std::to_string(i.source_line) +
              " of the source): " + i.text + ": " + what + "\n  in " + program_.name + ", block " +
              std::to_string(block_.x) + " " + std::to_string(block_.y) + " " + std::to_string(block_.z));
}
void Machine::fault(const Warp& w, const Instruction& i, unsigned lane, const std::string& what) const {
  fault(i, what + ", thread " + std::to_string(w.thread(lane)));
}
void Machine::deadlock() {
  std::string text = "threads that wait for each other:";
  const Instruction* at = &program_.code.back();
  for (const Warp& w : warps_) {
    each_lane(w.live, [&](unsigned lane) {
      if (lane > 0 && (w.live >> (lane - 1) & 1) != 0 && w.pc[lane] == w.pc[lane - 1]) return;
      at = &program_.code[w.pc[lane] - ((w.at_barrier >> lane & 1) != 0 ? 1 : 0)];
      text += " " + std::to_string(w.thread(lane)) + " at line " + std::to_string(at->line);
    });
  }
  fault(*at, text);
}

}  // namespace ptx
}  // namespace emulator
