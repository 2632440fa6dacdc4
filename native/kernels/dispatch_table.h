// How tables that stand beside struct Kernels, since only one part of the library uses them, are picked.
#pragma once

#include <cstring>

#include "kernels/kernels.h"

namespace boreal {

// Names of extensions begin with that of their instruction set.
inline bool belongs_to(const Kernels& kernels, const char* isa) {
  return std::strncmp(kernels.name, isa, std::strlen(isa)) == 0;
}

}  // namespace boreal

#if defined(BOREAL_HAVE_AVX512)
#define BOREAL_RETURN_AVX512(kernels, table) \
  if (belongs_to(kernels, "avx512")) return avx512::table
#else
#define BOREAL_RETURN_AVX512(kernels, table) (void)(kernels)
#endif
#if defined(BOREAL_HAVE_AVX2)
#define BOREAL_RETURN_AVX2(kernels, table) \
  if (belongs_to(kernels, "avx2")) return avx2::table
#else
#define BOREAL_RETURN_AVX2(kernels, table) (void)(kernels)
#endif
#if defined(BOREAL_HAVE_NEON)
#define BOREAL_RETURN_NEON(kernels, table) \
  if (belongs_to(kernels, "neon")) return neon::table
#else
#define BOREAL_RETURN_NEON(kernels, table) (void)(kernels)
#endif

// Returns, from the function it stands in, the table of the instruction set that `kernels` belongs to.
#define BOREAL_RETURN_TABLE(kernels, table) \
  BOREAL_RETURN_AVX512(kernels, table);     \
  BOREAL_RETURN_AVX2(kernels, table);       \
  BOREAL_RETURN_NEON(kernels, table);       \
  return scalar::table
