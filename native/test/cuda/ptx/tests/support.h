// Kernels of a few lines of PTX, run over a buffer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace emulator {
namespace ptx {
namespace test {

struct Kernel {
  std::string body;  // its registers are those of `registers`
  unsigned threads = 64, blocks = 1;
  unsigned shared_bytes = 1024;  // `memory`, at a multiple of 1024 bytes
  std::string target = "sm_90a";
  bool with_map = false;  // its second parameter is a map of 128 rows of 128 bytes in the buffer
};
// Runs it with %rd1 the address of the buffer, %r1 the thread and %r2 4 bytes for each thread. What is wrong
// with it, or nothing.
std::string fault_of(const Kernel& kernel, std::vector<uint32_t>& buffer);
std::string fault_of(const Kernel& kernel);
// What thread 0 has stored at the beginning of the buffer, of a kernel that does nothing wrong.
uint32_t result_of(const std::string& body);
// Checks that a fault tells of something.
void says(const std::string& fault, const char* what);

}  // namespace test
}  // namespace ptx
}  // namespace emulator
