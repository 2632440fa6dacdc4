// Rows that JavaScript has placed on a GPU.
#include <mutex>
#include <utility>

#include "binding/exports.h"
#include "binding/matrix_job.h"
#include "binding/spec.h"
#include "device/cuda_rows.h"

namespace boreal {
namespace {

struct PlacedRows {
  std::mutex mutex;  // one call at a time
  std::unique_ptr<CudaRows> rows;

  const CudaRows& placed() const {
    if (rows == nullptr) throw Error("ERR_PARAMETER", "The rows are no longer on the GPU.");
    return *rows;
  }
};

}  // namespace

template <>
struct HandleTraits<PlacedRows> {
  static constexpr napi_type_tag kTag = {0x1c74be0295d36fa8, 0x86f2a93d04b15ce7};
  static constexpr const char* kName = "rows on a GPU";
  static size_t external_bytes(const PlacedRows&) { return 0; }  // none of the host's
};

namespace {

// (x, rows, cols, mean or null, spec, cancel): x minus the mean on the GPU spec.device.
napi_value place(Call& call) {
  const MatrixArgument matrix(call);
  Input<double> mean;
  if (!is_nullish(call.env(), call[3])) {
    const TypedArray values = to_typed_array(call.env(), call[3], "mean");
    require_length(values, matrix.cols);
    mean = Input<double>::copy(values);
  }
  const CudaTarget target = Spec(call.env(), call[4]).cuda("device");
  if (!target.is_gpu()) throw Error("ERR_PARAMETER", "device must name a GPU.");
  auto compute = [mean = std::move(mean), target](auto x, const CancelToken* cancel, const JobProgress&) {
    auto placed = std::make_shared<PlacedRows>();
    placed->rows = std::make_unique<CudaRows>(target, x, mean.span(), cancel);
    return placed;
  };
  auto deliver = [](napi_env env, std::shared_ptr<PlacedRows>&& rows) {
    return make_handle(env, std::move(rows));
  };
  return start_matrix_job(call, matrix, train_options(call, 5, false), std::move(compute), deliver);
}

// compute(rows) on the pool; `cancel` is the last argument.
template <typename Compute>
napi_value start(Call& call, size_t cancel, Compute compute) {
  auto work = [handle = from_handle<PlacedRows>(call.env(), call[0], "rows"), compute = std::move(compute)](
                  const CancelToken* token, const JobProgress&) {
    check_cancel(token);
    const std::lock_guard<std::mutex> lock(handle->mutex);
    return compute(handle->placed());
  };
  return EnvState::of(call.env())
      .start(train_options(call, cancel, false), std::move(work), values_to_js<double>);
}

// (rows, cancel): x' x.
napi_value gram(Call& call) {
  return start(call, 1, [](const CudaRows& rows) { return rows.gram(); });
}

// (rows, b, n, transposed, cancel): x b, or x' b.
napi_value times(Call& call) {
  napi_env env = call.env();
  Input<double> b = Input<double>::copy(to_typed_array(env, call[1], "b"));
  const size_t n = to_size(env, call[2], "n");
  const bool transposed = to_bool(env, call[3], "transposed");
  return start(call, 4, [b = std::move(b), n, transposed](const CudaRows& rows) {
    if (n == 0 || b.size() != checked_area(transposed ? rows.rows() : rows.cols(), n)) {
      throw Error("ERR_SHAPE", "The matrices do not fit.");
    }
    return transposed ? rows.transposed_times(b.span(), n) : rows.times(b.span(), n);
  });
}

// (rows): gives back their memory.
napi_value release(Call& call) {
  PlacedRows& handle = *from_handle<PlacedRows>(call.env(), call[0], "rows");
  const std::unique_lock<std::mutex> lock(handle.mutex, std::try_to_lock);
  if (!lock.owns_lock()) throw Error("ERR_BUSY", "The rows are at work: await their last call first.");
  handle.rows.reset();
  return undefined(call.env());
}

}  // namespace

void export_cuda_rows(napi_env env, napi_value exports) {
  export_function<place>(env, exports, "cudaRowsPlace");
  export_function<gram>(env, exports, "cudaRowsGram");
  export_function<times>(env, exports, "cudaRowsTimes");
  export_function<release>(env, exports, "cudaRowsRelease");
}

}  // namespace boreal
