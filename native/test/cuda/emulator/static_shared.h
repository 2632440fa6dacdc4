// The __shared__ variables of all kernels: what is thread_local in this library, but for the emulation's own
// variables. Those lie in a section of their own.
#pragma once

namespace emulator {

#ifdef __linux__
#define BOREAL_EMULATOR_OWN __attribute__((section("emulator_own"))) thread_local
#else
#define BOREAL_EMULATOR_OWN thread_local
#endif

// Makes them unwritten; nothing but on Linux.
void forget_static_shared();

}  // namespace emulator
