// Explanations of predictions.
#include <utility>
#include <variant>

#include "base/aligned_buffer.h"
#include "binding/exports.h"
#include "binding/matrix_job.h"
#include "binding/plan_source.h"
#include "explain/tree_shap.h"
#include "kernels/dispatch.h"

namespace boreal {
namespace {

const ForestOp& forest_of(const Plan& plan) {
  if (plan.ops.size() == 1 && std::holds_alternative<ForestOp>(plan.ops[0].kind)) {
    return std::get<ForestOp>(plan.ops[0].kind);
  }
  throw Error("ERR_PLAN", "The plan to be explained must be one Forest op.");
}

// Arguments: x, rows, cols, ops, constants, spec, background, cancel, onProgress.
napi_value tree_shap(Call& call) {
  napi_env env = call.env();
  const MatrixArgument matrix(call);
  PlanSource source = to_plan_source(call, 3);
  const napi_value spec = call[5];
  const double divisor = to_double(env, property(env, spec, "divisor"), "divisor");
  if (!(divisor > 0)) throw Error("ERR_PARAMETER", "divisor must be positive.");
  const bool interactions = to_bool(env, property(env, spec, "interactions"), "interactions");
  const bool has_background = !is_nullish(env, call[6]);
  JobOptions options = train_options(call, 7, true);
  options.kept = std::move(source.arrays);
  return by_precision(matrix.x, [&](auto zero) {
    using T = decltype(zero);
    Input<T> background;
    if (has_background) {
      const TypedArray rows = to_typed_array(env, call[6], "background");
      if (matrix.cols == 0 || rows.length % matrix.cols != 0) {
        throw Error("ERR_SHAPE", "background must have as many columns as x.");
      }
      background = Input<T>(rows, &options.kept);
    }
    auto work = [x = Input<T>(matrix.x, &options.kept), rows = matrix.rows, cols = matrix.cols,
                 source = std::move(source), divisor, interactions, has_background,
                 background = std::move(background)](const CancelToken* cancel, const JobProgress& progress) {
      const Plan plan = decode_plan(source.ops, source.constants);
      if (plan.input_width != cols) throw Error("ERR_SHAPE", "x has not as many columns as the plan.");
      const TreeScores scores{forest_of(plan), divisor};
      const ShapCall shap{kernels(), 0, cancel, progress};
      if (!has_background) return path_shap(scores, x.matrix(rows, cols), interactions, shap);
      if (interactions) throw Error("ERR_NOT_SUPPORTED", "Interactions need a call without background.");
      return background_shap(scores, x.matrix(rows, cols), background.matrix(background.size() / cols, cols),
                             shap);
    };
    auto deliver = [](napi_env env, ShapValues&& result) {
      return ObjectBuilder(env)
          .set("values", std::move(result.values))
          .set("expected", std::move(result.expected))
          .object();
    };
    return EnvState::of(env).start(std::move(options), std::move(work), std::move(deliver));
  });
}

}  // namespace

void export_explain(napi_env env, napi_value exports) {
  export_function<tree_shap>(env, exports, "treeShap");
}

}  // namespace boreal
