#include "test/cuda/ptx/decode.h"

#include <cstring>

namespace emulator {
namespace ptx {

Decode::Decode(Program& program, const Names& names, const Statement& s)
    : statement(s), program_(program), names_(names) {
  size_t begin = 0;
  for (size_t dot; (dot = s.opcode.find('.', begin)) != std::string::npos; begin = dot + 1) {
    modifiers_.push_back(s.opcode.substr(begin, dot - begin));
  }
  modifiers_.push_back(s.opcode.substr(begin));
  stem_ = modifiers_[taken_++];
  out.line = s.line;
  out.source_line = s.source_line;
  out.text = s.opcode;
  if (!s.guard.empty()) {
    const auto found = names_.registers.find(s.guard);
    if (found == names_.registers.end() || found->second.second.kind != 'p') fail("a guard that is none");
    out.guard = found->second.first;
    out.guard_negated = s.guard_negated;
  }
}

bool Decode::take(const char* modifier) {
  if (taken_ == modifiers_.size() || modifiers_[taken_] != modifier) return false;
  ++taken_;
  return true;
}
void Decode::need(const char* modifier) {
  if (!take(modifier)) fail("expected ." + std::string(modifier));
}
std::string Decode::next() {
  if (taken_ == modifiers_.size()) fail("a modifier is missing");
  return modifiers_[taken_++];
}
Type Decode::type() {
  Type type;
  if (!type_of(next(), type)) fail("unknown type ." + modifiers_[taken_ - 1]);
  return type;
}
void Decode::done() const {
  if (taken_ != modifiers_.size()) fail("unknown modifier ." + modifiers_[taken_]);
}
void Decode::fail(const std::string& what) const {
  throw Fault(program_.path + ":" + std::to_string(statement.line) + ": " + statement.opcode + ": " + what);
}

const Argument& Decode::argument(size_t i) const {
  if (i >= statement.arguments.size()) fail("too few operands");
  return statement.arguments[i];
}
void Decode::arguments(size_t count) const {
  if (statement.arguments.size() != count) fail("not " + std::to_string(count) + " operands");
}

uint32_t Decode::constant(uint64_t value, unsigned bytes) {
  const auto known = program_.constants.emplace(std::make_pair(value, bytes), program_.constant_bytes);
  if (known.second) program_.constant_bytes += kLanes * (bytes == 0 ? 1 : bytes);
  return known.first->second;
}

bool Decode::is_register(const Argument& a) const {
  return a.kind == Argument::kName && names_.registers.count(a.name) != 0;
}
uint32_t Decode::any(const Argument& a, Type& type) const {
  const auto found = names_.registers.find(a.name);
  if (a.kind != Argument::kName || a.negated || a.bits != 0 || found == names_.registers.end()) {
    fail("'" + a.name + "' is no register");
  }
  type = found->second.second;
  return found->second.first;
}
uint32_t Decode::destination(const Argument& a, Type type) const {
  Type own;
  const uint32_t at = any(a, own);
  if (own.bits != type.bits) fail("'" + a.name + "' has another width");
  return at;
}
uint32_t Decode::source(const Argument& a, Type type) {
  if (a.negated) fail("an operand that is negated");
  if (a.kind == Argument::kNumber) {
    uint64_t bits = a.bits;
    if (a.literal == 'i' && type.kind == 'f') fail("a whole number for a float");
    if (a.literal == 'f' && type.bits != 32) fail("a float of another width");
    if (a.literal == 'd' && type.bits != 64) fail("a float of another width");
    if (type.kind == 'p') return constant(bits != 0 ? kAll : 0, 0);
    if (type.bits < 64) bits &= (uint64_t{1} << type.bits) - 1;
    return constant(bits, type.bytes());
  }
  if (is_register(a)) return destination(a, type);
  if (a.kind != Argument::kName) fail("an operand that is no value");
  const auto special = program_.specials.find(a.name);
  if (special != program_.specials.end()) {
    if (type.bits != 32) fail("'" + a.name + "' has 32 bits");
    return special->second;
  }
  const auto found = names_.variables.find(a.name);
  if (found == names_.variables.end()) fail("unknown name '" + a.name + "'");
  return constant(found->second.at + a.bits, type.bytes());
}

void Decode::address(const Argument& a, Space space) {
  if (a.kind != Argument::kAddress) fail("an operand that is no address");
  out.space = space;
  out.value = a.bits;
  const auto held = names_.registers.find(a.name);
  if (held != names_.registers.end()) {
    if (held->second.second.bits < 32) fail("an address of few bits");
    out.a[7] = held->second.first;
    out.wide = held->second.second.bits == 64;
    return;
  }
  out.wide = true;
  out.a[7] = constant(0, 8);
  const auto found = names_.variables.find(a.name);
  if (found == names_.variables.end()) fail("unknown name '" + a.name + "'");
  // The parameters of functions lie in the frame.
  if (space == Space::kParam && found->second.space == Space::kLocal) out.space = Space::kLocal;
  if (found->second.space != out.space) fail("'" + a.name + "' lies elsewhere");
  out.value += found->second.at;
}

}  // namespace ptx
}  // namespace emulator
