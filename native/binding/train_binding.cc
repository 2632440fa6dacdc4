// Fits: least squares, logistic regression.
#include <limits>

#include "binding/exports.h"
#include "binding/logistic_spec.h"
#include "binding/matrix_job.h"
#include "train/linear.h"

namespace boreal {
namespace {

uint32_t to_u32(napi_env env, napi_value value, const char* name) {
  return static_cast<uint32_t>(to_whole(env, value, name, 0, std::numeric_limits<uint32_t>::max()));
}

// A bound on the memory that a made-up number could ask for.
uint32_t to_class_count(napi_env env, napi_value value, size_t rows) {
  const uint32_t count = to_u32(env, value, "classCount");
  if (count > rows) throw Error("ERR_LABELS", "There are more classes than rows.");
  return count;
}

napi_value fit_least_squares(Call& call) {
  napi_env env = call.env();
  const MatrixArgument matrix(call);
  const size_t targets = to_size(env, call[4], "targets");
  const bool fit_intercept = to_bool(env, call[7], "fitIntercept");
  JobOptions options = train_options(call, 8, false);
  auto compute = [y = row_values<double>(call, 3, "y", matrix.rows, targets),
                  weights = optional_row_values<double>(call, 5, "weights", matrix.rows),
                  alphas = Input<double>::copy(to_typed_array(env, call[6], "alphas")), targets,
                  fit_intercept](auto x, const CancelToken* cancel, const JobProgress&) {
    return boreal::fit_least_squares(x, y.matrix(x.rows, targets), weights.span(), alphas.span(),
                                     fit_intercept, cancel);
  };
  auto deliver = [](napi_env env, LeastSquaresModel&& model) {
    return ObjectBuilder(env)
        .set("coef", std::move(model.coef))
        .set("intercept", std::move(model.intercept))
        .set("singular", std::move(model.singular))
        .set("rank", static_cast<double>(model.rank))
        .object();
  };
  return start_matrix_job(call, matrix, std::move(options), std::move(compute), deliver);
}

napi_value fit_logistic(Call& call) {
  napi_env env = call.env();
  const MatrixArgument matrix(call);
  const uint32_t class_count = to_class_count(env, call[4], matrix.rows);
  const LogisticParams params = to_logistic_params(Spec(env, call[6]));
  JobOptions options = train_options(call, 7, true);
  auto compute = [classes = row_values<int32_t>(call, 3, "classes", matrix.rows),
                  weights = optional_row_values<double>(call, 5, "weights", matrix.rows), class_count,
                  params](auto x, const CancelToken* cancel, const JobProgress& progress) {
    return boreal::fit_logistic(x, classes.span(), class_count, weights.span(), params, cancel, progress);
  };
  return start_matrix_job(call, matrix, std::move(options), std::move(compute), logistic_to_js);
}

}  // namespace

void export_train(napi_env env, napi_value exports) {
  export_function<fit_least_squares>(env, exports, "fitLeastSquares");
  export_function<fit_logistic>(env, exports, "fitLogistic");
}

}  // namespace boreal
