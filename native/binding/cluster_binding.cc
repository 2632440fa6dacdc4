// Fits of clusterers, and silhouettes.
#include "binding/csr_job.h"
#include "binding/exports.h"
#include "binding/matrix_job.h"
#include "binding/metric_spec.h"
#include "train/kmeans.h"
#include "train/silhouette.h"

namespace boreal {
namespace {

CentreInit to_init(const Spec& from) {
  return from.choice<CentreInit>("init", {"kMeans++", "random", "array"});
}

// x, rows and cols, or sparse rows; weights, spec, cancel, onProgress
template <typename Rows>
napi_value kmeans(Call& call) {
  Rows matrix(call);
  const Spec from(call.env(), call[Rows::kCount + 1]);
  KMeansSpec spec;
  spec.clusters = from.u32("clusters", 1);
  spec.init = to_init(from);
  spec.restarts = from.u32("restarts", 1);
  spec.max_iter = from.u32("maxIter");
  spec.tol = from.number("tol");
  spec.elkan = from.flag("elkan");
  spec.target = from.cuda("device");
  spec.seed = from.u32("seed");
  auto compute = [weights = optional_row_values<double>(call, Rows::kCount, "weights", matrix.rows),
                  given = from.numbers("centres"),
                  spec](auto x, const CancelToken* cancel, const JobProgress& progress) {
    return fit_kmeans(x, weights.span(), given.span(), spec, cancel, progress);
  };
  auto deliver = [](napi_env env, KMeansModel&& model) {
    return ObjectBuilder(env)
        .set("centres", std::move(model.centres))
        .set("labels", std::move(model.labels))
        .set("inertia", model.inertia)
        .set("iterations", static_cast<double>(model.iterations))
        .object();
  };
  JobOptions options = train_options(call, Rows::kCount + 2, true);
  return start_fit_job(call, matrix, std::move(options), std::move(compute), deliver);
}

MiniBatchSpec mini_batch_spec(const Spec& from) {
  MiniBatchSpec spec;
  spec.clusters = from.u32("clusters", 1);
  spec.init = to_init(from);
  spec.restarts = from.u32("restarts", 1);
  spec.init_size = from.u32("initSize", 1);
  spec.batch_size = from.u32("batchSize", 1);
  spec.max_iter = from.u32("maxIter", 1);
  spec.max_no_improvement = from.u32("maxNoImprovement");
  spec.tol = from.number("tol");
  spec.reassignment_ratio = from.number("reassignmentRatio");
  spec.seed = from.u32("seed");
  return spec;
}

napi_value deliver_mini_batch(napi_env env, MiniBatchModel&& model) {
  return ObjectBuilder(env)
      .set("centres", std::move(model.state.centres))
      .set("counts", std::move(model.state.counts))
      .set("sinceReassignment", model.state.since_reassignment)
      .set("draws", static_cast<double>(model.state.draws))
      .set("labels", std::move(model.labels))
      .set("inertia", model.inertia)
      .set("iterations", static_cast<double>(model.iterations))
      .set("steps", model.steps)
      .object();
}

// x, rows and cols, or sparse rows; weights, spec, cancel, onProgress
template <typename Rows>
napi_value mini_batches(Call& call) {
  Rows matrix(call);
  const Spec from(call.env(), call[Rows::kCount + 1]);
  auto compute = [weights = optional_row_values<double>(call, Rows::kCount, "weights", matrix.rows),
                  given = from.numbers("centres"), spec = mini_batch_spec(from)](
                     auto x, const CancelToken* cancel, const JobProgress& progress) {
    return fit_mini_batches(x, weights.span(), given.span(), spec, cancel, progress);
  };
  return start_fit_job(call, matrix, train_options(call, Rows::kCount + 2, true), std::move(compute),
                       deliver_mini_batch);
}

// x, rows and cols, or sparse rows; weights, spec, state or null, cancel
template <typename Rows>
napi_value mini_batch_step(Call& call) {
  Rows matrix(call);
  const Spec from(call.env(), call[Rows::kCount + 1]);
  MiniBatchState state;
  if (!is_nullish(call.env(), call[Rows::kCount + 2])) {
    const Spec before(call.env(), call[Rows::kCount + 2]);
    state.centres = before.values("centres");
    state.counts = before.values("counts");
    state.since_reassignment = before.number("sinceReassignment");
    state.draws = before.u32("draws");
  }
  auto compute = [weights = optional_row_values<double>(call, Rows::kCount, "weights", matrix.rows),
                  given = from.numbers("centres"), spec = mini_batch_spec(from),
                  state = std::move(state)](auto x, const CancelToken* cancel, const JobProgress&) {
    return step_mini_batch(x, weights.span(), given.span(), state, spec, cancel);
  };
  return start_fit_job(call, matrix, train_options(call, Rows::kCount + 3, false), std::move(compute),
                       deliver_mini_batch);
}

// x, rows, cols, labels, sizes, metric or -1 for distances, cancel
napi_value silhouette_of_rows(Call& call) {
  const MatrixArgument matrix(call);
  const std::optional<Metric> metric = to_metric(call.env(), call[5]);
  auto compute = [labels = row_values<int32_t>(call, 3, "labels", matrix.rows),
                  sizes = Input<double>::copy(to_typed_array(call.env(), call[4], "sizes")),
                  metric](auto x, const CancelToken* cancel, const JobProgress&) {
    return silhouettes(x, labels.span(), sizes.span(), metric ? &*metric : nullptr, cancel);
  };
  return start_matrix_job(call, matrix, train_options(call, 6, false), std::move(compute),
                          values_to_js<double>);
}

}  // namespace

void export_cluster(napi_env env, napi_value exports) {
  export_function<kmeans<MatrixArgument>>(env, exports, "fitKMeans");
  export_function<kmeans<CsrArguments>>(env, exports, "csrKMeans");
  export_function<mini_batches<MatrixArgument>>(env, exports, "fitMiniBatchKMeans");
  export_function<mini_batches<CsrArguments>>(env, exports, "csrMiniBatchKMeans");
  export_function<mini_batch_step<MatrixArgument>>(env, exports, "stepMiniBatchKMeans");
  export_function<mini_batch_step<CsrArguments>>(env, exports, "csrMiniBatchStep");
  export_function<silhouette_of_rows>(env, exports, "silhouettes");
}

}  // namespace boreal
