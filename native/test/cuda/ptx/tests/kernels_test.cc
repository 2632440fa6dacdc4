// The kernels of the plug-in, where BOREAL_EMULATED_PTX names a folder of what nvcc has made of them.
#include "test/cuda/ptx/kernels.h"

#include <doctest/doctest.h>

namespace emulator {
namespace ptx {
namespace test {

TEST_CASE("every kernel has only instructions that the interpreter knows" * doctest::skip(!is_used())) {
  CHECK(link_all() > 0);
}

}  // namespace test
}  // namespace ptx
}  // namespace emulator
