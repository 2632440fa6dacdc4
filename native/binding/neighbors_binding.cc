// Searches for neighbours: an index of rows as a handle, what is asked of it, and fits that rest on one.
#include <cmath>
#include <variant>

#include "binding/exports.h"
#include "binding/matrix_job.h"
#include "binding/metric_spec.h"
#include "kernels/dispatch.h"
#include "neighbors/index.h"
#include "train/dbscan.h"
#include "train/hdbscan.h"
#include "train/local_outlier.h"

namespace boreal {

// In the element type of the rows it was made of.
using AnyNeighborIndex = std::variant<NeighborIndex<float>, NeighborIndex<double>>;

template <>
struct HandleTraits<AnyNeighborIndex> {
  static constexpr napi_type_tag kTag = {0x3c1f8ab2640d4e91, 0xb7f20e5ad9c86314};
  static constexpr const char* kName = "an index of neighbors";
  static size_t external_bytes(const AnyNeighborIndex& any) {
    return std::visit([](const auto& index) { return index.memory_bytes(); }, any);
  }
};

namespace {

template <typename T>
void require_finite(MatrixView<const T> x) {
  for (size_t i = 0; i < x.rows * x.cols; ++i) {
    if (!std::isfinite(x.data[i])) throw Error("ERR_INPUT_NAN", "Rows of neighbors must be finite.");
  }
}

// Arguments: x, rows, cols, spec, cancel.
napi_value create(Call& call) {
  const NeighborSpec spec = to_neighbor_spec(call.env(), call[3]);
  auto compute = [spec](auto x, const CancelToken* cancel, const JobProgress&) {
    using T = std::remove_const_t<std::remove_pointer_t<decltype(x.data)>>;
    return std::make_shared<AnyNeighborIndex>(std::in_place_type<NeighborIndex<T>>, spec, x, kernels(),
                                              RunOptions{0, cancel});
  };
  auto deliver = [](napi_env env, std::shared_ptr<AnyNeighborIndex>&& index) {
    return make_handle(env, std::move(index));
  };
  return start_matrix_job(call, MatrixArgument(call), train_options(call, 4, false), compute, deliver);
}

// Work on an index and rows of its element type. Arguments: index, x, rows, cols, ..., cancel.
template <typename Compute, typename Deliver>
napi_value start_search(Call& call, size_t cancel, Compute compute, Deliver deliver) {
  napi_env env = call.env();
  const std::shared_ptr<AnyNeighborIndex> any = from_handle<AnyNeighborIndex>(env, call[0], "index");
  const TypedArray x = to_typed_array(env, call[1], "x");
  const size_t rows = to_size(env, call[2], "rows"), cols = to_size(env, call[3], "cols");
  require_length(x, checked_area(rows, cols));
  JobOptions options = train_options(call, cancel, false);
  options.lane = Lane::kPredict;
  return by_precision(x, [&](auto zero) {
    using T = decltype(zero);
    if (!std::holds_alternative<NeighborIndex<T>>(*any)) {
      throw Error("ERR_DTYPE", "x and the index differ in their element type.");
    }
    auto work = [any, x = Input<T>(x, &options.kept), rows, cols, compute](const CancelToken* token,
                                                                           const JobProgress&) {
      const MatrixView<const T> view = x.matrix(rows, cols);
      require_finite(view);
      return compute(std::get<NeighborIndex<T>>(*any), view, RunOptions{0, token});
    };
    return EnvState::of(env).start(std::move(options), std::move(work), deliver);
  });
}

// Arguments: index, x, rows, cols, k, own, cancel.
napi_value nearest(Call& call) {
  const size_t k = to_size(call.env(), call[4], "k");
  const bool own = to_bool(call.env(), call[5], "own");
  auto compute = [k, own](const auto& index, auto x, const RunOptions& options) {
    checked_area(x.rows, k);
    return nearest_rows(index, x, k, own, options);
  };
  auto deliver = [](napi_env env, auto&& found) {
    return ObjectBuilder(env)
        .set("distances", std::move(found.distances))
        .set("indices", std::move(found.indices))
        .object();
  };
  return start_search(call, 6, compute, deliver);
}

// Arguments: index, x, rows, cols, radius, own, sorted, cancel.
napi_value within(Call& call) {
  const double radius = to_double(call.env(), call[4], "radius");
  const bool own = to_bool(call.env(), call[5], "own"), sorted = to_bool(call.env(), call[6], "sorted");
  if (!(radius >= 0)) throw Error("ERR_PARAMETER", "radius must be at least 0.");
  auto compute = [radius, own, sorted](const auto& index, auto x, const RunOptions& options) {
    return rows_within(index, x, radius, own, sorted, options);
  };
  auto deliver = [](napi_env env, auto&& found) {
    return ObjectBuilder(env)
        .set("offsets", std::move(found.offsets))
        .set("distances", std::move(found.distances))
        .set("indices", std::move(found.indices))
        .object();
  };
  return start_search(call, 7, compute, deliver);
}

// Arguments: x, rows, cols, weights, params, cancel.
napi_value fit_dbscan(Call& call) {
  const MatrixArgument matrix(call);
  const Spec from(call.env(), call[4]);
  const DbscanParams params{to_neighbor_spec(call.env(), call[4]), from.number("eps"),
                            from.number("minSamples")};
  auto compute = [params, weights = optional_row_values<double>(call, 3, "weights", matrix.rows)](
                     auto x, const CancelToken* cancel, const JobProgress&) {
    return dbscan(x, weights.span(), params, cancel);
  };
  auto deliver = [](napi_env env, DbscanClusters&& found) {
    return ObjectBuilder(env)
        .set("labels", std::move(found.labels))
        .set("core", std::move(found.core))
        .object();
  };
  return start_matrix_job(call, matrix, train_options(call, 5, false), std::move(compute), deliver);
}

// Arguments: x, rows, cols, params, cancel, onProgress.
napi_value fit_hdbscan(Call& call) {
  napi_env env = call.env();
  const Spec from(env, call[3]);
  HdbscanParams params;
  params.spec = to_neighbor_spec(env, call[3]);
  params.min_cluster_size = from.size("minClusterSize");
  params.min_samples = from.size("minSamples");
  params.alpha = from.number("alpha");
  params.epsilon = from.number("epsilon");
  params.max_cluster_size = from.size("maxClusterSize");
  params.leaves = from.flag("leaves");
  params.allow_single = from.flag("allowSingle");
  auto compute = [params](auto x, const CancelToken* cancel, const JobProgress& progress) {
    return hdbscan(x, params, cancel, progress);
  };
  auto deliver = [](napi_env env, HdbscanClusters&& found) {
    std::vector<int32_t> merged;  // left, right
    std::vector<double> heights;
    for (const ClusterMerge& merge : found.merges) {
      merged.insert(merged.end(), {merge.left, merge.right});
      heights.push_back(merge.distance);
    }
    return ObjectBuilder(env)
        .set("children", std::move(merged))
        .set("distances", std::move(heights))
        .set("labels", std::move(found.labels))
        .set("probabilities", std::move(found.probabilities))
        .object();
  };
  return start_matrix_job(call, MatrixArgument(call), train_options(call, 4, true), compute, deliver);
}

// Arguments: x, rows, cols, spec, k, cancel.
napi_value fit_local_outliers(Call& call) {
  const NeighborSpec spec = to_neighbor_spec(call.env(), call[3]);
  const size_t k = to_size(call.env(), call[4], "k");
  if (k == 0) throw Error("ERR_PARAMETER", "k must be at least 1.");
  auto compute = [spec, k](auto x, const CancelToken* cancel, const JobProgress&) {
    return local_outliers(x, spec, k, cancel);
  };
  auto deliver = [](napi_env env, LocalOutliers&& found) {
    return ObjectBuilder(env)
        .set("factor", std::move(found.factor))
        .set("reach", std::move(found.reach))
        .set("density", std::move(found.density))
        .object();
  };
  return start_matrix_job(call, MatrixArgument(call), train_options(call, 5, false), compute, deliver);
}

}  // namespace

void export_neighbors(napi_env env, napi_value exports) {
  export_function<create>(env, exports, "neighborIndex");
  export_function<nearest>(env, exports, "neighborsNearest");
  export_function<within>(env, exports, "neighborsWithin");
  export_function<fit_dbscan>(env, exports, "fitDbscan");
  export_function<fit_hdbscan>(env, exports, "fitHdbscan");
  export_function<fit_local_outliers>(env, exports, "fitLocalOutliers");
}

}  // namespace boreal
