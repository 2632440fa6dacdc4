#include "kernels/dispatch.h"

#include <cstdlib>
#include <cstring>
#include <string>

#include "base/cpu_features.h"
#include "base/error.h"

namespace boreal {
namespace {

std::vector<const Kernels*> find_available() {
  const CpuFeatures& cpu = cpu_features();
  (void)cpu;
  std::vector<const Kernels*> tables{&scalar::kKernels};
#if defined(BOREAL_HAVE_AVX2)
  if (cpu.avx2) tables.push_back(&avx2::kKernels);
#endif
#if defined(BOREAL_HAVE_AVX512)
  if (cpu.avx512) tables.push_back(&avx512::kKernels);
#endif
#if defined(BOREAL_HAVE_AVX512VNNI)
  if (cpu.avx512vnni) tables.push_back(&avx512vnni::kKernels);
#endif
#if defined(BOREAL_HAVE_NEON)
  if (cpu.neon) tables.push_back(&neon::kKernels);
#endif
  return tables;
}

const Kernels& choose() {
  const std::vector<const Kernels*>& available = available_kernels();
  const char* wanted = std::getenv("BOREAL_ISA");
  if (wanted == nullptr || *wanted == '\0') return *available.back();
  std::string names;
  for (const Kernels* table : available) {
    if (std::strcmp(table->name, wanted) == 0) return *table;
    names += (names.empty() ? "" : ", ") + std::string(table->name);
  }
  throw Error("ERR_ISA", "BOREAL_ISA is '" + std::string(wanted) +
                             "', which this CPU or build does not offer. Available: " + names + ".");
}

}  // namespace

const std::vector<const Kernels*>& available_kernels() {
  static const std::vector<const Kernels*> tables = find_available();
  return tables;
}

const Kernels& kernels() {
  static const Kernels& chosen = choose();  // a throwing choice is made anew at the next call
  return chosen;
}

}  // namespace boreal
