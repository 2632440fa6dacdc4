#include "kernels/dispatch_conv.h"

#include <cstring>

namespace boreal {

const ConvKernels& conv_kernels(const Kernels& kernels) {
  // Names of extensions begin with that of their instruction set.
  [[maybe_unused]] const auto is = [&](const char* isa) {
    return std::strncmp(kernels.name, isa, std::strlen(isa)) == 0;
  };
#if defined(BOREAL_HAVE_AVX512)
  if (is("avx512")) return avx512::kConv;
#endif
#if defined(BOREAL_HAVE_AVX2)
  if (is("avx2")) return avx2::kConv;
#endif
#if defined(BOREAL_HAVE_NEON)
  if (is("neon")) return neon::kConv;
#endif
  return scalar::kConv;
}

}  // namespace boreal
