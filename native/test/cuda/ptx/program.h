// A kernel made ready to run: its code and that of the functions it calls as one list of decoded
// instructions. No function calls itself, so that each has its registers and its frame once, at a place known
// beforehand.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "test/cuda/ptx/module.h"

namespace emulator {
namespace ptx {

constexpr unsigned kLanes = 32;
constexpr uint32_t kAll = 0xffffffffu;

// A generic address names its window in the top byte; those of global memory are the host's.
constexpr uint64_t kSharedWindow = uint64_t{1} << 56, kLocalWindow = uint64_t{2} << 56,
                   kParamWindow = uint64_t{3} << 56, kWindows = uint64_t{0xff} << 56;

struct Warp;
struct Instruction;
// Does the instruction for those lanes.
using Handler = void (*)(Warp&, const Instruction&, uint32_t on);
// The same of one that lanes do together: false where some of them are still missing.
using Meeting = bool (*)(Warp&, const Instruction&, uint32_t on);

enum class Flow : uint8_t { kNext, kBranch, kCall, kReturn, kExit, kMeet };

// Registers are named by where they begin in the file of a warp: 32 values one after another.
struct Instruction {
  union {
    Handler run = nullptr;
    Meeting meet;
  };
  Flow flow = Flow::kNext;
  Space space = Space::kGeneric;
  bool guard_negated = false, wide = false;  // wide: the address has 64 bits
  uint8_t count = 1;                         // elements of a vector
  uint8_t writes = 1;                        // of a[], the first ones
  int64_t guard = -1;
  uint32_t a[8] = {};
  uint64_t value = 0;  // an immediate, or what is added to an address
  uint32_t target = 0;
  int line = 0, source_line = 0;
  std::vector<uint32_t> many;  // operands of those that have more
  std::string text;            // the opcode
};

struct Program {
  std::string name, path;
  std::vector<Instruction> code;
  uint32_t first = 0;  // of the kernel itself
  uint32_t file_bytes = 0, constant_bytes = 0;
  std::map<std::pair<uint64_t, unsigned>, uint32_t> constants;  // value and width
  std::map<std::string, uint32_t> specials;
  std::vector<uint64_t> parameter_at, parameter_bytes;
  uint64_t parameters_bytes = 0, local_bytes = 0, shared_bytes = 0, dynamic_at = 0;
  unsigned most_threads = 1024;
  // The least that a store of the kernel writes to either memory: how finely conflicts are told apart.
  unsigned shared_grain = 4, global_grain = 4;
  bool has_products = false;  // of warp groups
};

// A module whose variables in global memory exist.
struct Loaded {
  Module module;
  std::map<std::string, std::vector<unsigned char>> global;
};

std::unique_ptr<Program> link(Loaded& loaded, const std::string& entry);

}  // namespace ptx
}  // namespace emulator
