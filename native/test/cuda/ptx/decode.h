// What turns one statement into an instruction: a decoder for each opcode, which takes the modifiers one by
// one. What it does not take, nobody guesses.
#pragma once

#include <initializer_list>
#include <string>
#include <unordered_map>
#include <vector>

#include "test/cuda/ptx/program.h"

namespace emulator {
namespace ptx {

// Where the names of a function are.
struct Names {
  struct Place {
    Space space;
    uint64_t at;
  };
  std::map<std::string, std::pair<uint32_t, Type>> registers;
  std::map<std::string, Place> variables;
};

class Decode {
 public:
  Decode(Program& program, const Names& names, const Statement& statement);

  const Statement& statement;
  Instruction out;

  // Modifiers, from the first on.
  bool take(const char* modifier);
  void need(const char* modifier);
  std::string next();
  Type type();
  void done() const;  // all taken
  const std::string& stem() const { return stem_; }

  const Argument& argument(size_t i) const;
  void arguments(size_t count) const;
  // A register that is read, or a constant made one; of that many bits.
  uint32_t source(const Argument& argument, Type type);
  uint32_t destination(const Argument& argument, Type type) const;
  // Any register; `type` says which it is.
  uint32_t any(const Argument& argument, Type& type) const;
  bool is_register(const Argument& argument) const;
  // Sets what a memory access needs: a[7], value, wide, space.
  void address(const Argument& argument, Space space);
  uint32_t constant(uint64_t value, unsigned bytes);
  [[noreturn]] void fail(const std::string& what) const;
  Program& program() { return program_; }

 private:
  Program& program_;
  const Names& names_;
  std::string stem_;
  std::vector<std::string> modifiers_;
  size_t taken_ = 0;
};

using Decoder = void (*)(Decode&);
using Decoders = std::unordered_map<std::string, Decoder>;
// Those of arithmetic, bits, conversions, memory, what warps and blocks do together, and compute
// capability 9.0.
const Decoders& arithmetic();
const Decoders& bits_of_registers();
const Decoders& conversions();
const Decoders& memory();
const Decoders& meetings();
const Decoders& tensors();
const Decoders& hopper();
// Of a copy of a whole tile.
void bulk_copy(Decode&);

}  // namespace ptx
}  // namespace emulator
