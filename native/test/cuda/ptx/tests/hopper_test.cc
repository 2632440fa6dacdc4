// Barriers in shared memory, copies of tiles and products of warp groups.
#include <doctest/doctest.h>

#include "test/cuda/ptx/tests/support.h"

namespace emulator {
namespace ptx {
namespace test {
namespace {

// A tile of 8 rows at 0, a barrier behind it.
const std::string kInit =
    "mov.u32 %r3, memory; add.s32 %r4, %r3, 2048; setp.eq.u32 %p1, %r1, 0;"
    "@%p1 mbarrier.init.shared::cta.b64 [%r4], 1;\n";
const std::string kPublish = "@%p1 fence.mbarrier_init.release.cluster; bar.sync 0;\n";
const std::string kCopy =
    "mov.u32 %r5, 0; mov.b64 %rd3, map; cvta.param.u64 %rd4, %rd3;"
    "@%p1 mbarrier.arrive.expect_tx.shared::cta.b64 _, [%r4], 1024;"
    "@%p1 cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%r3], [%rd4, {%r5, "
    "%r5}], [%r4];\n";
const std::string kWait = "W: mbarrier.try_wait.parity.shared::cta.b64 %p2, [%r4], 0; @!%p2 bra W;\n";
const std::string kRead = "add.s32 %r6, %r3, %r2; ld.shared.u32 %r7, [%r6];\n";

std::string fault_of_tile(const std::string& body) {
  Kernel kernel;
  kernel.body = body;
  kernel.shared_bytes = 3072;
  kernel.with_map = true;
  return fault_of(kernel);
}

// Both operands are the first 64 rows of shared memory, 32 bytes of each.
const std::string kOperand =
    "mov.u32 %r3, memory; shr.u32 %r4, %r3, 4; cvt.u64.u32 %rd3, %r4; mov.u64 %rd4, 0x4000004000010000; "
    "or.b64 %rd3, %rd3, %rd4;\n";
// Each thread writes 64 bytes; the label is there once.
std::string fill_at(const std::string& label) {
  return "shl.b32 %r5, %r1, 6; add.s32 %r5, %r3, %r5; mov.u32 %r6, 0;" + label +
         ": st.shared.u32 [%r5], 0x01010101; add.s32 %r5, %r5, 4; add.s32 %r6, %r6, 1;"
         "setp.lt.u32 %p1, %r6, 16; @%p1 bra " +
         label + ";\n";
}
const std::string kFill = fill_at("F");
std::string zeros() {
  std::string text;
  for (int n = 16; n < 20; ++n) text += "mov.u32 %r" + std::to_string(n) + ", 0;";
  return text + "setp.eq.u32 %p3, 0, 0;\n";
}
const std::string kProduct =
    "wgmma.mma_async.sync.aligned.m64n8k32.s32.u8.s8 {%r16, %r17, %r18, %r19}, %rd3, %rd3, %p3;\n";
const std::string kDone = "wgmma.commit_group.sync.aligned; wgmma.wait_group.sync.aligned 0;\n";
const std::string kFence = "wgmma.fence.sync.aligned;\n";
const std::string kStore = "add.s64 %rd5, %rd1, %rd2; st.global.u32 [%rd5], %r16;\n";

std::string fault_of_group(const std::string& body, std::vector<uint32_t>& buffer) {
  Kernel kernel;
  kernel.body = kOperand + body;
  kernel.threads = 128;
  kernel.shared_bytes = 8192;
  return fault_of(kernel, buffer);
}
std::string fault_of_group(const std::string& body) {
  std::vector<uint32_t> buffer(128);
  return fault_of_group(body, buffer);
}

}  // namespace

TEST_CASE("copies of tiles come with their barrier, which has been made known") {
  CHECK(fault_of_tile(kInit + kPublish + kCopy + kWait + kRead) == "");
  says(fault_of_tile(kInit + "bar.sync 0;" + kCopy + kWait + kRead), "no fence makes the barrier known");
  says(fault_of_tile(kInit + "@%p1 fence.mbarrier_init.release.cluster;" + kCopy + kWait + kRead),
       "what is written in line");
  says(fault_of_tile(kInit + kPublish + kCopy + kRead + kWait), "in line");
  says(fault_of_tile("mov.u32 %r3, memory; add.s32 %r4, %r3, 2048; setp.eq.u32 %p1, %r1, 0;" + kCopy),
       "nobody has made");
  says(fault_of_tile(kInit + kPublish + kWait), "wait for each other");
  // A tile that is still read when the next one comes.
  says(fault_of_tile(kInit + kPublish + kCopy + kWait + kRead + kCopy), "what is read in line");
  says(fault_of_tile(kInit + kPublish +
                     "@%p1 mbarrier.arrive.shared::cta.b64 _, [%r4]; add.s32 %r3, %r3, 128;" + kCopy),
       "multiple of 1024");
}

TEST_CASE("products of warp groups: sums, fences and waits") {
  std::vector<uint32_t> buffer(128);
  const std::string fill = kFill + "fence.proxy.async.shared::cta; bar.sync 0;\n";
  CHECK(fault_of_group(fill + zeros() + kFence + kProduct + kDone + kStore, buffer) == "");
  for (const uint32_t sum : buffer) CHECK(sum == 32);
  says(fault_of_group(kFill + "bar.sync 0;" + zeros() + kFence + kProduct + kDone), "no fence makes known");
  says(fault_of_group(kFill + "fence.proxy.async.shared::cta;" + zeros() + kFence + kProduct + kDone),
       "what is written in line");
  says(fault_of_group(fill + kFence + zeros() + kProduct + kDone), "no fence between");
  says(fault_of_group(fill + zeros() + kFence + kProduct + kStore + kDone), "nobody has waited for");
  says(fault_of_group(fill + zeros() + kFence + kProduct), "nobody waits for");
  // The first product has a fence before it, whatever its sums are.
  says(fault_of_group(fill + "setp.eq.u32 %p3, 0, 0;" + kProduct + kDone), "no fence between");
  says(fault_of_group(fill + zeros() + kFence + "mov.b64 {%r16, %r17}, %rd2;" + kProduct + kDone),
       "no fence between");
  CHECK(fault_of_group(fill + zeros() + kFence + "mov.b64 {%r20, %r21}, %rd3;" + kProduct + kDone) == "");
  // The operands are still read.
  says(fault_of_group(fill + zeros() + kFence + kProduct + fill_at("G") + kDone), "product of warp");
  CHECK(fault_of_group(fill + zeros() + kFence + kProduct + kDone + "bar.sync 0;" + fill_at("G")) == "");
}

TEST_CASE("products of what threads have copied") {
  std::string copy = "shl.b32 %r5, %r1, 6; add.s32 %r5, %r3, %r5;";
  for (const char* const to : {"0", "16", "32", "48"}) {
    copy += std::string("cp.async.cg.shared.global [%r5+") + to + "], [%rd1], 16, 16;";
  }
  const std::string wait = "cp.async.commit_group; cp.async.wait_group 0;", barrier = "bar.sync 0;";
  const std::string publish = "fence.proxy.async.shared::cta;";
  const std::string product = zeros() + kFence + kProduct + kDone;
  CHECK(fault_of_group(copy + wait + publish + barrier + product) == "");
  says(fault_of_group(copy + wait + barrier + product), "no fence makes known");
  says(fault_of_group(copy + publish + wait + barrier + product), "no fence makes known");
}

TEST_CASE("what the four warps of a group do together") {
  const auto of_threads = [](unsigned threads, const std::string& body) {
    Kernel kernel;
    kernel.body = kOperand + body;
    kernel.threads = threads;
    kernel.shared_bytes = 8192;
    return fault_of(kernel);
  };
  const std::string less = "setmaxnreg.dec.sync.aligned.u32 32;";
  CHECK(of_threads(256, less) == "");
  says(of_threads(64, less), "of a warp group");
  says(of_threads(192, less), "of a warp group");
  const std::string some = "setp.lt.u32 %p1, %r1, 32; @%p1 bra E;";
  says(of_threads(256, some + less + "E:"), "of a warp group");
  const std::string fill = kFill + "fence.proxy.async.shared::cta; bar.sync 0;" + zeros() + kFence;
  says(of_threads(128, fill + some + kProduct + "E:" + kDone), "of a warp group");
  const std::string group = "setp.lt.u32 %p1, %r1, 128; @%p1 bra E;";
  CHECK(of_threads(256, group + less + "E:") == "");
}

TEST_CASE("registers that warps give and take") {
  Kernel kernel;
  kernel.body = "setmaxnreg.inc.sync.aligned.u32 24;";
  says(fault_of(kernel), "the other way");
  kernel.body = "setmaxnreg.dec.sync.aligned.u32 39;";
  says(fault_of(kernel), "no number of registers");
  kernel.body = "setmaxnreg.inc.sync.aligned.u32 232;";
  kernel.threads = 1024;
  says(fault_of(kernel), "more registers than there are");
}

}  // namespace test
}  // namespace ptx
}  // namespace emulator
