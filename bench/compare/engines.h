// The parts of boreal's own engine.
#pragma once

#include "problem.h"

namespace boreal_bench {

Task boreal_int8(const Problem& p);
Task boreal_elementwise(const Problem& p);
Task boreal_decomposition(const Problem& p);

}  // namespace boreal_bench
