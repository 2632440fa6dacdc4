#include "kernels/dispatch.h"

#include <cstdlib>
#include <cstring>
#include <string>

#include "base/cpu_features.h"
#include "base/error.h"
#include "kernels/isa.h"

namespace boreal {
namespace {

constexpr Kernels kScalar{"scalar",         scalar::kRowsF32, scalar::kRowsF64, scalar::kForest,
                          scalar::kGemmF32, scalar::kGemmF64, scalar::kBf16};
#if defined(BOREAL_HAVE_AVX2)
constexpr Kernels kAvx2{"avx2",         avx2::kRowsF32, avx2::kRowsF64, avx2::kForest,
                        avx2::kGemmF32, avx2::kGemmF64, avx2::kBf16};
#endif
#if defined(BOREAL_HAVE_AVX512)
constexpr Kernels kAvx512{"avx512",         avx512::kRowsF32, avx512::kRowsF64, avx512::kForest,
                          avx512::kGemmF32, avx512::kGemmF64, avx512::kBf16};
// VNNI replaces the int8 dot products only; a name of its own, because a table names all it may use.
constexpr Kernels kAvx512Vnni{"avx512vnni",     avx512::kRowsF32, avx512::kRowsF64, avx512::kForest,
                              avx512::kGemmF32, avx512::kGemmF64, avx512::kBf16};
#endif
#if defined(BOREAL_HAVE_AVX512BF16)
constexpr Kernels kAvx512Bf16{"avx512bf16",     avx512::kRowsF32, avx512::kRowsF64, avx512::kForest,
                              avx512::kGemmF32, avx512::kGemmF64, avx512bf16::kBf16};
#endif
#if defined(BOREAL_HAVE_NEON)
constexpr Kernels kNeon{"neon",         neon::kRowsF32, neon::kRowsF64, neon::kForest,
                        neon::kGemmF32, neon::kGemmF64, neon::kBf16};
#endif

std::vector<const Kernels*> find_available() {
  const CpuFeatures& cpu = cpu_features();
  (void)cpu;
  std::vector<const Kernels*> tables{&kScalar};
#if defined(BOREAL_HAVE_AVX2)
  if (cpu.avx2) tables.push_back(&kAvx2);
#endif
#if defined(BOREAL_HAVE_AVX512)
  if (cpu.avx512) tables.push_back(&kAvx512);
  if (cpu.avx512vnni) tables.push_back(&kAvx512Vnni);
#endif
#if defined(BOREAL_HAVE_AVX512BF16)
  if (cpu.avx512bf16) tables.push_back(&kAvx512Bf16);
#endif
#if defined(BOREAL_HAVE_NEON)
  if (cpu.neon) tables.push_back(&kNeon);
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
