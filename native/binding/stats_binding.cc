// Statistics of columns, on the pool; find_invalid at once.
#include "train/column_stats.h"

#include <utility>

#include "binding/env.h"
#include "binding/exports.h"
#include "binding/handle.h"
#include "binding/weights.h"

namespace boreal {
namespace {

// x, rows and cols, the first three arguments of every function here.
struct Table {
  explicit Table(Call& call)
      : x(to_typed_array(call.env(), call[0], "x")),
        rows(to_size(call.env(), call[1], "rows")),
        cols(to_size(call.env(), call[2], "cols")) {
    require_length(x, checked_area(rows, cols));
  }
  TypedArray x;
  size_t rows, cols;
};

JobOptions train_job(Call& call, size_t cancel_argument) {
  JobOptions options;
  options.lane = Lane::kTrain;
  options.cancel = to_cancel(call.env(), call[cancel_argument]);
  return options;
}

napi_value column_moments(Call& call) {
  const Table table(call);
  JobOptions options = train_job(call, 4);
  Weights weights(call.env(), call[3], table.rows);
  return by_precision(table.x, [&](auto zero) {
    using T = decltype(zero);
    auto work = [x = Input<T>(table.x, &options.kept), rows = table.rows, cols = table.cols,
                 weights = std::move(weights)](const CancelToken* cancel, const JobProgress&) {
      return boreal::column_moments<T>(x.matrix(rows, cols), weights.checked(), cancel);
    };
    return EnvState::of(call.env())
        .start(std::move(options), std::move(work), [](napi_env env, ColumnMoments&& moments) {
          return ObjectBuilder(env)
              .set("count", std::move(moments.count))
              .set("mean", std::move(moments.mean))
              .set("variance", std::move(moments.variance))
              .set("min", std::move(moments.min))
              .set("max", std::move(moments.max))
              .object();
        });
  });
}

napi_value deliver_vector(napi_env env, std::vector<double>&& values) { return to_js(env, std::move(values)); }

napi_value column_quantiles(Call& call) {
  const Table table(call);
  JobOptions options = train_job(call, 4);
  auto probabilities = Input<double>::copy(to_typed_array(call.env(), call[3], "probabilities"));
  for (double p : probabilities.span()) {
    if (!(p >= 0 && p <= 1)) throw Error("ERR_PARAMETER", "probabilities must be from 0 to 1.");
  }
  return by_precision(table.x, [&](auto zero) {
    using T = decltype(zero);
    auto work = [x = Input<T>(table.x, &options.kept), rows = table.rows, cols = table.cols,
                 probabilities = std::move(probabilities)](const CancelToken* cancel, const JobProgress&) {
      return boreal::column_quantiles<T>(x.matrix(rows, cols), probabilities.span(), cancel);
    };
    return EnvState::of(call.env()).start(std::move(options), std::move(work), deliver_vector);
  });
}

napi_value column_modes(Call& call) {
  const Table table(call);
  JobOptions options = train_job(call, 3);
  return by_precision(table.x, [&](auto zero) {
    using T = decltype(zero);
    auto work = [x = Input<T>(table.x, &options.kept), rows = table.rows, cols = table.cols](
                    const CancelToken* cancel, const JobProgress&) {
      return boreal::column_modes<T>(x.matrix(rows, cols), cancel);
    };
    return EnvState::of(call.env()).start(std::move(options), std::move(work), deliver_vector);
  });
}

napi_value column_distinct(Call& call) {
  const Table table(call);
  JobOptions options = train_job(call, 3);
  return by_precision(table.x, [&](auto zero) {
    using T = decltype(zero);
    auto work = [x = Input<T>(table.x, &options.kept), rows = table.rows, cols = table.cols](
                    const CancelToken* cancel, const JobProgress&) {
      return boreal::column_distinct<T>(x.matrix(rows, cols), cancel);
    };
    return EnvState::of(call.env())
        .start(std::move(options), std::move(work), [](napi_env env, ColumnDistinct&& distinct) {
          return ObjectBuilder(env)
              .set("offsets", std::move(distinct.offsets))
              .set("values", std::move(distinct.values))
              .set("counts", std::move(distinct.counts))
              .object();
        });
  });
}

napi_value find_invalid(Call& call) {
  const Table table(call);
  const bool allow_nan = to_bool(call.env(), call[3], "allowNan");
  return by_precision(table.x, [&](auto zero) {
    using T = decltype(zero);
    const auto view = dense_view(static_cast<const T*>(elements<T>(table.x)), table.rows, table.cols);
    return to_js(call.env(), static_cast<double>(boreal::find_invalid<T>(view, allow_nan, nullptr)));
  });
}

}  // namespace

void export_stats(napi_env env, napi_value exports) {
  export_function<column_moments>(env, exports, "columnMoments");
  export_function<column_quantiles>(env, exports, "columnQuantiles");
  export_function<column_modes>(env, exports, "columnModes");
  export_function<column_distinct>(env, exports, "columnDistinct");
  export_function<find_invalid>(env, exports, "findInvalid");
}

}  // namespace boreal
