// t-SNE and UMAP: graphs of neighbours, and layouts of them.
#include "binding/exports.h"
#include "binding/matrix_job.h"
#include "binding/metric_spec.h"
#include "train/tsne.h"
#include "train/tsne_affinities.h"
#include "train/umap.h"

namespace boreal {
namespace {

template <typename T>
std::vector<T> copied(napi_env env, napi_value value, const char* name) {
  const Input<T> input = Input<T>::copy(to_typed_array(env, value, name));
  return {input.data(), input.data() + input.size()};
}

RowGraph to_graph(napi_env env, napi_value value) {
  return {copied<double>(env, property(env, value, "offsets"), "offsets"),
          copied<int32_t>(env, property(env, value, "columns"), "columns"),
          copied<double>(env, property(env, value, "weights"), "weights")};
}

ObjectBuilder deliver_graph(napi_env env, RowGraph&& graph) {
  ObjectBuilder builder(env);
  builder.set("offsets", std::move(graph.offsets))
      .set("columns", std::move(graph.columns))
      .set("weights", std::move(graph.weights));
  return builder;
}

std::vector<double> optional_numbers(Call& call, size_t argument, const char* name) {
  if (is_nullish(call.env(), call[argument])) return {};
  return copied<double>(call.env(), call[argument], name);
}

// x, rows, cols, spec, cancel
napi_value affinities(Call& call) {
  const Spec from(call.env(), call[3]);
  const NeighborSpec spec = to_neighbor_spec(call.env(), call[3]);
  const size_t neighbors = from.u32("neighbors", 1);
  const double perplexity = from.number("perplexity");
  auto compute = [=](auto x, const CancelToken* cancel, const JobProgress&) {
    return tsne_affinities(x, spec, neighbors, perplexity, cancel);
  };
  auto deliver = [](napi_env env, RowGraph&& graph) { return deliver_graph(env, std::move(graph)).object(); };
  return start_matrix_job(call, MatrixArgument(call), train_options(call, 4, false), compute, deliver);
}

// graph, start, spec, cancel, onProgress
napi_value fit_tsne(Call& call) {
  const Spec from(call.env(), call[2]);
  TsneParams params;
  params.components = from.u32("components", 1);
  params.exact = from.flag("exact");
  params.early_exaggeration = from.number("earlyExaggeration");
  params.learning_rate = from.number("learningRate");
  params.max_iter = from.u32("maxIter", 1);
  params.without_progress = from.u32("nIterWithoutProgress");
  params.min_grad_norm = from.number("minGradNorm");
  params.angle = from.number("angle");
  auto work = [graph = to_graph(call.env(), call[0]), start = copied<double>(call.env(), call[1], "start"),
               params](const CancelToken* cancel, const JobProgress& progress) {
    return tsne(graph, start, params, cancel, progress);
  };
  auto deliver = [](napi_env env, TsneLayout&& layout) {
    return ObjectBuilder(env)
        .set("embedding", std::move(layout.embedding))
        .set("klDivergence", layout.kl_divergence)
        .set("iterations", layout.iterations)
        .object();
  };
  return EnvState::of(call.env()).start(train_options(call, 3, true), std::move(work), deliver);
}

// x, rows, cols, codes, spec, cancel
napi_value fuzzy(Call& call) {
  const MatrixArgument matrix(call);
  const Spec from(call.env(), call[4]);
  const NeighborSpec spec = to_neighbor_spec(call.env(), call[4]);
  const size_t neighbors = from.u32("neighbors", 2);
  const double local = from.number("localConnectivity"), mix = from.number("setOpMixRatio"),
               far = from.number("far");
  auto compute = [=, codes = optional_row_values<int32_t>(call, 3, "codes", matrix.rows)](
                     auto x, const CancelToken* cancel, const JobProgress&) {
    FuzzySet set = fuzzy_set(x, spec, neighbors, local, mix, cancel);
    if (codes.size() > 0) {
      set.graph = intersect_labels(set.graph, {codes.data(), codes.data() + codes.size()}, far);
    }
    return set;
  };
  auto deliver = [](napi_env env, FuzzySet&& set) {
    return deliver_graph(env, std::move(set.graph))
        .set("rhos", std::move(set.rhos))
        .set("sigmas", std::move(set.sigmas))
        .set("meanDistance", set.mean_distance)
        .object();
  };
  return start_matrix_job(call, matrix, train_options(call, 5, false), std::move(compute), deliver);
}

// graph, start, spec, cancel, onProgress
napi_value fit_umap(Call& call) {
  const Spec from(call.env(), call[2]);
  UmapParams params;
  params.components = from.u32("components", 1);
  params.epochs = from.u32("epochs", 1);
  params.learning_rate = from.number("learningRate");
  params.forces = {from.number("a"), from.number("b"), from.number("repulsionStrength"),
                   from.u32("negativeSampleRate")};
  params.seed = from.u32("seed");
  auto work = [graph = to_graph(call.env(), call[0]), start = optional_numbers(call, 1, "start"), params](
                  const CancelToken* cancel, const JobProgress& progress) {
    return umap_layout(graph, start, params, cancel, progress);
  };
  return EnvState::of(call.env()).start(train_options(call, 3, true), std::move(work), values_to_js<double>);
}

}  // namespace

void export_manifold(napi_env env, napi_value exports) {
  export_function<affinities>(env, exports, "tsneAffinities");
  export_function<fit_tsne>(env, exports, "fitTsne");
  export_function<fuzzy>(env, exports, "fuzzySet");
  export_function<fit_umap>(env, exports, "fitUmap");
}

}  // namespace boreal
