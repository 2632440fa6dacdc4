// Kernels in anonymous namespaces are no dynamic symbols: their names stand in the symbol table of the file.
#include "test/cuda/ptx/symbols.h"

#include <cctype>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <vector>

#include "test/cuda/ptx/module.h"

#ifdef __linux__
#include <dlfcn.h>
#include <elf.h>
#endif

namespace emulator {
namespace ptx {

bool is_anonymous(const std::string& name) { return name.find("_GLOBAL__N_") != std::string::npos; }
std::string plain_name(std::string name) {
  static const std::string kAnonymous = "_GLOBAL__N_", kPlain = "12_GLOBAL__N_1";
  for (size_t at = 0; (at = name.find(kAnonymous, at)) != std::string::npos;) {
    size_t begin = at;
    while (begin > 0 && std::isdigit(static_cast<unsigned char>(name[begin - 1])) != 0) --begin;
    const size_t length = std::strtoul(name.substr(begin, at - begin).c_str(), nullptr, 10);
    name.replace(begin, at - begin + length, kPlain);
    at = begin + kPlain.size();
  }
  return name;
}

#ifdef __linux__
namespace {

std::map<uint64_t, Symbol> read_symbols(const char* path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  Elf64_Ehdr header;
  std::map<uint64_t, Symbol> all;
  if (bytes.size() < sizeof(header)) return all;
  std::memcpy(&header, bytes.data(), sizeof(header));
  const auto section = [&](unsigned number) {
    Elf64_Shdr s;
    std::memcpy(&s, bytes.data() + header.e_shoff + number * sizeof(s), sizeof(s));
    return s;
  };
  for (unsigned n = 0; n < header.e_shnum; ++n) {
    const Elf64_Shdr symbols = section(n);
    if (symbols.sh_type != SHT_SYMTAB) continue;
    const char* const names = bytes.data() + section(symbols.sh_link).sh_offset;
    std::string source;
    for (uint64_t at = 0; at < symbols.sh_size; at += sizeof(Elf64_Sym)) {
      Elf64_Sym symbol;
      std::memcpy(&symbol, bytes.data() + symbols.sh_offset + at, sizeof(symbol));
      const char* const name = names + symbol.st_name;
      const unsigned type = ELF64_ST_TYPE(symbol.st_info);
      // Symbols of a source follow its name; global ones are in no order.
      if (type == STT_FILE) source = std::string(name).substr(0, std::string(name).rfind('.'));
      const bool local = ELF64_ST_BIND(symbol.st_info) == STB_LOCAL;
      if (type == STT_FUNC && symbol.st_value != 0) all[symbol.st_value] = {local ? source : "", name};
    }
  }
  return all;
}

}  // namespace

Symbol symbol_at(const void* function) {
  Dl_info library;
  if (dladdr(function, &library) == 0) throw Fault("a kernel of no library");
  static const std::map<uint64_t, Symbol> all = read_symbols(library.dli_fname);
  const auto found =
      all.find(reinterpret_cast<uint64_t>(function) - reinterpret_cast<uint64_t>(library.dli_fbase));
  if (found == all.end()) throw Fault("a kernel without a name; was the library stripped?");
  return found->second;
}
#else
Symbol symbol_at(const void*) { throw Fault("PTX runs on Linux only"); }
#endif

}  // namespace ptx
}  // namespace emulator
