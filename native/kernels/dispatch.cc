#include "kernels/dispatch.h"

#include <cstdlib>
#include <cstring>
#include <string>

#include "base/cpu_features.h"
#include "base/error.h"
#include "kernels/isa.h"

namespace boreal {
namespace {

// The tables of the namespace `isa`, in the order of Kernels; those that an extension of an ISA replaces are
// named apart.
#define BOREAL_FLOAT_TABLES(isa, type)                                                                     \
  {                                                                                                        \
    isa::kRows##type, isa::kElementwise##type, isa::kGemm##type, isa::kDistance##type, isa::kSelect##type, \
        isa::kColumns##type, isa::kLinear##type                                                            \
  }
#define BOREAL_TABLES(isa)                                                                                  \
  BOREAL_FLOAT_TABLES(isa, F32), BOREAL_FLOAT_TABLES(isa, F64), isa::kConvert, isa::kForest, isa::kVectors, \
      isa::kLogistic, isa::kNeural

constexpr Kernels kScalar{"scalar", BOREAL_TABLES(scalar), scalar::kInt8, scalar::kBf16};
#if defined(BOREAL_HAVE_AVX2)
constexpr Kernels kAvx2{"avx2", BOREAL_TABLES(avx2), avx2::kInt8, avx2::kBf16};
#endif
#if defined(BOREAL_HAVE_AVX512)
constexpr Kernels kAvx512{"avx512", BOREAL_TABLES(avx512), avx512::kInt8, avx512::kBf16};
#endif
#if defined(BOREAL_HAVE_AVX512VNNI)
constexpr Kernels kAvx512Vnni{"avx512vnni", BOREAL_TABLES(avx512), avx512vnni::kInt8, avx512::kBf16};
#endif
#if defined(BOREAL_HAVE_AVX512BF16)
constexpr Kernels kAvx512Bf16{"avx512bf16", BOREAL_TABLES(avx512), avx512vnni::kInt8, avx512bf16::kBf16};
#endif
#if defined(BOREAL_HAVE_NEON)
constexpr Kernels kNeon{"neon", BOREAL_TABLES(neon), neon::kInt8, neon::kBf16};
#endif
#if defined(BOREAL_HAVE_NEONDOT)
constexpr Kernels kNeonDot{"neondot", BOREAL_TABLES(neon), neondot::kInt8, neon::kBf16};
#endif
#undef BOREAL_TABLES
#undef BOREAL_FLOAT_TABLES

std::vector<const Kernels*> find_available() {
  const CpuFeatures& cpu = cpu_features();
  (void)cpu;
  std::vector<const Kernels*> tables{&kScalar};
#if defined(BOREAL_HAVE_AVX2)
  if (cpu.avx2) tables.push_back(&kAvx2);
#endif
#if defined(BOREAL_HAVE_AVX512)
  if (cpu.avx512) tables.push_back(&kAvx512);
#endif
#if defined(BOREAL_HAVE_AVX512VNNI)
  if (cpu.avx512vnni) tables.push_back(&kAvx512Vnni);
#endif
#if defined(BOREAL_HAVE_AVX512BF16)
  if (cpu.avx512bf16) tables.push_back(&kAvx512Bf16);
#endif
#if defined(BOREAL_HAVE_NEON)
  if (cpu.neon) tables.push_back(&kNeon);
#endif
#if defined(BOREAL_HAVE_NEONDOT)
  if (cpu.neondot) tables.push_back(&kNeonDot);
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
