#include "device/cuda_library.h"

#include <map>
#include <memory>
#include <mutex>

#include "base/error.h"
#include "device/cuda_elements.h"
#include "device/cuda_forest_training_api.h"
#include "device/cuda_training_api.h"
#include "device/cuda_tree_training_api.h"
#include "neighbors/metric.h"
#include "plan/op.h"

#if !defined(_WIN32)
#include <dlfcn.h>
#endif

namespace boreal {
namespace {

// What the two libraries hand each other, whichever compilers have made them. Whoever changes a number here
// raises the interface's, too.
static_assert(BOREAL_CUDA_ABI == 12);
static_assert(sizeof(BorealCudaError) == 280 && sizeof(BorealCudaDevice) == 296);
static_assert(sizeof(BorealCudaStep) == 112 && sizeof(BorealCudaPlan) == 72 && sizeof(BorealCudaLayer) == 32);
static_assert(sizeof(BorealCudaRank) == 20 && sizeof(BorealCudaNode) == 8 && sizeof(BorealCudaTree) == 8);
static_assert(sizeof(BorealCudaCodes) == 8 && sizeof(BorealCudaCodeColumn) == 16);
static_assert(sizeof(BorealCudaQuantile) == 16 && sizeof(BorealCudaLeafModel) == 24);
static_assert(sizeof(BorealCudaPlacing) == 72 && sizeof(BorealCudaWindows) == 56);
static_assert(sizeof(BorealCudaTensorWindows) == 64 && kElementRow == 16);
static_assert(sizeof(BorealCudaApi) == 112 && sizeof(BorealCudaTreeTraining) == 152);
static_assert(sizeof(BorealCudaForestTraining) == 48 && sizeof(BorealCudaTraining) == 104);

template <typename Own, typename Theirs>
constexpr bool same(Own own, Theirs theirs) {
  return static_cast<int32_t>(own) == static_cast<int32_t>(theirs);
}
static_assert(same(Outside::kNan, BOREAL_CUDA_OUTSIDE_NAN) &&
              same(Outside::kReject, BOREAL_CUDA_OUTSIDE_REJECT));
static_assert(same(NeighborMetric::kEuclidean, BOREAL_CUDA_EUCLIDEAN) &&
              same(NeighborMetric::kMinkowski, BOREAL_CUDA_MINKOWSKI) &&
              same(NeighborMetric::kCosine, BOREAL_CUDA_COSINE));
static_assert(same(NeighborVote::kClasses, BOREAL_CUDA_VOTE_CLASSES) &&
              same(NeighborVote::kOutlier, BOREAL_CUDA_VOTE_OUTLIER) &&
              same(NeighborVote::kDistances, BOREAL_CUDA_VOTE_DISTANCES));
static_assert(same(kMissingLeft, BOREAL_CUDA_MISSING_LEFT) &&
              same(kMissingIsZero, BOREAL_CUDA_MISSING_IS_ZERO) &&
              same(kZeroIsMissing, BOREAL_CUDA_ZERO_IS_MISSING));
static_assert(kNearZero == static_cast<double>(BOREAL_CUDA_NEAR_ZERO));

// What devices have answered to one question, which takes a while: only those wait for it who need the answer
// themselves.
template <typename T>
class Answers {
 public:
  // ask(T*, BorealCudaError*) unless that device has answered. A failure is asked about again.
  template <typename Ask>
  const T& of(int32_t device, Ask ask) {
    if (const T* const known = find(device)) return *known;
    const std::lock_guard<std::mutex> lock(asking_);
    if (const T* const known = find(device)) return *known;
    T answer{};
    BorealCudaError error{};
    CudaLibrary::check(ask(&answer, &error), error);
    const std::lock_guard<std::mutex> adding(mutex_);
    return answers_.emplace(device, answer).first->second;
  }

 private:
  const T* find(int32_t device) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = answers_.find(device);
    return found == answers_.end() ? nullptr : &found->second;
  }

  std::mutex asking_, mutex_;  // in this order
  std::map<int32_t, T> answers_;
};

// What is known of the process's devices; never destroyed, since threads may outlive main.
struct Known {
  std::mutex mutex;
  std::unique_ptr<const CudaLibrary> library;
  Answers<BorealCudaDevice> devices;
  Answers<BorealCudaFigures> figures;
};
Known& known() {
  static Known* const all = new Known();
  return *all;
}

const BorealCudaApi* load(const std::string& path) {
#if defined(_WIN32)
  throw Error("ERR_CUDA_PLUGIN", "CUDA is not supported on Windows yet (" + path + ").");
#else
  // Local: nobody else of the process sees its symbols.
  void* const handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    throw Error("ERR_CUDA_PLUGIN", std::string("The CUDA plug-in does not load: ") + dlerror() + ".");
  }
  const BorealCudaEntry entry = reinterpret_cast<BorealCudaEntry>(dlsym(handle, BOREAL_CUDA_ENTRY));
  const BorealCudaApi* const api = entry == nullptr ? nullptr : entry();
  if (api != nullptr && api->abi == BOREAL_CUDA_ABI && api->api_bytes == sizeof(*api)) return api;
  const std::string found = api == nullptr ? "it has none" : "it has " + std::to_string(api->abi);
  dlclose(handle);
  throw Error("ERR_CUDA_PLUGIN", path + " is not the CUDA plug-in of this release: interface " +
                                     std::to_string(BOREAL_CUDA_ABI) + " is needed, " + found + ".");
#endif
}

// Throws what a step has refused.
[[noreturn]] void reject(const BorealCudaError& error) {
  struct Reason {
    const char *code, *what;
  };
  static constexpr Reason kReasons[] = {
      {"ERR_INPUT_NAN", "the value is missing (NaN)."},
      {"ERR_INPUT_INFINITE", "the value is infinite."},
      {"ERR_UNKNOWN_CATEGORY", "the category was not seen during fit."},
      {"ERR_OUT_OF_RANGE", "the value is outside the range of the points."},
      {"ERR_PARAMETER", "the value names no entry of the embedding: those are whole numbers from 0 on."},
      {"ERR_INPUT_NEGATIVE", "the value is below 0, which is no distance."},
      {"ERR_OUT_OF_RANGE", "the value is below what this divergence takes."}};
  const Reason& reason = kReasons[error.reason];
  throw Error(
      reason.code,
      "Row " + std::to_string(error.row) + ", column " + std::to_string(error.column) + ": " + reason.what,
      error.row, error.column, error.op);
}

}  // namespace

const CudaLibrary& CudaLibrary::open(const std::string& path) {
  Known& all = known();
  const std::lock_guard<std::mutex> lock(all.mutex);
  if (all.library == nullptr) all.library.reset(new CudaLibrary(path, load(path)));
  return *all.library;
}

int32_t CudaLibrary::device_count() const {
  int32_t count = 0;
  BorealCudaError error{};
  check(api_->device_count(&count, &error), error);
  return count;
}

const BorealCudaDevice& CudaLibrary::device(int32_t index) const {
  const int32_t count = device_count();
  if (index < 0 || index >= count) {
    throw Error("ERR_DEVICE", "There is no device 'cuda:" + std::to_string(index) + "': this machine has " +
                                  (count == 0   ? "no GPU that CUDA can use"
                                   : count == 1 ? "one GPU, 'cuda:0'"
                                                : std::to_string(count) + " GPUs, numbered from 0") +
                                  ".");
  }
  return known().devices.of(index, [&](BorealCudaDevice* info, BorealCudaError* error) {
    return api_->device_info(index, info, error);
  });
}

const BorealCudaDevice& CudaLibrary::usable_device(int32_t index) const {
  const BorealCudaDevice& found = device(index);
  check_capability(found);
  return found;
}

void CudaLibrary::check_capability(const BorealCudaDevice& device) {
  constexpr int32_t kLeast = 75;
  if (10 * device.major + device.minor >= kLeast) return;
  throw Error("ERR_DEVICE", "The GPU cannot be used: " + std::string(device.name) +
                                " has compute capability " + std::to_string(device.major) + "." +
                                std::to_string(device.minor) + ", and 7.5 or newer is needed.");
}

const BorealCudaFigures& CudaLibrary::figures(int32_t index) const {
  device(index);
  return known().figures.of(index, [&](BorealCudaFigures* figures, BorealCudaError* error) {
    return api_->measure(index, figures, error);
  });
}

void CudaLibrary::check(int status, const BorealCudaError& error) {
  const std::string message = error.message;
  switch (status) {
    case BOREAL_CUDA_OK:
      return;
    case BOREAL_CUDA_NO_DRIVER:
      throw Error("ERR_CUDA_DRIVER", "There is no NVIDIA driver that can be used: " + message + ".");
    case BOREAL_CUDA_OLD_DRIVER:
      throw Error("ERR_CUDA_DRIVER", "The NVIDIA driver is too old for the CUDA plug-in: " + message + ".");
    case BOREAL_CUDA_NO_DEVICE:
      throw Error("ERR_DEVICE", "The GPU cannot be used: " + message + ".");
    case BOREAL_CUDA_OUT_OF_MEMORY:
      throw Error("ERR_OUT_OF_MEMORY", "The GPU's memory is exhausted: " + message + ".");
    case BOREAL_CUDA_ABORTED:
      throw Error("ERR_ABORTED", "The operation was aborted.");
    case BOREAL_CUDA_REJECTED:
      reject(error);
    default:
      throw Error("ERR_CUDA", "A call of CUDA failed: " + message + ".");
  }
}

}  // namespace boreal
