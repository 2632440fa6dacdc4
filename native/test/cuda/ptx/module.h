// The text of a PTX file as a tree: its functions with their registers, variables and statements. Nothing
// here knows what an instruction does.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace emulator {
namespace ptx {

// What is wrong with the text of a module, or with what a kernel does.
struct Fault : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Type {
  char kind = 'b';  // b, u, s, f, or p for a predicate
  unsigned bits = 0;
  unsigned bytes() const { return bits / 8; }
  bool operator==(const Type& other) const { return kind == other.kind && bits == other.bits; }
};
// Of "u32" and the like; false if there is none of that name.
bool type_of(const std::string& name, Type& type);

enum class Space { kGeneric, kGlobal, kShared, kLocal, kParam, kConst };

struct Variable {
  std::string name;
  Space space = Space::kShared;
  unsigned align = 1;
  uint64_t bytes = 0;
  bool open = false;  // as large as the launch says
  std::vector<unsigned char> value;
};

struct Argument {
  enum Kind { kName, kNumber, kAddress, kVector, kPair, kList } kind = kName;
  std::string name;   // of kName, and of what an address begins with
  uint64_t bits = 0;  // of a number, and added to a name
  bool negated = false;
  char literal = 'i';  // of a number: i, f for 0f..., d for 0d...
  std::vector<Argument> parts;
};

struct Statement {
  int line = 0, source_line = 0;
  std::string opcode, guard, label;  // of a label nothing else
  bool guard_negated = false;
  std::vector<Argument> arguments;
};

struct Function {
  std::string name;
  bool entry = false, has_body = false;
  unsigned most_threads = 0;
  std::vector<Variable> parameters, results, variables;
  std::map<std::string, Type> registers;
  std::vector<Statement> body;
};

struct Module {
  std::string path, target;
  std::vector<Variable> variables;
  std::map<std::string, Function> functions;
};

Module parse(const std::string& path, const std::string& text);

}  // namespace ptx
}  // namespace emulator
