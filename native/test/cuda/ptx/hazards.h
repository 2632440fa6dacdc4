// Who has accessed which memory, and what they know of each other. Two accesses of the same memory, one of
// them a write, must be ordered: by a barrier of the block, by what a warp does together, by a barrier in
// shared memory, or by a wait for what was begun. Each thread, each thread's copies, each warp's products and
// each barrier's bulk copies are an agent; an agent's accesses carry stamps, and what a thread knows of an
// agent is the last stamp that came before. What is asynchronous counts from where it was begun: until it is
// waited for, nobody knows of it.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "test/cuda/ptx/program.h"

namespace emulator {
namespace ptx {

enum class Use : uint8_t { kRead, kWrite, kAtomic };
enum class AgentKind : uint8_t { kThread, kCopy, kProduct, kBulk };

// For a bulk copy `owner` is the number of its barrier, else that of its warp; the lane is who has begun it.
struct Agent {
  AgentKind kind = AgentKind::kThread;
  uint8_t owner = 0;
  uint8_t warp = 0, lane = 0;
  uint32_t stamp = 0;
};

struct Access {
  uint32_t stamp = 0, lanes = 0;
  int line = 0;
  uint8_t owner = 0;
  AgentKind kind = AgentKind::kThread;
};
// `same`: it writes what is there already. Threads may write the same in one place of the code.
struct Attempt {
  const Agent& agent;
  Use use;
  int line;
  bool same, global;
};
struct Cell {
  Access write, update, read[2];  // updates are atomic ones
};

// The accesses of one piece of memory, found by the distance from its beginning.
class Shadow {
 public:
  explicit Shadow(size_t bytes = 0) : bytes_(bytes) {}
  // Told apart at least so finely from now on.
  void refine(unsigned grain);
  unsigned grain() const { return grain_; }
  Cell& cell(uint64_t at) { return cells_.get()[at / grain_]; }

 private:
  struct Free {
    void operator()(Cell* cells) const { std::free(cells); }
  };
  size_t bytes_ = 0;
  unsigned grain_ = 0;
  std::unique_ptr<Cell, Free> cells_;
};

class Hazards {
 public:
  explicit Hazards(unsigned warps);

  void begin_launch();
  void begin_block();

  // Empty if this access is ordered with those before it; else what it conflicts with.
  std::string access(Shadow& shadow, uint64_t at, unsigned bytes, const Attempt& attempt);
  // Whether what ordinary accesses have written there is made known to asynchronous ones.
  bool is_known_to_proxy(Shadow& shadow, uint64_t at, unsigned bytes, int& line);

  Agent thread(unsigned warp, unsigned lane) const {
    return {AgentKind::kThread, static_cast<uint8_t>(warp), static_cast<uint8_t>(warp),
            static_cast<uint8_t>(lane), clock_[warp]};
  }
  // A copy or product that a lane begins now.
  Agent begun(AgentKind kind, unsigned owner, unsigned warp, unsigned lane, uint32_t stamp) const {
    return {kind, static_cast<uint8_t>(owner), static_cast<uint8_t>(warp), static_cast<uint8_t>(lane), stamp};
  }
  uint32_t next_stamp() { return ++now; }

  void sync_block(const std::vector<uint32_t>& live);
  void sync_warp(unsigned warp, uint32_t on, uint32_t live);
  void fence(unsigned warp, uint32_t on);
  // An atomic operation on global memory: what other blocks have said there, and what this one says.
  void signal(uint64_t address, unsigned warp);
  void fence_proxy(unsigned warp, uint32_t on);
  void fence_barriers(unsigned warp, uint32_t on);
  void copies_done(unsigned warp, unsigned lane, uint32_t stamp);
  void products_done(unsigned warp, uint32_t stamp);

  // Barriers in shared memory, by their addresses.
  void barrier_made(uint64_t at, unsigned warp, unsigned lane);
  bool has_barrier(uint64_t at) const { return barriers_.count(at) != 0; }
  unsigned barrier_number(uint64_t at);
  bool barrier_is_known(uint64_t at) const;
  void arrive(uint64_t at, unsigned warp, unsigned lane);
  void bulk_done(uint64_t at, uint32_t stamp);
  void end_phase(uint64_t at);
  void observe(uint64_t at, unsigned warp, unsigned lane);

 private:
  using Clock = std::vector<uint32_t>;
  struct Barrier {
    unsigned number = 0, warp = 0, lane = 0;
    uint32_t made = 0;
    Clock coming, over;
  };

  size_t id(unsigned warp, unsigned lane) const { return warp * kLanes + lane; }
  size_t copy_id(unsigned warp, unsigned lane) const { return threads_ + id(warp, lane); }
  size_t product_id(unsigned warp) const { return 2 * threads_ + warp; }
  size_t bulk_id(unsigned barrier) const { return 2 * threads_ + warps_ + barrier; }
  size_t agents() const { return 2 * threads_ + warps_ + kMostBarriers; }

  bool knows(const Agent& agent, const Access& access) const;
  bool knows_lane(const Agent& agent, const Access& access, unsigned lane) const;
  bool is_published(uint32_t stamp) const;
  Clock all_known(unsigned warp, unsigned lane) const;
  static void note(Access& slot, const Agent& agent, int line);
  void tick(unsigned warp) { clock_[warp] = ++now; }

  static constexpr unsigned kMostBarriers = 64;
  static uint32_t now;  // stamps are given once, whatever the launch

  unsigned warps_, threads_;
  uint32_t launch_begin_ = 0, block_begin_ = 0;
  Clock clock_, warp_floor_, floor_, products_waited_;
  Clock copies_waited_, copies_floor_, proxy_fenced_, copies_fenced_, barriers_fenced_;
  std::vector<Clock> pairs_;  // of a thread: what it knows of the lanes of its warp
  std::vector<std::shared_ptr<const Clock>> foreign_;
  std::map<uint64_t, Barrier> barriers_;
  // What blocks have published: by a block's first stamp, the last that came before its fence.
  using Blocks = std::map<uint32_t, uint32_t>;
  struct Fence {
    unsigned warp;
    uint32_t stamp, last;
  };
  std::vector<Fence> fences_;             // of this block
  std::map<uint64_t, Blocks> signalled_;  // by addresses of atomic operations
  Blocks heard_, learnt_;                 // by this block; learnt by its fence after it has heard
};

}  // namespace ptx
}  // namespace emulator
