#include "test/cuda/ptx/tests/support.h"

#include <cuda.h>
#include <doctest/doctest.h>

#include <cstring>

#include "test/cuda/ptx/kernels.h"

namespace emulator {

// The kernels of the tests are given their memory one by one.
std::vector<ptx::Region> regions() { return {}; }

namespace ptx {
namespace test {

std::string fault_of(const Kernel& kernel, std::vector<uint32_t>& buffer) {
  std::string text = ".version 9.0\n.target " + kernel.target + "\n.address_size 64\n";
  text += ".visible .entry k(.param .u64 p";
  if (kernel.with_map) text += ", .param .align 64 .b8 map[128]";
  text +=
      ")\n.maxntid 1024, 1, 1\n{\n.reg .pred %p<8>;\n.reg .b16 %h<8>;\n.reg .b32 %r<64>;\n.reg .f32 "
      "%f<64>;\n";
  text += ".reg .b64 %rd<16>;\n.reg .f64 %fd<8>;\n";
  if (kernel.shared_bytes > 0)
    text += ".shared .align 1024 .b8 memory[" + std::to_string(kernel.shared_bytes) + "];\n";
  text += "ld.param.u64 %rd1, [p];\nmov.u32 %r1, %tid.x;\nshl.b32 %r2, %r1, 2;\ncvt.u64.u32 %rd2, %r2;\n";
  text += kernel.body + "\nret;\n}\n";
  Shadow shadow(buffer.size() * 4);
  auto* const begin = reinterpret_cast<unsigned char*>(buffer.data());
  try {
    Loaded loaded;
    loaded.module = parse("test", text);
    const auto program = link(loaded, "k");
    Launch launch;
    launch.grid = dim3(kernel.blocks);
    launch.threads = kernel.threads;
    launch.parameters.resize(program->parameters_bytes);
    std::memcpy(launch.parameters.data(), &begin, 8);
    if (kernel.with_map) {
      const CUtensorMap map{begin, 128, 128, 128, 128, 8, {}};
      std::memcpy(launch.parameters.data() + program->parameter_at[1], &map, sizeof(map));
    }
    Machine(*program, launch, {{begin, begin + buffer.size() * 4, &shadow}}).run();
  } catch (const Fault& fault) {
    return fault.what();
  }
  return "";
}
std::string fault_of(const Kernel& kernel) {
  std::vector<uint32_t> buffer(kernel.threads * 4 + 4096);
  return fault_of(kernel, buffer);
}
uint32_t result_of(const std::string& body) {
  Kernel kernel;
  kernel.body = body + "\nst.global.b32 [%rd1], %r10;";
  kernel.threads = 1;
  std::vector<uint32_t> buffer(1);
  CHECK(fault_of(kernel, buffer) == "");
  return buffer[0];
}

void says(const std::string& fault, const char* what) {
  INFO(fault);
  CHECK(fault.find(what) != std::string::npos);
}

}  // namespace test
}  // namespace ptx
}  // namespace emulator
