// Runs on every device of the CUDA plug-in that BOREAL_CUDA_LIBRARY names: a real one, or the emulation.
// Without a device each test is skipped by name, and counted.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>

#include "test/cuda/devices.h"

int main(int argc, char** argv) {
  using boreal::test::cuda_devices;
  doctest::Context context(argc, argv);
  if (cuda_devices().library == nullptr) {
    std::printf("skipped, %s:\n", cuda_devices().reason.c_str());
    const char* const list[] = {argv[0], "--list-test-cases", "--no-intro"};
    context.applyCommandLine(3, list);
  }
  return context.run();
}
