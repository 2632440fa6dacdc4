// The GPUs of this machine, as the CUDA plug-in sees them. Opening it takes a while the first time, and so
// does measuring a device.
#include <limits>
#include <string>
#include <utility>

#include "base/thread_pool.h"
#include "binding/env.h"
#include "binding/exports.h"
#include "binding/plan_source.h"
#include "binding/spec.h"
#include "device/cpu_program.h"
#include "device/cuda_cost.h"
#include "device/cuda_library.h"
#include "kernels/dispatch.h"

namespace boreal {
namespace {

std::string version_text(int32_t version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

// (path) -> one object per device.
napi_value cuda_devices(Call& call) {
  napi_env env = call.env();
  const CudaLibrary& library = CudaLibrary::open(to_text(env, call[0], "path"));
  napi_value list;
  check(env, napi_create_array(env, &list));
  const int32_t count = library.device_count();
  for (int32_t device = 0; device < count; ++device) {
    const BorealCudaDevice& info = library.device(device);
    const std::string capability = std::to_string(info.major) + "." + std::to_string(info.minor);
    check(env, napi_set_element(env, list, static_cast<uint32_t>(device),
                                ObjectBuilder(env)
                                    .set("name", info.name)
                                    .set("capability", capability)
                                    .set("multiprocessors", static_cast<double>(info.multiprocessors))
                                    .set("memoryBytes", static_cast<double>(info.total_bytes))
                                    .set("driver", version_text(info.driver))
                                    .set("emulated", info.emulated != 0)
                                    .object()));
  }
  return list;
}

// CUDA takes up to seconds to start and to measure: predictions do not wait behind that.
JobOptions waiting() {
  JobOptions options;
  options.lane = Lane::kTrain;
  return options;
}

// ({ plugin, device }, measured): waits on the pool until the device is known, and its speeds if so wanted.
napi_value cuda_open(Call& call) {
  napi_env env = call.env();
  auto work = [name = Spec(env, call[0]).cuda_name(), measured = to_bool(env, call[1], "measured")](
                  const CancelToken*, const JobProgress&) {
    const CudaTarget target = name.open();
    if (measured) target.library->figures(target.device);
    return 0;
  };
  return EnvState::of(env).start(waiting(), std::move(work),
                                 [](napi_env env, int&&) { return undefined(env); });
}

// The rows from which the device should be faster than the CPU; infinity: it never is. Throws
// ERR_NOT_SUPPORTED for an op without a kernel.
double break_even_rows(const PlanSource& source, const CudaName& name) {
  const auto [library, device] = name.open();
  const Plan plan = decode_plan(source.ops, source.constants);
  const CudaPlan steps = plan_cuda(plan, library->device(device).shared_bytes);
  const double row_cost_ns = prepare_cpu<float>(plan, kernels())->row_cost_ns();
  const size_t rows =
      cuda_break_even(steps, library->figures(device), row_cost_ns, ThreadPool::instance().size());
  return rows == SIZE_MAX ? std::numeric_limits<double>::infinity() : static_cast<double>(rows);
}

// (ops, constants, { plugin, device })
napi_value cuda_break_even_rows(Call& call) {
  const PlanSource source = to_plan_source(call, 0);
  return to_js(call.env(), break_even_rows(source, Spec(call.env(), call[2]).cuda_name()));
}

napi_value cuda_break_even_rows_async(Call& call) {
  PlanSource source = to_plan_source(call, 0);
  JobOptions options = waiting();
  options.kept = std::move(source.arrays);
  auto work = [source = std::move(source), name = Spec(call.env(), call[2]).cuda_name()](
                  const CancelToken*, const JobProgress&) { return break_even_rows(source, name); };
  return EnvState::of(call.env()).start(std::move(options), std::move(work), [](napi_env env, double&& rows) {
    return to_js(env, rows);
  });
}

// ({ plugin, device }, work) -> nanoseconds that a fit of that work should take on the device.
napi_value cuda_training_time(Call& call) {
  napi_env env = call.env();
  const CudaTarget target = Spec(env, call[0]).cuda_name().open();
  const Spec spec(env, call[1]);
  CudaTrainingWork work;
  work.upload_bytes = spec.number("uploadBytes");
  work.download_bytes = spec.number("downloadBytes");
  work.traffic_bytes = spec.number("trafficBytes");
  work.flops = spec.number("flops");
  work.kernels = spec.number("kernels");
  work.waits = spec.number("waits");
  return to_js(env, cuda_training_ns(work, target.library->figures(target.device)));
}

}  // namespace

void export_cuda(napi_env env, napi_value exports) {
  export_function<cuda_devices>(env, exports, "cudaDevices");
  export_function<cuda_open>(env, exports, "cudaOpen");
  export_function<cuda_break_even_rows>(env, exports, "cudaBreakEvenRows");
  export_function<cuda_break_even_rows_async>(env, exports, "cudaBreakEvenRowsAsync");
  export_function<cuda_training_time>(env, exports, "cudaTrainingNs");
}

}  // namespace boreal
