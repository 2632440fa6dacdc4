// Results at the edges of what PTX defines.
#include <doctest/doctest.h>

#include "test/cuda/ptx/tests/support.h"

namespace emulator {
namespace ptx {
namespace test {

TEST_CASE("whole numbers") {
  CHECK(result_of("mov.u32 %r3, 40; shl.b32 %r10, 1, %r3;") == 0);
  CHECK(result_of("mov.u32 %r3, 40; shr.s32 %r10, -8, %r3;") == 0xffffffffu);
  CHECK(result_of("mov.u32 %r3, -3; shr.u32 %r10, %r3, 1;") == 0x7ffffffeu);
  CHECK(result_of("mul.hi.u32 %r10, 0xffffffff, 0xffffffff;") == 0xfffffffeu);
  CHECK(result_of("mul.wide.s32 %rd3, -2, 3; cvt.u32.u64 %r10, %rd3;") == static_cast<uint32_t>(-6));
  CHECK(result_of("div.s32 %r10, -7, 2;") == static_cast<uint32_t>(-3));
  CHECK(result_of("rem.s32 %r10, -7, 2;") == static_cast<uint32_t>(-1));
  CHECK(result_of("prmt.b32 %r10, 0x33221100, 0x77665544, 0x7610;") == 0x77661100u);
  CHECK(result_of("prmt.b32 %r10, 0x000000f0, 0, 0x0008;") == 0xf0f0f0ffu);
  CHECK(result_of("bfi.b32 %r10, 0xff, 0, 4, 4;") == 0xf0);
  CHECK(result_of("bfind.shiftamt.u32 %r10, 1;") == 31);
  CHECK(result_of("brev.b32 %r10, 1;") == 0x80000000u);
  CHECK(result_of("mov.u64 %rd3, 0x1ffffffff; cvt.s64.s32 %rd4, %rd3; shr.u64 %rd4, %rd4, 32; cvt.u32.u64 "
                  "%r10, %rd4;") == 0xffffffffu);
  CHECK(result_of("mov.u32 %r3, 0x80ff; mov.b32 {%h1, _}, %r3; cvt.s32.s16 %r10, %h1;") == 0xffff80ffu);
  CHECK(result_of("dp4a.u32.s32 %r10, 0xff, 0xff, 5;") == static_cast<uint32_t>(5 - 255));
}

TEST_CASE("floats") {
  const char* const bits = "mov.b32 %r10, %f1;";
  const auto of = [&](const char* body) { return result_of(std::string(body) + bits); };
  CHECK(of("max.f32 %f1, 0f7FC00000, 0f3F800000;") == 0x3f800000u);
  CHECK(of("min.f32 %f1, 0f00000000, 0f80000000;") == 0x80000000u);
  CHECK(of("cvt.sat.f32.f32 %f1, 0f7FC00000;") == 0);
  CHECK(of("cvt.rni.f32.f32 %f1, 0f40200000;") == 0x40000000u);  // 2.5 to 2
  CHECK(of("copysign.f32 %f1, 0fBF800000, 0f40000000;") == 0xc0000000u);
  // 1 + 2^-24 is 1 to the nearest and towards zero; less than 1 by 2^-25 goes down when it is to.
  CHECK(of("add.rz.f32 %f1, 0f3F800000, 0f34000001;") == 0x3f800001u);
  CHECK(of("fma.rm.f32 %f1, 0f3F800000, 0f3F800000, 0fB3000000;") == 0x3f7fffffu);
  CHECK(of("fma.rn.f32 %f1, 0f3F800001, 0f3F800001, 0fBF800002;") == 0x28800000u);
  CHECK(of("ex2.approx.ftz.f32 %f1, 0fC3020000;") == 0);  // 2^-130
  CHECK(of("ex2.approx.f32 %f1, 0fC3020000;") == 0x00080000u);
  CHECK(of("sqrt.rn.f32 %f1, 0f40000000;") == 0x3fb504f3u);
  CHECK(result_of("cvt.rn.f16x2.f32 %r10, 0f3F800000, 0fC0000000;") == 0x3c00c000u);
  CHECK(result_of("cvt.rn.bf16x2.f32 %r10, 0f7FC00000, 0f3F800000;") == 0x7fff3f80u);
  CHECK(result_of("cvt.rzi.s32.f32 %r10, 0f4F800000;") == 0x7fffffffu);
  CHECK(result_of("cvt.rzi.u32.f32 %r10, 0fBF800000;") == 0);
  CHECK(result_of("cvt.rzi.s32.f32 %r10, 0f7FC00000;") == 0);
  CHECK(result_of("setp.gtu.f32 %p1, 0f7FC00000, 0f00000000; selp.u32 %r10, 1, 0, %p1;") == 1);
  CHECK(result_of("setp.ne.f32 %p1, 0f7FC00000, 0f00000000; selp.u32 %r10, 1, 0, %p1;") == 0);
}

TEST_CASE("registers are as new in each block") {
  Kernel kernel;
  kernel.blocks = 2;
  kernel.threads = 1;
  kernel.body =
      "mov.u32 %r3, %ctaid.x; setp.eq.u32 %p1, %r3, 0; @%p1 mov.u32 %r10, 7; mul.wide.u32 %rd3, %r3, 4;"
      "add.s64 %rd3, %rd1, %rd3; st.global.u32 [%rd3], %r10;";
  std::vector<uint32_t> buffer(2);
  CHECK(fault_of(kernel, buffer) == "");
  CHECK(buffer == std::vector<uint32_t>{7, 0xffffffffu});
}

}  // namespace test
}  // namespace ptx
}  // namespace emulator
