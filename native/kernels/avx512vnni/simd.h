// AVX-512 with VNNI. Its float and double kernels are AVX-512's, compiled again for this table; it is an ISA
// of its own because VNNI replaces the int8 dot products, and a table must name every instruction it may use.
#pragma once

#include "kernels/avx512/simd.h"
