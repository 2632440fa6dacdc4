// Fits of maps from scores to probabilities, and of monotone functions.
#include <algorithm>
#include <utility>

#include "binding/exports.h"
#include "binding/matrix_job.h"
#include "train/calibration.h"

namespace boreal {
namespace {

constexpr double kTolerance = 1e-9;  // of the gradient

std::vector<double> column_of(MatrixView<const double> x, size_t j) {
  std::vector<double> values(x.rows);
  for (size_t i = 0; i < x.rows; ++i) values[i] = x.at(i, j);
  return values;
}

void require_codes(Span<int32_t> classes, size_t count) {
  for (const int32_t code : classes) {
    if (code < 0 || static_cast<size_t>(code) >= count) throw Error("ERR_LABELS", "A class is out of range.");
  }
}

// Platt's sigmoid of each column against its class, of a single column against the second.
napi_value sigmoids(Call& call) {
  const MatrixArgument matrix(call);
  JobOptions options = train_options(call, 5, false);
  auto work = [scores = Input<double>::copy(matrix.x), rows = matrix.rows, cols = matrix.cols,
               classes = row_values<int32_t>(call, 3, "classes", matrix.rows),
               weights = optional_row_values<double>(call, 4, "weights", matrix.rows)](
                  const CancelToken* cancel, const JobProgress&) {
    const MatrixView<const double> x = scores.matrix(rows, cols);
    require_codes(classes.span(), std::max<size_t>(2, cols));
    std::vector<double> found;
    for (size_t j = 0; j < cols; ++j) {
      check_cancel(cancel);
      const std::vector<double> column = column_of(x, j);
      std::vector<double> labels(rows);
      const int32_t positive = cols == 1 ? 1 : static_cast<int32_t>(j);
      for (size_t i = 0; i < rows; ++i) labels[i] = classes.data()[i] == positive ? 1 : -1;
      const Sigmoid sigmoid =
          fit_sigmoid({column.data(), rows}, {labels.data(), rows}, weights.span(), kTolerance);
      found.push_back(sigmoid.a);
      found.push_back(sigmoid.b);
    }
    return found;
  };
  return EnvState::of(call.env()).start(std::move(options), std::move(work), values_to_js<double>);
}

napi_value temperature(Call& call) {
  const MatrixArgument matrix(call);
  JobOptions options = train_options(call, 5, false);
  auto work = [scores = Input<double>::copy(matrix.x), rows = matrix.rows, cols = matrix.cols,
               classes = row_values<int32_t>(call, 3, "classes", matrix.rows),
               weights = optional_row_values<double>(call, 4, "weights", matrix.rows)](
                  const CancelToken* cancel, const JobProgress&) {
    return fit_temperature(scores.matrix(rows, cols), classes.span(), weights.span(), cancel);
  };
  auto deliver = [](napi_env env, double beta) { return to_js(env, beta); };
  return EnvState::of(call.env()).start(std::move(options), std::move(work), deliver);
}

napi_value isotonic(Call& call) {
  napi_env env = call.env();
  const TypedArray x = to_typed_array(env, call[0], "x");
  const Direction direction =
      static_cast<Direction>(to_choice(env, call[3], "direction", {"falling", "rising", "correlation"}));
  const double least = to_double(env, call[4], "least"), most = to_double(env, call[5], "most");
  JobOptions options = train_options(call, 6, false);
  auto work = [x = Input<double>::copy(x), y = row_values<double>(call, 1, "y", x.length),
               weights = optional_row_values<double>(call, 2, "weights", x.length), direction, least,
               most](const CancelToken*, const JobProgress&) {
    return fit_isotonic(x.span(), y.span(), weights.span(), direction, least, most);
  };
  auto deliver = [](napi_env env, IsotonicFit&& fit) {
    return ObjectBuilder(env)
        .set("x", std::move(fit.x))
        .set("y", std::move(fit.y))
        .set("rising", fit.rising)
        .object();
  };
  return EnvState::of(env).start(std::move(options), std::move(work), deliver);
}

}  // namespace

void export_calibration(napi_env env, napi_value exports) {
  export_function<sigmoids>(env, exports, "fitSigmoids");
  export_function<temperature>(env, exports, "fitTemperature");
  export_function<isotonic>(env, exports, "fitIsotonic");
}

}  // namespace boreal
