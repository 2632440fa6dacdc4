// What must be reported, and what must not.
#include <doctest/doctest.h>

#include "test/cuda/ptx/tests/support.h"

namespace emulator {
namespace ptx {
namespace test {
namespace {

// Whichever of two accesses comes second is the one that is reported.
void races(const std::string& fault) {
  INFO(fault);
  const bool written = fault.find("what is written in line") != std::string::npos;
  CHECK((written || fault.find("what is read in line") != std::string::npos));
}
std::string fault_of_body(const std::string& body, unsigned threads = 64) {
  Kernel kernel;
  kernel.body = body;
  kernel.threads = threads;
  return fault_of(kernel);
}

// Thread t writes word t of shared memory.
const std::string kWrite = "mov.u32 %r3, memory; add.s32 %r4, %r3, %r2; st.shared.u32 [%r4], %r1;\n";
// Reads the word of thread t ^ n.
std::string read_of(int n) {
  return "xor.b32 %r5, %r1, " + std::to_string(n) +
         "; shl.b32 %r5, %r5, 2; add.s32 %r5, %r3, %r5; ld.shared.u32 %r6, [%r5];\n";
}
const std::string kCopy =
    "mov.u32 %r3, memory; add.s32 %r4, %r3, %r2; add.s64 %rd3, %rd1, %rd2;"
    "cp.async.ca.shared.global [%r4], [%rd3], 4, 4;\n";

}  // namespace

TEST_CASE("races of shared memory") {
  CHECK(fault_of_body(kWrite + read_of(0)) == "");
  races(fault_of_body(kWrite + read_of(32)));
  races(fault_of_body(kWrite + read_of(1)));
  CHECK(fault_of_body(kWrite + "bar.sync 0;" + read_of(32)) == "");
  // A warp's own barrier is none for another warp, nor is one of some of its threads for the others.
  CHECK(fault_of_body(kWrite + "bar.warp.sync -1;" + read_of(1)) == "");
  races(fault_of_body(kWrite + "bar.warp.sync -1;" + read_of(32)));
  const std::string half = "setp.lt.u32 %p1, %r1, 2; @%p1 bar.warp.sync 3;";
  CHECK(fault_of_body(kWrite + half + "@%p1 bra L; ret; L:" + read_of(1), 32) == "");
  races(fault_of_body(kWrite + half + "@%p1 bra L; ret; L:" + read_of(2), 32));
  // Read, then written by another.
  races(fault_of_body(kWrite + "bar.sync 0;" + read_of(32) + "st.shared.u32 [%r4], %r6;"));
  CHECK(fault_of_body(kWrite + "bar.sync 0;" + read_of(32) + "bar.sync 0; st.shared.u32 [%r4], %r6;") == "");
  CHECK(fault_of_body("mov.u32 %r3, memory; st.shared.u32 [%r3], 7;") == "");  // all the same
  races(fault_of_body("mov.u32 %r3, memory; st.shared.u32 [%r3], %r1;"));
  const std::string zero = "mov.u32 %r3, memory; setp.ne.u32 %p1, %r1, 0; @!%p1 st.shared.u32 [%r3], 0;";
  races(fault_of_body(zero + "atom.shared.add.u32 %r4, [%r3], 1;"));
  CHECK(fault_of_body(zero + "bar.sync 0; atom.shared.add.u32 %r4, [%r3], 1;") == "");
}

TEST_CASE("races of global memory, between threads and blocks") {
  Kernel kernel;
  kernel.blocks = 2;
  kernel.body =
      "add.s64 %rd3, %rd1, %rd2; st.global.u32 [%rd3], %r1; mov.u32 %r5, %ctaid.x; st.global.u32 [%rd3], "
      "%r5;";
  says(fault_of(kernel), "of another block");
  kernel.body = "atom.global.add.u32 %r5, [%rd1], 1;";
  CHECK(fault_of(kernel) == "");
  kernel.body = "ld.global.u32 %r5, [%rd1];";
  CHECK(fault_of(kernel) == "");
  races(fault_of_body("add.s64 %rd3, %rd1, %rd2; st.global.u32 [%rd3], %r1; ld.global.u32 %r5, [%rd1+4];"));
}

TEST_CASE("what one block has written, read by the last of two") {
  const auto last_of = [](const std::string& publish, const std::string& learn) {
    Kernel kernel;
    kernel.blocks = 2;
    kernel.body =
        "mov.u32 %r3, %ctaid.x; mul.wide.u32 %rd3, %r3, 256; add.s64 %rd3, %rd3, %rd2; add.s64 %rd3, %rd1, "
        "%rd3; st.global.u32 [%rd3+64], %r1; bar.sync 0; setp.ne.u32 %p1, %r1, 0; @%p1 bra E;" +
        publish + "setp.ne.u32 %p2, %r3, 1; @%p2 bra E;" + learn + "ld.global.u32 %r5, [%rd1+68]; E:";
    return fault_of(kernel);
  };
  const std::string fence = "membar.gl;", signal = "atom.global.add.u32 %r4, [%rd1], 1;";
  CHECK(last_of(fence + signal, fence) == "");
  CHECK(last_of("fence.acq_rel.gpu;" + signal, "fence.sc.sys;") == "");
  says(last_of(fence + signal, ""), "of another block");
  says(last_of(signal, fence), "of another block");
  // The counter before the fence, or none; another cell; fences for the block alone.
  says(last_of(signal + fence, fence), "of another block");
  says(last_of(fence, fence), "of another block");
  says(last_of(
           fence + "mul.wide.u32 %rd4, %r3, 4; add.s64 %rd4, %rd1, %rd4; atom.global.add.u32 %r4, [%rd4], 1;",
           fence),
       "of another block");
  says(last_of("membar.cta;" + signal, fence), "of another block");
  says(last_of(fence + signal, "fence.acq_rel.cta;"), "of another block");
}

TEST_CASE("accesses out of bounds, of the wrong alignment or memory") {
  says(fault_of_body("st.shared.u32 [memory+1024], %r1;", 1), "outside of 1024 bytes");
  says(fault_of_body("ld.shared.u32 %r3, [memory+2];", 1), "no multiple of 4");
  CHECK(fault_of_body("ld.global.u32 %r3, [%rd1+16396];", 1) == "");
  says(fault_of_body("ld.global.u32 %r3, [%rd1+16400];", 1), "outside of what is allocated");
  says(fault_of_body("ld.global.v2.u32 {%r3, %r4}, [%rd1+4];", 1), "no multiple of 8");
  says(fault_of_body("st.global.u32 [%rd1+-4], %r1;", 1), "outside of what is allocated");
  says(fault_of_body("ld.global.v4.u32 {%r3, %r4, %r5, %r6}, [%rd1+16392];", 1), "multiple of 16");
  says(fault_of_body("cvta.to.shared.u64 %rd3, %rd1;", 1), "of another memory");
  says(fault_of_body("ld.param.u32 %r3, [p+8];", 1), "outside of the parameters");
}

TEST_CASE("copies that are not waited for") {
  const std::string done = "cp.async.commit_group; cp.async.wait_group 0;";
  CHECK(fault_of_body(kCopy + done + "ld.shared.u32 %r6, [%r4];") == "");
  races(fault_of_body(kCopy + "ld.shared.u32 %r6, [%r4];" + done));
  races(fault_of_body(kCopy + "cp.async.commit_group; cp.async.wait_group 1; ld.shared.u32 %r6, [%r4];" +
                      done));
  // Its own wait is for its own copies; others come by a barrier, and the wait is before it.
  races(fault_of_body(kCopy + done + read_of(1)));
  CHECK(fault_of_body(kCopy + done + "bar.sync 0;" + read_of(32)) == "");
  races(fault_of_body(kCopy + "bar.sync 0;" + done + read_of(32)));
  // A stage that others still read.
  races(fault_of_body(kWrite + "bar.sync 0;" + read_of(32) + kCopy + done));
}

TEST_CASE("threads that wait for each other, or do what they must do together apart") {
  says(fault_of_body("setp.eq.u32 %p1, %r1, 0; @%p1 bra L; bar.sync 0; ret; L: bar.sync 0;", 32),
       "another barrier");
  says(fault_of_body(
           "setp.lt.u32 %p1, %r1, 16; @%p1 bra L; bar.warp.sync -1; bar.warp.sync -1; ret; L: bar.sync 0;",
           32),
       "wait for each other");
  says(fault_of_body("setp.lt.u32 %p1, %r1, 16; @!%p1 bra L; shfl.sync.idx.b32 %r5, %r1, 20, 31, 65535; L:",
                     32),
       "takes no part");
  says(fault_of_body("bar.warp.sync 1;", 32), "no member");
  says(fault_of_body("mov.u32 %r3, memory; ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r4}, [%r3];", 16),
       "lacks threads");
}

TEST_CASE("a trap is a fault of the thread that comes by") {
  says(fault_of_body("setp.eq.u32 %p1, %r1, 3; @%p1 trap;"), "a trap");
  CHECK(fault_of_body("setp.eq.u32 %p1, %r1, 3000; @%p1 trap;") == "");
}

TEST_CASE("what the interpreter does not know is no guess") {
  says(fault_of_body("sad.u32 %r3, %r1, %r2, %r1;"), "unknown opcode");
  says(fault_of_body("add.sat.s32 %r3, %r1, %r2;"), "sat");
  says(fault_of_body("add.s32.cc %r3, %r1, %r2;"), "unknown modifier .cc");
  says(fault_of_body("fma.rn.ftz.f32 %f1, %f2, %f3, %f4;"), "ftz");
  says(fault_of_body("add.s32 %r3, %r1, %rd1;"), "another width");
  says(fault_of_body("add.s32 %r3, %r1, %r99;"), "unknown name");
  says(fault_of_body("bra nowhere;"), "no such label");
  says(fault_of_body("setp.lt.f16 %p1, %h1, %h2;"), "floats of that width");
  says(fault_of_body("cvt.rzi.s32.f16 %r3, %h1;"), "floats of that width");
  says(fault_of_body("cvt.rn.f16.s32 %h1, %r3;"), "floats of that width");
  says(fault_of_body("cvt.sat.f16.f16 %h1, %h2;"), "floats of that width");
}

}  // namespace test
}  // namespace ptx
}  // namespace emulator
