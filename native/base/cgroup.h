// The CPU and memory limits of the control groups this process is in (Linux; elsewhere none are found).
// https://docs.kernel.org/admin-guide/cgroup-v2.html, .../cgroup-v1/memory.html, .../scheduler/sched-bwc.html
#pragma once

#include <cstdint>
#include <string>

namespace boreal {

struct CgroupLimits {
  double cpus = 0;            // CPU quota / period; 0 = no limit
  uint64_t memory_bytes = 0;  // 0 = no limit
};

// Reads <root>/proc/self/cgroup and what it names below <root>/sys/fs/cgroup; root is "" but for tests.
CgroupLimits read_cgroup_limits(const std::string& root = "");

}  // namespace boreal
