// Asynchronous work on a matrix x of either precision: the shape of every function of stats_binding.cc and
// train_binding.cc. Here lengths are checked; values are checked by train/, on the pool.
#pragma once

#include <utility>

#include "binding/call.h"
#include "binding/env.h"
#include "binding/handle.h"
#include "binding/js.h"

namespace boreal {

// The arguments x, rows and cols, which come first.
struct MatrixArgument {
  static constexpr size_t kCount = 3;  // arguments

  explicit MatrixArgument(Call& call)
      : x(to_typed_array(call.env(), call[0], "x")),
        rows(to_size(call.env(), call[1], "rows")),
        cols(to_size(call.env(), call[2], "cols")) {
    require_length(x, checked_area(rows, cols));
  }
  TypedArray x;
  size_t rows, cols;
};

// The argument `cancel` and, if any, `onProgress` right after it.
inline JobOptions train_options(Call& call, size_t cancel, bool with_progress) {
  JobOptions options;
  options.lane = Lane::kTrain;
  options.cancel = to_cancel(call.env(), call[cancel]);
  if (with_progress && !is_nullish(call.env(), call[cancel + 1])) {
    napi_valuetype type;
    check(call.env(), napi_typeof(call.env(), call[cancel + 1], &type));
    if (type != napi_function) throw Error("ERR_PARAMETER", "onProgress must be a function.");
    options.on_progress = call[cancel + 1];
  }
  return options;
}

// The argument `cancel` of what predictions do, too: they never wait behind a fit.
inline JobOptions predict_options(Call& call, size_t cancel) {
  JobOptions options;
  options.cancel = to_cancel(call.env(), call[cancel]);
  return options;
}

// compute(MatrixView<const T> x, cancel, progress) on the pool, T being x's own element type.
template <typename Compute, typename Deliver>
napi_value start_matrix_job(Call& call, const MatrixArgument& matrix, JobOptions options, Compute compute,
                            Deliver deliver) {
  return by_precision(matrix.x, [&](auto zero) {
    using T = decltype(zero);
    auto work = [x = Input<T>(matrix.x, &options.kept), rows = matrix.rows, cols = matrix.cols,
                 compute = std::move(compute)](const CancelToken* cancel, const JobProgress& progress) {
      return compute(x.matrix(rows, cols), cancel, progress);
    };
    return EnvState::of(call.env()).start(std::move(options), std::move(work), std::move(deliver));
  });
}

// Delivers a vector.
template <typename T>
napi_value values_to_js(napi_env env, std::vector<T>&& values) {
  return to_js(env, std::move(values));
}

// Weights, classes or targets: [rows * per_row]. Copied even from shared memory, so that what train/ has
// checked stays true.
template <typename T>
Input<T> row_values(Call& call, size_t argument, const char* name, size_t rows, size_t per_row = 1) {
  const TypedArray array = to_typed_array(call.env(), call[argument], name);
  require_length(array, checked_area(rows, per_row));
  return Input<T>::copy(array);
}

// The same, empty for null.
template <typename T>
Input<T> optional_row_values(Call& call, size_t argument, const char* name, size_t rows, size_t width = 1) {
  if (is_nullish(call.env(), call[argument])) return {};
  return row_values<T>(call, argument, name, rows, width);
}

}  // namespace boreal
