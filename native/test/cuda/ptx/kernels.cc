#include "test/cuda/ptx/kernels.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>

#include "test/cuda/ptx/symbols.h"

namespace emulator {
namespace ptx {
namespace {

const char* folder() { return std::getenv("BOREAL_EMULATED_PTX"); }

class Kernels {
 public:
  Kernels() {
    for (const auto& file : std::filesystem::recursive_directory_iterator(folder())) {
      if (file.path().extension() == ".ptx") load(file.path());
    }
    if (modules_.empty()) throw Fault(std::string(folder()) + ": no PTX files");
  }

  int target() const {
    int number = 0;
    for (const auto& module : modules_) number = std::atoi(module.second->module.target.c_str() + 3);
    return number;
  }

  const Program& program(const void* kernel) {
    auto& known = programs_[kernel];
    if (known == nullptr) {
      const Symbol symbol = symbol_at(kernel);
      auto found = entries_.find({symbol.file, plain_name(symbol.name)});
      // One that several sources have outside of an anonymous namespace is the same in each.
      for (auto e = entries_.begin(); found == entries_.end() && e != entries_.end(); ++e) {
        if (e->first.second == symbol.name && !is_anonymous(symbol.name)) found = e;
      }
      if (found == entries_.end()) throw Fault("no PTX of the kernel " + symbol.name + " of " + symbol.file);
      known = link(*modules_.at(found->second.first), found->second.second);
    }
    return *known;
  }

  size_t link_all() {
    for (const auto& entry : entries_) link(*modules_.at(entry.second.first), entry.second.second);
    return entries_.size();
  }

  std::vector<Region> constants() {
    std::vector<Region> all;
    for (auto& module : modules_) {
      for (auto& variable : module.second->global) {
        auto& bytes = variable.second;
        all.push_back({bytes.data(), bytes.data() + bytes.size(), nullptr});
      }
    }
    return all;
  }

 private:
  void load(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    auto loaded = std::make_unique<Loaded>();
    loaded->module = parse(path.string(), text.str());
    for (const Variable& v : loaded->module.variables) {
      if (v.space != Space::kShared) loaded->global[v.name] = v.value;
    }
    const std::string stem = path.stem().string();
    for (const auto& f : loaded->module.functions) {
      if (f.second.entry) entries_[{stem, plain_name(f.first)}] = {path.string(), f.first};
    }
    modules_[path.string()] = std::move(loaded);
  }

  std::map<std::string, std::unique_ptr<Loaded>> modules_;
  std::map<std::pair<std::string, std::string>, std::pair<std::string, std::string>> entries_;
  std::map<const void*, std::unique_ptr<Program>> programs_;
};

Kernels& kernels() {
  static Kernels all;
  return all;
}
// One launch at a time: what is known of memory is known to all.
std::mutex mutex;

}  // namespace

bool is_used() { return folder() != nullptr; }
int target() {
  const std::lock_guard<std::mutex> lock(mutex);
  return kernels().target();
}
size_t link_all() {
  const std::lock_guard<std::mutex> lock(mutex);
  return kernels().link_all();
}
size_t shared_bytes(const void* kernel) {
  const std::lock_guard<std::mutex> lock(mutex);
  return kernels().program(kernel).shared_bytes;
}

void run(const void* kernel, const Launch& given, const std::vector<std::vector<unsigned char>>& parameters) {
  const std::lock_guard<std::mutex> lock(mutex);
  const Program& program = kernels().program(kernel);
  Launch launch = given;
  launch.parameters.assign(program.parameters_bytes, 0);
  if (parameters.size() != program.parameter_at.size()) throw Fault(program.name + ": other parameters");
  for (size_t n = 0; n < parameters.size(); ++n) {
    if (parameters[n].size() != program.parameter_bytes[n])
      throw Fault(program.name + ": parameters of other sizes");
    std::memcpy(launch.parameters.data() + program.parameter_at[n], parameters[n].data(),
                parameters[n].size());
  }
  std::vector<Region> all = regions();
  for (const Region& region : kernels().constants()) all.push_back(region);
  std::sort(all.begin(), all.end(), [](const Region& a, const Region& b) { return a.begin < b.begin; });
  Machine(program, launch, std::move(all)).run();
}

}  // namespace ptx
}  // namespace emulator
