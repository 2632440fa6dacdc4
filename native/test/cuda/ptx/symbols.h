// Names of the functions of this library.
#pragma once

#include <string>

namespace emulator {
namespace ptx {

struct Symbol {
  std::string file, name;  // the source without its extension, and the mangled name
};
// Throws a Fault if no function begins there.
Symbol symbol_at(const void* function);
// The same name for both compilers: theirs for an anonymous namespace differ.
std::string plain_name(std::string mangled);
bool is_anonymous(const std::string& mangled);

}  // namespace ptx
}  // namespace emulator
