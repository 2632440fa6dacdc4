#include <fence.h>
#include <static_shared.h>

#include <cstddef>
#include <cstring>

#ifdef __linux__
#include <link.h>

// Where the linker puts that section, for each thread of the host.
extern "C" {
__attribute__((visibility("hidden"))) extern thread_local unsigned char __start_emulator_own[];
__attribute__((visibility("hidden"))) extern thread_local unsigned char __stop_emulator_own[];
}

namespace emulator {
namespace {

struct Bytes {
  unsigned char *begin = nullptr, *end = nullptr;
};
BOREAL_EMULATOR_OWN Bytes all;  // of this library and thread

// Called for each library: keeps the one in which `all` lies.
int look(dl_phdr_info* library, size_t, void*) {
  for (int i = 0; i < library->dlpi_phnum; ++i) {
    const auto& part = library->dlpi_phdr[i];
    if (part.p_type != PT_TLS || library->dlpi_tls_data == nullptr) continue;
    unsigned char* const begin = static_cast<unsigned char*>(library->dlpi_tls_data);
    unsigned char* const own = reinterpret_cast<unsigned char*>(&all);
    if (own >= begin && own < begin + part.p_memsz) all = {begin, begin + part.p_memsz};
  }
  return all.begin != nullptr;
}

}  // namespace

void forget_static_shared() {
  if (all.begin == nullptr && dl_iterate_phdr(look, nullptr) == 0) die("shared memory that nobody finds");
  std::memset(all.begin, kUnwritten, static_cast<size_t>(__start_emulator_own - all.begin));
  std::memset(__stop_emulator_own, kUnwritten, static_cast<size_t>(all.end - __stop_emulator_own));
}

}  // namespace emulator
#else
namespace emulator {
void forget_static_shared() {}
}  // namespace emulator
#endif
