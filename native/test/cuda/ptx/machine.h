// Runs a program: the lanes of a warp that are at the same instruction do it together, warps take turns of
// random length. Whatever a kernel does that a GPU need not do as it seems, ends with a Fault that says
// where.
#pragma once

#include <cuda_runtime.h>

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "test/cuda/ptx/hazards.h"
#include "test/cuda/ptx/pending.h"
#include "test/cuda/ptx/program.h"

namespace emulator {
namespace ptx {

class Machine;

struct Warp {
  Machine* machine = nullptr;
  unsigned number = 0;
  unsigned char* file = nullptr;  // its registers
  std::vector<unsigned char> memory, local;
  uint32_t pc[kLanes] = {};
  uint32_t live = 0, parked = 0, at_barrier = 0;
  bool yields = false;
  unsigned registers = 0;       // setmaxnreg has given it; 0 before
  uint64_t sequence = 0;        // of what its group of four warps does together
  std::vector<Pending> copies;  // of each lane
  Pending products;             // of warp groups
  // Of a kernel with such products, for each register: when it was last written by anything else, and how
  // many products that nobody has waited for add to it.
  std::vector<uint32_t> written;
  std::vector<std::pair<uint32_t, const Instruction*>> in_flight;  // by stamp
  uint32_t fenced = 0;                                             // when products were last fenced

  template <typename T>
  T* at(uint32_t offset) {
    return reinterpret_cast<T*>(file + offset);
  }
  void note_of_group(const Instruction& i) {
    sequence = sequence * 0x100000001b3 + static_cast<uint64_t>(i.line);
  }
  unsigned thread(unsigned lane) const { return number * kLanes + lane; }
};

// Calls f for each lane of a set.
template <typename F>
inline void each_lane(uint32_t lanes, F f) {
  for (; lanes != 0; lanes &= lanes - 1) f(static_cast<unsigned>(__builtin_ctz(lanes)));
}

struct Launch {
  dim3 grid;
  unsigned threads = 0;
  size_t dynamic_bytes = 0;
  std::vector<unsigned char> parameters;
};

// Memory of the device: where it begins and ends, and what is known of it.
struct Region {
  unsigned char *begin = nullptr, *end = nullptr;
  Shadow* shadow = nullptr;
};

class Machine {
 public:
  // `regions` in the order of their addresses.
  Machine(const Program& program, const Launch& launch, std::vector<Region> regions);
  void run();

  // Where the bytes are that a lane accesses, if it may. `value` is what it writes, where that is known.
  unsigned char* reach(Warp& warp, const Instruction& i, unsigned lane, uint64_t address, unsigned bytes,
                       Use use, const void* value = nullptr);
  // The bytes of shared memory that the hardware accesses for a kernel.
  unsigned char* reach_shared(const Instruction& i, uint64_t address, unsigned bytes, const Agent& agent,
                              Use use, const void* value = nullptr);
  unsigned char* reach_global(const Instruction& i, uint64_t address, unsigned bytes, const Agent& agent,
                              Use use, const void* value = nullptr);
  const unsigned char* parameters(const Instruction& i, uint64_t at, unsigned bytes);

  // Whether all of `members` that are left do this together now.
  bool together(Warp& warp, const Instruction& i, uint32_t& on, uint32_t members);
  void wait_for_block(Warp& warp, uint32_t on);
  // Work of the block, done in any order, some time after now.
  void later(std::function<void()> work) { later_.push_back(std::move(work)); }

  [[noreturn]] void fault(const Instruction& i, const std::string& what) const;
  [[noreturn]] void fault(const Warp& warp, const Instruction& i, unsigned lane,
                          const std::string& what) const;
  const Program& program() const { return program_; }
  const Launch& launch() const { return launch_; }
  std::vector<Warp>& warps() { return warps_; }
  Hazards& hazards() { return hazards_; }
  const unsigned char* shared() const { return shared_.data(); }
  // Of a thread when the kernel begins, at most.
  unsigned first_registers() const;
  unsigned random() { return static_cast<unsigned>(random_()); }

 private:
  void prepare(Warp& warp);
  void begin_block(dim3 block);
  void run_block();
  void run(Warp& warp, unsigned steps);
  void advance();
  void release_barrier();
  void end_block();
  void check_registers(Warp& warp, const Instruction& i);
  [[noreturn]] void deadlock();
  const Region* region_of(uint64_t address, unsigned bytes);

  const Program& program_;
  const Launch& launch_;
  std::vector<Region> regions_;
  const Region* last_region_ = nullptr;
  std::vector<unsigned char> shared_;
  Shadow shared_shadow_;
  std::vector<Warp> warps_;
  std::vector<std::function<void()>> later_;
  Hazards hazards_;
  std::mt19937 random_{12345};
  dim3 block_;
};

}  // namespace ptx
}  // namespace emulator
