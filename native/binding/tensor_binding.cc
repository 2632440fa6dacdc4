// Tensor programs: the recorded graphs of lib/nn/autograd.
#include "binding/env.h"
#include "binding/exports.h"
#include "binding/handle.h"
#include "nn/tensor_program.h"

namespace boreal {
namespace {

constexpr uint32_t kMostBuffers = 1u << 24;

// The arguments (program, buffers). A program is copied: it is checked as it runs.
struct TensorArguments {
  explicit TensorArguments(Call& call)
      : program(Input<int32_t>::copy(to_typed_array(call.env(), call[0], "program"))) {
    napi_env env = call.env();
    uint32_t count = 0;
    bool is_array = false;
    check(env, napi_is_array(env, call[1], &is_array));
    if (!is_array) throw Error("ERR_PARAMETER", "buffers must be an array.");
    check(env, napi_get_array_length(env, call[1], &count));
    if (count > kMostBuffers) throw Error("ERR_PARAMETER", "There are too many buffers.");
    buffers.reserve(count);
    for (uint32_t i = 0; i < count; ++i) {
      napi_value value;
      check(env, napi_get_element(env, call[1], i, &value));
      napi_typedarray_type type = napi_int8_array;
      size_t length = 0;
      void* data = nullptr;
      if (napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr) != napi_ok ||
          type != napi_float32_array) {
        throw Error("ERR_DTYPE", "A buffer must be a Float32Array.");
      }
      buffers.push_back({static_cast<float*>(data), length});
    }
  }
  Input<int32_t> program;
  std::vector<nn::TensorBuffer> buffers;
};

napi_value tensor_run_sync(Call& call) {
  const TensorArguments arguments(call);
  nn::run_tensor_program(arguments.program.span(), arguments.buffers, {});
  return nullptr;
}

// The buffers must not be detached before the promise settles: lib/nn/autograd shows them to nobody.
napi_value tensor_run(Call& call) {
  TensorArguments arguments(call);
  JobOptions options;
  options.lane = Lane::kTrain;
  options.cancel = to_cancel(call.env(), call[2]);
  options.kept.push_back(call[1]);
  auto work = [arguments = std::move(arguments)](const CancelToken* cancel, const JobProgress&) {
    nn::run_tensor_program(arguments.program.span(), arguments.buffers, {0, cancel});
    return true;
  };
  return EnvState::of(call.env()).start(std::move(options), std::move(work), [](napi_env env, bool&&) {
    return undefined(env);
  });
}

}  // namespace

void export_tensor(napi_env env, napi_value exports) {
  export_function<tensor_run_sync>(env, exports, "tensorRunSync");
  export_function<tensor_run>(env, exports, "tensorRun");
}

}  // namespace boreal
