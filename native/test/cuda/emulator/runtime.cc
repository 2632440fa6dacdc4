// The runtime's functions over the memory of the host. Two devices that share it; their memory is as small as
// BOREAL_CUDA_EMULATED_BYTES says. BOREAL_CUDA_EMULATED_FAIL makes a call fail: "memory 3" the third from now
// on that needs memory, "work 1" the first that waits for the device, as if a kernel had failed, "driver 1"
// the first that looks for devices. Where BOREAL_CUDA_EMULATED_WAIT names a file, CUDA has started when that
// is there.
#include <cuda_runtime.h>
#include <emulated.h>
#include <fence.h>
#include <static_shared.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "test/cuda/ptx/kernels.h"

namespace emulator {

Live live;

struct Graph {
  Graph() { ++live.graphs; }
  Graph(const Graph& other) : work(other.work) { ++live.graphs; }
  ~Graph() { --live.graphs; }
  std::vector<std::function<void()>> work;
};
struct Stream {
  Stream() { ++live.streams; }
  ~Stream() { --live.streams; }
  Graph* recording = nullptr;
  std::deque<std::function<void()>> waiting;
  std::minstd_rand random{1};

  void run() {
    for (; !waiting.empty(); waiting.pop_front()) waiting.front()();
  }
};

bool is_recorded(const Stream* stream) { return stream != nullptr && stream->recording != nullptr; }

cudaError_t enqueue(Stream* stream, std::function<void()> work) {
  if (stream == nullptr) {
    work();
  } else if (is_recorded(stream)) {
    stream->recording->work.push_back(std::move(work));
  } else {
    stream->waiting.push_back(std::move(work));
    if (stream->random() % 8 == 0) stream->run();
  }
  return cudaSuccess;
}

namespace {

// Where kernels run as PTX there is one device, of the kind that it was compiled for.
struct Kind {
  int major, minor, shared_kib;  // of a block, at most
};
constexpr Kind kKinds[] = {{7, 5, 64}, {9, 0, 227}, {8, 0, 163}};
constexpr int kDevices = 2;
int device_count() { return runs_ptx() ? 1 : kDevices; }
const Kind& kind_of(int device) {
  if (!runs_ptx()) return kKinds[device];
  for (const Kind& kind : kKinds) {
    if (kind.major * 10 + kind.minor == ptx::target()) return kind;
  }
  die("PTX for a device that the emulation does not know");
}
int shared_bytes_of(int device) { return kind_of(device).shared_kib << 10; }

std::mutex mutex;
struct Allocation {
  size_t bytes;
  int device;
  std::unique_ptr<ptx::Shadow> shadow;
};
std::map<void*, Allocation> allocations;
size_t used[kDevices] = {0, 0};
BOREAL_EMULATOR_OWN int current = 0;
BOREAL_EMULATOR_OWN cudaError_t last_error = cudaSuccess;

size_t total_bytes() {
  const char* const given = std::getenv("BOREAL_CUDA_EMULATED_BYTES");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : size_t{1} << 30;
}

cudaError_t fail(cudaError_t error) { return last_error = error; }

// Whether this call of the kind is the one that is to fail. Counting begins where the variable gets its
// value.
bool is_to_fail(const std::string& kind) {
  static std::string known;
  static unsigned long long count = 0;
  const std::lock_guard<std::mutex> lock(mutex);
  const char* const given = std::getenv("BOREAL_CUDA_EMULATED_FAIL");
  const std::string wanted = given == nullptr ? "" : given;
  if (wanted != known) {
    known = wanted;
    count = 0;
  }
  if (wanted.compare(0, kind.size() + 1, kind + " ") != 0) return false;
  return ++count == std::strtoull(wanted.c_str() + kind.size(), nullptr, 10);
}

// Whom boreal_cuda_emulated_on_wait has named.
void (*wait_heard)(const void*) = nullptr;
const void* wait_heard_with = nullptr;

void tell_of_wait() {
  const std::lock_guard<std::mutex> lock(mutex);
  if (wait_heard != nullptr) wait_heard(wait_heard_with);
}

bool has_no_memory() { return is_to_fail("memory"); }

// Waits for the file, half a minute at most, if nobody has waited for that one.
bool has_started() {
  static std::string last;
  const char* const given = std::getenv("BOREAL_CUDA_EMULATED_WAIT");
  const std::string path = given == nullptr ? "" : given;
  {
    const std::lock_guard<std::mutex> lock(mutex);
    if (path.empty() || path == last) return true;
    last = path;
  }
  for (int i = 0; i < 3000; ++i) {
    if (access(path.c_str(), F_OK) == 0) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

constexpr size_t kUsualSharedBytes = 48 << 10;  // that a kernel may have without asking for more
std::map<const void*, size_t> allowed_shared_bytes[kDevices];

}  // namespace

bool may_launch(const void* kernel, dim3 grid, unsigned threads, size_t bytes) {
  constexpr unsigned kMostX = 0x7fffffff, kMostOther = 65535, kMostThreads = 1024;
  const auto fits = [](unsigned size, unsigned most) { return size >= 1 && size <= most; };
  if (!fits(grid.x, kMostX) || !fits(grid.y, kMostOther) || !fits(grid.z, kMostOther) ||
      !fits(threads, kMostThreads)) {
    fail(cudaErrorInvalidConfiguration);
    return false;
  }
  // What declarations take is known of PTX only.
  size_t all_bytes = bytes;
  try {
    if (ptx::is_used()) all_bytes += ptx::shared_bytes(kernel);
  } catch (const ptx::Fault& fault) {
    die(fault.what());
  }
  const std::lock_guard<std::mutex> lock(mutex);
  const auto& allowed = allowed_shared_bytes[current];
  const auto found = allowed.find(kernel);
  const bool asked = found != allowed.end();
  const size_t most = asked ? static_cast<size_t>(shared_bytes_of(current)) : kUsualSharedBytes;
  if (bytes <= (asked ? found->second : kUsualSharedBytes) && all_bytes <= most) return true;
  fail(cudaErrorInvalidValue);
  return false;
}

cudaError_t allow_shared_bytes(const void* kernel, int bytes) {
  if (bytes < 0 || bytes > shared_bytes_of(current)) return fail(cudaErrorInvalidValue);
  const std::lock_guard<std::mutex> lock(mutex);
  size_t& allowed = allowed_shared_bytes[current][kernel];
  allowed = std::max(static_cast<size_t>(bytes), kUsualSharedBytes);
  return cudaSuccess;
}

cudaError_t count_blocks(int* blocks, const void* kernel, int threads, size_t bytes) {
  constexpr size_t kReserved = 1 << 10, kThreadsOfMultiprocessor = 1024;
  if (threads < 1 || threads > 1024) return fail(cudaErrorInvalidValue);
  const std::lock_guard<std::mutex> lock(mutex);
  const auto& allowed = allowed_shared_bytes[current];
  const auto found = allowed.find(kernel);
  const size_t shared = static_cast<size_t>(shared_bytes_of(current)) + kReserved;
  const size_t most =
      std::min(kThreadsOfMultiprocessor / static_cast<size_t>(threads), shared / (bytes + kReserved));
  *blocks = bytes > (found == allowed.end() ? kUsualSharedBytes : found->second) ? 0 : static_cast<int>(most);
  return cudaSuccess;
}

bool runs_ptx() { return ptx::is_used(); }
void run_ptx(const void* kernel, dim3 grid, unsigned threads, size_t bytes, const Parameters& parameters) {
  try {
    ptx::run(kernel, {grid, threads, bytes, {}}, parameters);
  } catch (const ptx::Fault& fault) {
    die(fault.what());
  }
}
std::vector<ptx::Region> regions() {
  const std::lock_guard<std::mutex> lock(mutex);
  std::vector<ptx::Region> all;
  for (const auto& allocation : allocations) {
    auto* const begin = static_cast<unsigned char*>(allocation.first);
    all.push_back({begin, begin + allocation.second.bytes, allocation.second.shadow.get()});
  }
  return all;
}

}  // namespace emulator

using emulator::fail;

cudaError_t cudaGetDeviceCount(int* count) {
  if (!emulator::has_started()) return fail(cudaErrorInitializationError);
  if (emulator::is_to_fail("driver")) return fail(cudaErrorInsufficientDriver);
  *count = emulator::device_count();
  return cudaSuccess;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  if (device < 0 || device >= emulator::device_count()) return fail(cudaErrorInvalidDevice);
  std::snprintf(properties->name, sizeof(properties->name), "CPU standing in for a GPU");
  properties->totalGlobalMem = emulator::total_bytes();
  properties->sharedMemPerBlockOptin = static_cast<size_t>(emulator::shared_bytes_of(device));
  properties->major = emulator::kind_of(device).major;  // what only new ones do runs on the second
  properties->minor = emulator::kind_of(device).minor;
  properties->multiProcessorCount = 2;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
  *value = attribute == cudaDevAttrMultiProcessorCount ? 2 : emulator::shared_bytes_of(device);
  return cudaSuccess;
}
cudaError_t cudaDriverGetVersion(int* version) {
  *version = 13000;
  return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = 13000;
  return cudaSuccess;
}
cudaError_t cudaGetDevice(int* device) {
  *device = emulator::current;
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int device) {
  if (device < 0 || device >= emulator::device_count()) return fail(cudaErrorInvalidDevice);
  emulator::current = device;
  return cudaSuccess;
}
cudaError_t cudaDeviceSynchronize() { return cudaSuccess; }
cudaError_t cudaMemGetInfo(size_t* free_bytes, size_t* total_bytes) {
  const std::lock_guard<std::mutex> lock(emulator::mutex);
  *total_bytes = emulator::total_bytes();
  *free_bytes = *total_bytes - emulator::used[emulator::current];
  return cudaSuccess;
}
cudaError_t cudaMalloc(void** data, size_t bytes) {
  if (emulator::has_no_memory()) return fail(cudaErrorMemoryAllocation);
  const std::lock_guard<std::mutex> lock(emulator::mutex);
  size_t& used = emulator::used[emulator::current];
  if (bytes > emulator::total_bytes() - used) return fail(cudaErrorMemoryAllocation);
  if (posix_memalign(data, 256, bytes + emulator::kFence) != 0) return fail(cudaErrorMemoryAllocation);
  std::memset(*data, emulator::kUnwritten, bytes);
  emulator::put_fence(static_cast<unsigned char*>(*data) + bytes);
  used += bytes;
  emulator::allocations[*data] = {bytes, emulator::current, std::make_unique<emulator::ptx::Shadow>(bytes)};
  return cudaSuccess;
}
cudaError_t cudaFree(void* data) {
  const std::lock_guard<std::mutex> lock(emulator::mutex);
  const auto found = emulator::allocations.find(data);
  if (found == emulator::allocations.end()) return fail(cudaErrorInvalidValue);
  emulator::check_fence(static_cast<unsigned char*>(data) + found->second.bytes);
  emulator::used[found->second.device] -= found->second.bytes;
  emulator::allocations.erase(found);
  std::free(data);
  return cudaSuccess;
}
cudaError_t cudaHostAlloc(void** data, size_t bytes, unsigned) {
  if (emulator::has_no_memory()) return fail(cudaErrorMemoryAllocation);
  *data = std::malloc(bytes);
  if (*data == nullptr) return fail(cudaErrorMemoryAllocation);
  std::memset(*data, emulator::kUnwritten, bytes);
  ++emulator::live.pinned;
  return cudaSuccess;
}
cudaError_t cudaFreeHost(void* data) {
  --emulator::live.pinned;
  std::free(data);
  return cudaSuccess;
}
cudaError_t cudaMemset(void* data, int value, size_t bytes) {
  std::memset(data, value, bytes);
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* data, int value, size_t bytes, cudaStream_t stream) {
  return emulator::enqueue(stream, [=] { std::memset(data, value, bytes); });
}
cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind) {
  std::memcpy(to, from, bytes);
  return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind, cudaStream_t stream) {
  return emulator::enqueue(stream, [=] { std::memcpy(to, from, bytes); });
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  if (emulator::has_no_memory()) return fail(cudaErrorMemoryAllocation);
  *stream = new emulator::Stream();
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  stream->run();
  delete stream;
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  if (stream != nullptr) stream->run();
  emulator::tell_of_wait();
  return emulator::is_to_fail("work") ? fail(cudaErrorIllegalAddress) : cudaSuccess;
}
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  stream->recording = new emulator::Graph();
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  *graph = std::exchange(stream->recording, nullptr);
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long) {
  if (emulator::has_no_memory()) return fail(cudaErrorMemoryAllocation);
  *executable = new emulator::Graph(*graph);
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
  for (const auto& work : executable->work) emulator::enqueue(stream, work);
  return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
  delete executable;
  return cudaSuccess;
}
cudaError_t cudaGetLastError() { return std::exchange(emulator::last_error, cudaSuccess); }
const char* cudaGetErrorString(cudaError_t error) {
  return error == cudaErrorMemoryAllocation ? "out of memory" : "a failure of the emulation";
}
const char* cudaGetErrorName(cudaError_t) { return "emulated"; }

__attribute__((visibility("default"))) long boreal_cuda_emulated_live() {
  using emulator::live;
  return live.streams + live.graphs + live.pinned + live.library_objects;
}
__attribute__((visibility("default"))) void boreal_cuda_emulated_on_wait(void (*heard)(const void*),
                                                                         const void* with) {
  const std::lock_guard<std::mutex> lock(emulator::mutex);
  emulator::wait_heard = heard;
  emulator::wait_heard_with = with;
}

// By damped steps of Newton, in float64.
float normcdfinvf(float p) {
  if (!(p > 0 && p < 1)) return p == 0 ? -INFINITY : p == 1 ? INFINITY : NAN;
  const double q = static_cast<double>(p);
  double x = 0;
  for (int i = 0; i < 300; ++i) {
    const double error = 0.5 * std::erfc(-x * 0.70710678118654752) - q;
    const double density = std::exp(-x * x / 2) * 0.3989422804014327;
    double step = error / density;
    step = step > 0.5 ? 0.5 : step < -0.5 ? -0.5 : step;
    x -= step;
    if (std::fabs(step) < 1e-15) break;
  }
  return static_cast<float>(x);
}
