// Chooses the kernel table once per process: the best the CPU can run, or the one named by BOREAL_ISA.
#pragma once

#include <vector>

#include "kernels/kernels.h"

namespace boreal {

// The chosen table. Throws Error{ERR_ISA} when BOREAL_ISA names an unknown ISA or one this CPU lacks:
// a forced ISA is never silently replaced.
const Kernels& kernels();

// Every table this CPU can run, slowest first; never empty.
const std::vector<const Kernels*>& available_kernels();

}  // namespace boreal
