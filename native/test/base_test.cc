// cgroup limits, CPU features, aligned buffers, random numbers, cancellation.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/cancel.h"
#include "base/cgroup.h"
#include "base/cpu_features.h"
#include "base/large_blocks.h"
#include "base/rng.h"

using boreal::AlignedBuffer;
using boreal::CgroupLimits;
using boreal::idle_memory_bytes;
using boreal::kHugePage;
using boreal::large_block_size;
using boreal::Rng;

namespace {

// A root directory with the given files, removed at the end.
class FakeRoot {
 public:
  explicit FakeRoot(const std::map<std::string, std::string>& files) {
    static int count = 0;
    const auto stamp = std::hash<std::thread::id>{}(std::this_thread::get_id()) ^ Rng(uintptr_t(this)).next();
    path_ = std::filesystem::temp_directory_path() /
            ("boreal-root-" + std::to_string(stamp) + "-" + std::to_string(count++));
    for (const auto& [name, text] : files) {
      const std::filesystem::path file = path_ / name;
      std::filesystem::create_directories(file.parent_path());
      std::ofstream(file) << text;
    }
  }
  ~FakeRoot() { std::filesystem::remove_all(path_); }
  CgroupLimits limits() const { return boreal::read_cgroup_limits(path_.string()); }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("cgroup: version 2, the tightest ancestor counts") {
  const FakeRoot root({{"proc/self/cgroup", "0::/a/b/c\n"},
                       {"sys/fs/cgroup/a/cpu.max", "150000 100000\n"},
                       {"sys/fs/cgroup/a/b/cpu.max", "max 100000\n"},
                       {"sys/fs/cgroup/a/b/c/cpu.max", "800000 100000\n"},
                       {"sys/fs/cgroup/a/memory.max", "1000000\n"},
                       {"sys/fs/cgroup/a/b/c/memory.max", "max\n"}});
  CHECK(root.limits().cpus == 1.5);
  CHECK(root.limits().memory_bytes == 1000000);
}

TEST_CASE("cgroup: version 2 in a container that shows its own root only") {
  const FakeRoot root({{"proc/self/cgroup", "0::/docker/0123\n"},
                       {"sys/fs/cgroup/cpu.max", "50000 100000\n"},
                       {"sys/fs/cgroup/memory.max", "536870912\n"}});
  CHECK(root.limits().cpus == 0.5);
  CHECK(root.limits().memory_bytes == 536870912);
}

TEST_CASE("cgroup: version 1, co-mounted and hybrid") {
  const FakeRoot root(
      {{"proc/self/cgroup", "12:memory:/pod/x\n7:cpu,cpuacct:/pod/x\n1:name=systemd:/\n0::/system.slice\n"},
       {"sys/fs/cgroup/cpu/pod/x/cpu.cfs_quota_us", "-1\n"},
       {"sys/fs/cgroup/cpu/pod/x/cpu.cfs_period_us", "100000\n"},
       {"sys/fs/cgroup/cpu,cpuacct/pod/cpu.cfs_quota_us", "250000\n"},
       {"sys/fs/cgroup/cpu,cpuacct/pod/cpu.cfs_period_us", "100000\n"},
       {"sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"},
       {"sys/fs/cgroup/memory/pod/x/memory.limit_in_bytes", "2147483648\n"},
       {"sys/fs/cgroup/unified/system.slice/cpu.max", "900000 100000\n"}});
  CHECK(root.limits().cpus == 2.5);
  CHECK(root.limits().memory_bytes == 2147483648u);
}

TEST_CASE("cgroup: no limits, no files, nonsense") {
  const FakeRoot unlimited({{"proc/self/cgroup", "4:cpu:/\n3:memory:/\n0::/\n"},
                            {"sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n"},
                            {"sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"},
                            {"sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"},
                            {"sys/fs/cgroup/cpu.max", "max 100000\n"}});
  CHECK(unlimited.limits().cpus == 0);
  CHECK(unlimited.limits().memory_bytes == 0);

  const FakeRoot none({});
  CHECK(none.limits().cpus == 0);
  CHECK(none.limits().memory_bytes == 0);

  const FakeRoot nonsense({{"proc/self/cgroup", "\n:\n0:\nx::\n0::relative\n0::/../..\n"},
                           {"sys/fs/cgroup/cpu.max", "100000 0\n"},
                           {"sys/fs/cgroup/memory.max", "-5\n"}});
  CHECK(nonsense.limits().cpus == 0);
  CHECK(nonsense.limits().memory_bytes == 0);
}

TEST_CASE("cpu features are consistent") {
  const boreal::CpuFeatures& features = boreal::cpu_features();
  if (features.avx512vnni) CHECK(features.avx512);
  if (features.avx512) CHECK(features.avx2);
  if (features.neon) CHECK_FALSE(features.avx2);
  CHECK(boreal::default_thread_count() >= 1);
  CHECK(boreal::default_thread_count() <= 1024 * 1024);
  CHECK_FALSE(boreal::cpu_name().empty());
#if defined(__linux__)
  CHECK(boreal::memory_limit_bytes() > (uint64_t{16} << 20));
#endif
}

TEST_CASE("aligned buffer: alignment, moves, refused sizes") {
  for (size_t size : {size_t{1}, size_t{17}, size_t{1} << 20}) {
    AlignedBuffer<double> buffer(size);
    CHECK(reinterpret_cast<uintptr_t>(buffer.data()) % boreal::kCacheLine == 0);
    CHECK(buffer.size() == size);
    buffer[size - 1] = 3;
    AlignedBuffer<double> moved(std::move(buffer));
    CHECK(moved[size - 1] == 3);
    CHECK(buffer.data() == nullptr);
    CHECK(buffer.size() == 0);
  }
  CHECK(AlignedBuffer<float>(0).data() == nullptr);
  CHECK_THROWS_AS(AlignedBuffer<double>(SIZE_MAX / 4), std::bad_alloc);
}

TEST_CASE("large blocks: whole huge pages, and no more than an eighth too many") {
  CHECK(large_block_size(kHugePage) == kHugePage);
  CHECK(large_block_size(kHugePage + 1) == 2 * kHugePage);
  CHECK(large_block_size(kHugePage * 33 - 1) == 36 * kHugePage);
  for (const size_t bytes : {size_t{3} << 20, size_t{100} << 20, (size_t{1} << 30) + 1}) {
    const size_t taken = large_block_size(bytes);
    CHECK(taken >= bytes);
    CHECK(taken % kHugePage == 0);
    CHECK(large_block_size(taken) == taken);
    CHECK(taken - bytes < std::max(kHugePage, bytes / 8));
  }
  CHECK(idle_memory_bytes() <= size_t{128} << 20);
}

TEST_CASE("rng: a stream is a function of seed and stream number") {
  Rng a(1, 2), b(1, 2), c(1, 3), d(2, 2);
  for (int i = 0; i < 100; ++i) {
    const uint64_t value = a.next();
    CHECK(value == b.next());
    CHECK(value != c.next());
    CHECK(value != d.next());
  }
}

TEST_CASE("rng: below is in range and even, uniform is in [0, 1) with mean one half") {
  Rng rng(7);
  size_t counts[3] = {};
  double sum = 0;
  for (int i = 0; i < 30000; ++i) {
    const uint32_t value = rng.below(3);
    REQUIRE(value < 3);
    ++counts[value];
    const double u = rng.uniform();
    REQUIRE(u >= 0);
    REQUIRE(u < 1);
    sum += u;
  }
  for (size_t count : counts) CHECK(std::abs(static_cast<double>(count) - 10000) < 400);  // 4.9 sigma
  CHECK(std::abs(sum / 30000 - 0.5) < 0.0085);                                            // 5.1 sigma
  CHECK(rng.below(1) == 0);
}

TEST_CASE("cancel token") {
  boreal::CancelToken token;
  CHECK_FALSE(token.cancelled());
  CHECK_NOTHROW(token.check());
  token.cancel();
  CHECK(token.cancelled());
  try {
    token.check();
    FAIL("no throw");
  } catch (const boreal::Error& error) {
    CHECK(std::string(error.code()) == "ERR_ABORTED");
    CHECK(error.row() == -1);
    CHECK(error.column() == -1);
    CHECK(error.op() == -1);
  }
}
