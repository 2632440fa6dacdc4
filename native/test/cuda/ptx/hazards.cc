#include "test/cuda/ptx/hazards.h"

#include <algorithm>
#include <iterator>

namespace emulator {
namespace ptx {
namespace {

void join(std::vector<uint32_t>& to, const std::vector<uint32_t>& from) {
  if (to.empty()) to.resize(from.size());
  for (size_t i = 0; i < from.size(); ++i) to[i] = std::max(to[i], from[i]);
}

void join(std::map<uint32_t, uint32_t>& to, const std::map<uint32_t, uint32_t>& from) {
  for (const auto& block : from) {
    uint32_t& last = to[block.first];
    last = std::max(last, block.second);
  }
}

const char* name_of(AgentKind kind) {
  switch (kind) {
    case AgentKind::kThread:
      return "thread";
    case AgentKind::kCopy:
      return "asynchronous copy of thread";
    case AgentKind::kProduct:
      return "product of warp";
    default:
      return "bulk copy to barrier";
  }
}

}  // namespace

uint32_t Hazards::now = 0;

void Shadow::refine(unsigned grain) {
  if (cells_ != nullptr && grain >= grain_) return;
  grain_ = grain;
  cells_.reset(static_cast<Cell*>(std::calloc(bytes_ / grain + 1, sizeof(Cell))));
  if (cells_ == nullptr) throw Fault("no memory for what is known of memory");
}

Hazards::Hazards(unsigned warps)
    : warps_(warps),
      threads_(warps * kLanes),
      clock_(warps),
      warp_floor_(warps),
      floor_(agents()),
      products_waited_(warps),
      copies_waited_(threads_),
      copies_floor_(threads_),
      proxy_fenced_(threads_),
      copies_fenced_(threads_),
      barriers_fenced_(threads_),
      pairs_(threads_),
      foreign_(threads_) {}

void Hazards::begin_launch() {
  launch_begin_ = ++now;
  signalled_.clear();
}
void Hazards::begin_block() {
  block_begin_ = ++now;
  std::fill(floor_.begin(), floor_.end(), now);
  for (unsigned w = 0; w < warps_; ++w) tick(w);
  for (Clock& clock : pairs_) clock.clear();
  for (auto& clock : foreign_) clock.reset();
  barriers_.clear();
  fences_.clear();
  heard_.clear();
  learnt_.clear();
}

bool Hazards::knows_lane(const Agent& agent, const Access& access, unsigned lane) const {
  const size_t own = id(agent.warp, agent.lane);
  size_t other = 0;
  switch (access.kind) {
    case AgentKind::kThread:
      other = id(access.owner, lane);
      if (other == own) return true;
      if (access.owner == agent.warp) {
        if (warp_floor_[agent.warp] >= access.stamp) return true;
        if (!pairs_[own].empty() && pairs_[own][lane] >= access.stamp) return true;
      }
      break;
    case AgentKind::kCopy:
      other = copy_id(access.owner, lane);
      if (other == copy_id(agent.warp, agent.lane)) {
        // Copies of one thread are in no order until it waits for them.
        if (copies_waited_[own] >= access.stamp) return true;
      } else if (access.owner == agent.warp && copies_floor_[id(access.owner, lane)] >= access.stamp) {
        return true;
      }
      break;
    case AgentKind::kProduct:
      other = product_id(access.owner);
      if (access.owner == agent.warp) {
        if (agent.kind == AgentKind::kProduct) return true;
        if (products_waited_[agent.warp] >= access.stamp) return true;
      }
      break;
    case AgentKind::kBulk:
      other = bulk_id(access.owner);
      break;
  }
  if (floor_[other] >= access.stamp) return true;
  return foreign_[own] != nullptr && (*foreign_[own])[other] >= access.stamp;
}

bool Hazards::is_published(uint32_t stamp) const {
  const auto after = learnt_.upper_bound(stamp);
  return after != learnt_.begin() && stamp <= std::prev(after)->second;
}

bool Hazards::knows(const Agent& agent, const Access& access) const {
  if (access.stamp < launch_begin_) return true;
  if (access.stamp < block_begin_) return is_published(access.stamp);
  for (uint32_t lanes = access.lanes; lanes != 0; lanes &= lanes - 1) {
    if (!knows_lane(agent, access, static_cast<unsigned>(__builtin_ctz(lanes)))) return false;
  }
  return true;
}

void Hazards::note(Access& slot, const Agent& agent, int line) {
  const bool of_lane = agent.kind == AgentKind::kThread || agent.kind == AgentKind::kCopy;
  const bool same = slot.stamp == agent.stamp && slot.owner == agent.owner && slot.kind == agent.kind;
  const uint32_t lane = of_lane ? 1u << agent.lane : 1;
  slot = {agent.stamp, (same ? slot.lanes : 0) | lane, line, agent.owner, agent.kind};
}

std::string Hazards::access(Shadow& shadow, uint64_t at, unsigned bytes, const Attempt& attempt) {
  const Agent& agent = attempt.agent;
  const Use use = attempt.use;
  const bool global = attempt.global;
  const auto conflict = [&](const char* what, const Access& with) {
    std::string text = std::string(what) + " line " + std::to_string(with.line) + " (";
    if (global && with.stamp < block_begin_) return text + "of another block)";
    const unsigned lane = static_cast<unsigned>(__builtin_ctz(with.lanes | 1u << 31));
    const bool of_thread = with.kind == AgentKind::kThread || with.kind == AgentKind::kCopy;
    return text + name_of(with.kind) + " " +
           std::to_string(of_thread ? with.owner * kLanes + lane : with.owner) + ")";
  };
  const unsigned grain = shadow.grain();
  for (uint64_t a = at / grain * grain; a < at + bytes; a += grain) {
    Cell& cell = shadow.cell(a);
    // In shared memory, what other blocks have done does not matter.
    const auto matters = [&](const Access& other) {
      return other.stamp >= (global ? launch_begin_ : block_begin_) && !knows(agent, other);
    };
    const bool again = attempt.same && cell.write.line == attempt.line;
    const Access* const written = !again && matters(cell.write)                 ? &cell.write
                                  : use != Use::kAtomic && matters(cell.update) ? &cell.update
                                                                                : nullptr;
    if (written != nullptr) {
      return conflict(use == Use::kRead ? "reads what is written in" : "writes what is written in", *written);
    }
    if (use == Use::kRead) {
      Access& latest = cell.read[0];
      if (latest.owner != agent.owner || latest.kind != agent.kind || latest.stamp < block_begin_) {
        cell.read[1] = latest;
      }
      note(latest, agent, attempt.line);
      continue;
    }
    for (const Access& read : cell.read) {
      if (matters(read)) return conflict("writes what is read in", read);
    }
    note(use == Use::kAtomic ? cell.update : cell.write, agent, attempt.line);
  }
  return "";
}

bool Hazards::is_known_to_proxy(Shadow& shadow, uint64_t at, unsigned bytes, int& line) {
  for (uint64_t a = at / shadow.grain() * shadow.grain(); a < at + bytes; a += shadow.grain()) {
    const Access& write = shadow.cell(a).write;
    line = write.line;
    if (write.stamp < block_begin_ || write.kind == AgentKind::kBulk) continue;
    for (uint32_t lanes = write.lanes; lanes != 0; lanes &= lanes - 1) {
      const unsigned lane = static_cast<unsigned>(__builtin_ctz(lanes));
      const Clock& fenced = write.kind == AgentKind::kCopy ? copies_fenced_ : proxy_fenced_;
      if (fenced[id(write.owner, lane)] < write.stamp) return false;
    }
  }
  return true;
}

void Hazards::sync_block(const std::vector<uint32_t>& live) {
  for (unsigned w = 0; w < warps_; ++w) {
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      if ((live[w] >> lane & 1) == 0) continue;
      floor_[id(w, lane)] = std::max(floor_[id(w, lane)], clock_[w]);
      floor_[copy_id(w, lane)] = std::max(floor_[copy_id(w, lane)], copies_waited_[id(w, lane)]);
      const auto& foreign = foreign_[id(w, lane)];
      if (foreign == nullptr) continue;
      if (lane == 0 || foreign != foreign_[id(w, lane - 1)]) join(floor_, *foreign);
    }
    floor_[product_id(w)] = std::max(floor_[product_id(w)], products_waited_[w]);
  }
  for (auto& clock : foreign_) clock.reset();
  for (unsigned w = 0; w < warps_; ++w) tick(w);
}

void Hazards::sync_warp(unsigned warp, uint32_t on, uint32_t live) {
  std::shared_ptr<Clock> joined;
  std::shared_ptr<const Clock> common = foreign_[id(warp, static_cast<unsigned>(__builtin_ctz(on)))];
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    if ((on >> lane & 1) == 0) continue;
    const auto& foreign = foreign_[id(warp, lane)];
    if (foreign == common || foreign == nullptr) continue;
    if (joined == nullptr)
      joined = common != nullptr ? std::make_shared<Clock>(*common) : std::make_shared<Clock>();
    join(*joined, *foreign);
    common = foreign;
  }
  if (joined != nullptr) common = joined;
  const bool whole = (on & live) == live;
  if (whole) warp_floor_[warp] = clock_[warp];
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    if ((on >> lane & 1) == 0) continue;
    foreign_[id(warp, lane)] = common;
    if (whole) {
      copies_floor_[id(warp, lane)] = copies_waited_[id(warp, lane)];
      continue;
    }
    Clock& pairs = pairs_[id(warp, lane)];
    pairs.resize(kLanes);
    for (unsigned other = 0; other < kLanes; ++other) {
      if ((on >> other & 1) != 0) pairs[other] = clock_[warp];
    }
  }
  tick(warp);
}

// What the thread knows all others have done until now is ready to be published, and what was heard holds.
void Hazards::fence(unsigned warp, uint32_t on) {
  uint32_t least = clock_[warp];
  for (unsigned w = 0; w < warps_; ++w) {
    if (w != warp) least = std::min(least, floor_[id(w, 0)]);
  }
  if (on == 0) return;
  fences_.push_back({warp, clock_[warp], least});
  join(learnt_, heard_);
}
// A fence speaks for its own warp, and for others after a barrier of the block.
void Hazards::signal(uint64_t address, unsigned warp) {
  const auto said = signalled_.find(address);
  if (said != signalled_.end()) join(heard_, said->second);
  for (const Fence& fence : fences_) {
    if (fence.warp != warp && floor_[id(fence.warp, 0)] < fence.stamp) continue;
    Blocks own = learnt_;
    own[block_begin_] = fence.last;
    join(signalled_[address], own);
  }
}
void Hazards::fence_proxy(unsigned warp, uint32_t on) {
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    if ((on >> lane & 1) == 0) continue;
    const size_t own = id(warp, lane);
    proxy_fenced_[own] = barriers_fenced_[own] = clock_[warp];
    copies_fenced_[own] = copies_waited_[own];
  }
  tick(warp);
}
void Hazards::fence_barriers(unsigned warp, uint32_t on) {
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    if ((on >> lane & 1) != 0) barriers_fenced_[id(warp, lane)] = clock_[warp];
  }
  tick(warp);
}
void Hazards::copies_done(unsigned warp, unsigned lane, uint32_t stamp) {
  uint32_t& waited = copies_waited_[id(warp, lane)];
  waited = std::max(waited, stamp);
}
void Hazards::products_done(unsigned warp, uint32_t stamp) {
  products_waited_[warp] = std::max(products_waited_[warp], stamp);
}

void Hazards::barrier_made(uint64_t at, unsigned warp, unsigned lane) {
  const auto found = barriers_.find(at);
  const unsigned number =
      found != barriers_.end() ? found->second.number : static_cast<unsigned>(barriers_.size());
  if (number >= kMostBarriers) throw Fault("more barriers in shared memory than the checks can tell apart");
  barriers_[at] = {number, warp, lane, clock_[warp], {}, {}};
}
unsigned Hazards::barrier_number(uint64_t at) { return barriers_.at(at).number; }
bool Hazards::barrier_is_known(uint64_t at) const {
  const Barrier& barrier = barriers_.at(at);
  return barriers_fenced_[id(barrier.warp, barrier.lane)] >= barrier.made;
}

Hazards::Clock Hazards::all_known(unsigned warp, unsigned lane) const {
  const size_t own = id(warp, lane);
  Clock all = floor_;
  if (foreign_[own] != nullptr) join(all, *foreign_[own]);
  for (unsigned other = 0; other < kLanes; ++other) {
    uint32_t& known = all[id(warp, other)];
    known = std::max(known, warp_floor_[warp]);
    if (!pairs_[own].empty()) known = std::max(known, pairs_[own][other]);
    uint32_t& copies = all[copy_id(warp, other)];
    copies = std::max(copies, copies_floor_[id(warp, other)]);
  }
  all[own] = clock_[warp];
  all[copy_id(warp, lane)] = std::max(all[copy_id(warp, lane)], copies_waited_[own]);
  all[product_id(warp)] = std::max(all[product_id(warp)], products_waited_[warp]);
  return all;
}
void Hazards::arrive(uint64_t at, unsigned warp, unsigned lane) {
  join(barriers_.at(at).coming, all_known(warp, lane));
  tick(warp);
}
void Hazards::bulk_done(uint64_t at, uint32_t stamp) {
  Barrier& barrier = barriers_.at(at);
  barrier.coming.resize(agents());
  uint32_t& done = barrier.coming[bulk_id(barrier.number)];
  done = std::max(done, stamp);
}
void Hazards::end_phase(uint64_t at) {
  Barrier& barrier = barriers_.at(at);
  join(barrier.over, barrier.coming);
}
void Hazards::observe(uint64_t at, unsigned warp, unsigned lane) {
  const Barrier& barrier = barriers_.at(at);
  if (barrier.over.empty()) return;
  auto& foreign = foreign_[id(warp, lane)];
  auto known = foreign != nullptr ? std::make_shared<Clock>(*foreign) : std::make_shared<Clock>();
  join(*known, barrier.over);
  foreign = known;
}

}  // namespace ptx
}  // namespace emulator
