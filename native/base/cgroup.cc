#include "base/cgroup.h"

#include <cstdlib>
#include <fstream>
#include <vector>

namespace boreal {
namespace {

// Up to two numbers of a control file such as "200000 100000" or "max 100000"; false where there is no
// number.
bool read_numbers(const std::string& path, double* first, double* second) {
  std::ifstream file(path);
  if (!(file >> *first)) return false;
  return second == nullptr || static_cast<bool>(file >> *second);
}

void lower(double* limit, double value) {
  if (value > 0 && (*limit == 0 || value < *limit)) *limit = value;
}

struct Limits {
  double cpus = 0, memory = 0;
};

// The limits that one directory sets: v2 names, then v1 names.
void read_group(const std::string& dir, Limits* limits) {
  double quota, period, bytes;
  if (read_numbers(dir + "/cpu.max", &quota, &period) && period > 0) lower(&limits->cpus, quota / period);
  if (read_numbers(dir + "/cpu.cfs_quota_us", &quota, nullptr) &&
      read_numbers(dir + "/cpu.cfs_period_us", &period, nullptr) && period > 0) {
    lower(&limits->cpus, quota / period);
  }
  if (read_numbers(dir + "/memory.max", &bytes, nullptr)) lower(&limits->memory, bytes);
  if (read_numbers(dir + "/memory.limit_in_bytes", &bytes, nullptr)) lower(&limits->memory, bytes);
}

bool contains(const std::string& list, const std::string& word) {
  return ("," + list + ",").find("," + word + ",") != std::string::npos;
}

}  // namespace

CgroupLimits read_cgroup_limits(const std::string& root) {
  const std::string mount = root + "/sys/fs/cgroup";
  Limits limits;
  std::ifstream groups(root + "/proc/self/cgroup");
  std::string line;
  while (std::getline(groups, line)) {  // <hierarchy>:<controllers>:<path>, no controllers means v2
    const size_t first = line.find(':');
    const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    std::vector<std::string> hierarchies;
    if (controllers.empty()) {
      hierarchies = {mount, mount + "/unified"};
    } else if (contains(controllers, "cpu") || contains(controllers, "memory")) {
      hierarchies = {mount + "/" + controllers};
      // Co-mounted controllers: the directory may bear one name only.
      if (controllers != "cpu" && contains(controllers, "cpu")) hierarchies.push_back(mount + "/cpu");
      if (controllers != "memory" && contains(controllers, "memory"))
        hierarchies.push_back(mount + "/memory");
    }
    for (const std::string& hierarchy : hierarchies) {
      // Every ancestor limits too. Inside a container the path may be the host's, and only its root be
      // visible.
      for (std::string path = line.substr(second + 1);; path.resize(path.rfind('/'))) {
        if (!path.empty() && path.back() == '/') path.pop_back();
        read_group(hierarchy + path, &limits);
        if (path.find('/') == std::string::npos) break;
      }
    }
  }
  // v1 writes "no limit" as a number near 2^63.
  const bool has_memory = limits.memory > 0 && limits.memory < 0x1p62;
  return {limits.cpus, has_memory ? static_cast<uint64_t>(limits.memory) : 0};
}

}  // namespace boreal
