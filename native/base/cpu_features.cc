#include "base/cpu_features.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <thread>
#include <vector>

#include "base/cgroup.h"

#if defined(__linux__)
#include <sched.h>
#include <sys/auxv.h>
#include <unistd.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(_WIN32)
#include <windows.h>
#endif
#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(_M_X64)
#include <intrin.h>
#endif

namespace boreal {
namespace {

CpuFeatures detect_features() {
  CpuFeatures features;
#if defined(__x86_64__)
  // libgcc and compiler-rt ask XGETBV as well: a set the OS does not save is reported absent.
  __builtin_cpu_init();
  features.avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                  __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  unsigned eax, ebx, ecx = 0, edx;
  constexpr unsigned kF16c = 1u << 29;  // not a name that every compiler's __builtin_cpu_supports knows
  features.avx2 = features.avx2 && __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & kF16c) != 0;
  features.avx512 = features.avx2 && __builtin_cpu_supports("avx512f") &&
                    __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512cd");
  features.avx512vnni = features.avx512 && __builtin_cpu_supports("avx512vnni");
  constexpr unsigned kBf16 = 1u << 5;  // leaf 7, subleaf 1: likewise
  features.avx512bf16 =
      features.avx512vnni && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0 && (eax & kBf16) != 0;
#elif defined(__aarch64__) || defined(_M_ARM64)
  features.neon = true;                          // part of the base instruction set
#if defined(__linux__)
  constexpr unsigned long kAsimdDp = 1ul << 20;  // HWCAP_ASIMDDP, which older headers lack
  features.neondot = (getauxval(AT_HWCAP) & kAsimdDp) != 0;
#elif defined(__APPLE__)
  int present = 0;
  size_t size = sizeof(present);
  features.neondot =
      sysctlbyname("hw.optional.arm.FEAT_DotProd", &present, &size, nullptr, 0) == 0 && present != 0;
#elif defined(_WIN32)
  constexpr DWORD kDotProduct = 43;  // PF_ARM_V82_DP_INSTRUCTIONS_AVAILABLE
  features.neondot = IsProcessorFeaturePresent(kDotProduct) != 0;
#endif
#endif
  return features;
}

// CPUs in this thread's affinity mask; 0 if unknown.
size_t affinity_count() {
#if defined(__linux__)
  // The kernel refuses a mask shorter than its own: grow until it fits.
  for (size_t cpus = 1024; cpus <= (size_t{1} << 20); cpus *= 2) {
    const size_t bytes = CPU_ALLOC_SIZE(cpus);
    std::vector<unsigned long> mask(bytes / sizeof(unsigned long) + 1);
    cpu_set_t* set = reinterpret_cast<cpu_set_t*>(mask.data());
    if (sched_getaffinity(0, bytes, set) == 0) return static_cast<size_t>(CPU_COUNT_S(bytes, set));
  }
#endif
  return 0;
}

size_t detect_thread_count() {
  if (const char* text = std::getenv("BOREAL_NUM_THREADS")) {
    char* end = nullptr;
    const long wanted = std::strtol(text, &end, 10);
    if (end != text && *end == '\0' && wanted >= 1 && wanted <= 1024) return static_cast<size_t>(wanted);
  }
  size_t count = affinity_count();
  if (count == 0) count = std::thread::hardware_concurrency();
  const double quota = std::ceil(read_cgroup_limits().cpus);
  if (quota >= 1 && (count == 0 || quota < static_cast<double>(count))) count = static_cast<size_t>(quota);
  return std::max<size_t>(count, 1);
}

uint64_t physical_memory() {
#if defined(__linux__)
  const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  return pages > 0 && page > 0 ? static_cast<uint64_t>(pages) * static_cast<uint64_t>(page) : 0;
#elif defined(__APPLE__)
  uint64_t bytes = 0;
  size_t size = sizeof(bytes);
  return sysctlbyname("hw.memsize", &bytes, &size, nullptr, 0) == 0 ? bytes : 0;
#elif defined(_WIN32)
  MEMORYSTATUSEX status;
  status.dwLength = sizeof(status);
  return GlobalMemoryStatusEx(&status) ? status.ullTotalPhys : 0;
#else
  return 0;
#endif
}

uint64_t detect_memory_limit() {
  const uint64_t physical = physical_memory();
  const uint64_t limit = read_cgroup_limits().memory_bytes;
  return limit > 0 && (physical == 0 || limit < physical) ? limit : physical;
}

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t");
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(" \t\n") - begin + 1);
}

std::string detect_name() {
#if defined(__x86_64__) || defined(_M_X64)
  // The brand string: three leaves of sixteen characters.
  char brand[49] = {};
  for (unsigned leaf = 0; leaf < 3; ++leaf) {
    unsigned registers[4] = {};
#if defined(__x86_64__)
    if (__get_cpuid(0x80000002u + leaf, &registers[0], &registers[1], &registers[2], &registers[3]) == 0)
      break;
#else
    __cpuid(reinterpret_cast<int*>(registers), static_cast<int>(0x80000002u + leaf));
#endif
    std::memcpy(brand + leaf * 16, registers, 16);
  }
  return trimmed(brand);
#elif defined(__APPLE__)
  char brand[256] = {};
  size_t size = sizeof(brand) - 1;
  return sysctlbyname("machdep.cpu.brand_string", brand, &size, nullptr, 0) == 0 ? trimmed(brand) : "";
#else
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    if (line.compare(0, 10, "model name") == 0) return trimmed(line.substr(line.find(':') + 1));
  }
  return "";
#endif
}

}  // namespace

const CpuFeatures& cpu_features() {
  static const CpuFeatures features = detect_features();
  return features;
}

size_t default_thread_count() {
  static const size_t count = detect_thread_count();
  return count;
}

uint64_t memory_limit_bytes() {
  static const uint64_t bytes = detect_memory_limit();
  return bytes;
}

std::string cpu_name() {
  const std::string name = detect_name();
  return name.empty() ? "unknown" : name;
}

}  // namespace boreal
