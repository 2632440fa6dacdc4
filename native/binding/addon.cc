// The module's entry: runs once in every env (main thread or worker) that loads the addon.
#include <node_api.h>

#include "binding/call.h"
#include "binding/env.h"
#include "binding/exports.h"

NAPI_MODULE_INIT(/* napi_env env, napi_value exports */) {
  using namespace boreal;
  const std::optional<Error> error = attempt([&] {
    EnvState::create(env);
    export_info(env, exports);
    export_booster(env, exports);
    export_cancel(env, exports);
    export_cluster(env, exports);
    export_cuda(env, exports);
    export_cuda_rows(env, exports);
    export_mixture(env, exports);
    export_program(env, exports);
    export_socket(env, exports);
    export_sparse(env, exports);
    export_sparse_operator(env, exports);
    export_sparse_neighbors(env, exports);
    export_stats(env, exports);
    export_text(env, exports);
    export_train(env, exports);
    export_gram(env, exports);
    export_linear(env, exports);
    export_svm(env, exports);
    export_calibration(env, exports);
    export_forest(env, exports);
    export_explain(env, exports);
    export_network(env, exports);
    export_tensor(env, exports);
    export_neighbors(env, exports);
    export_manifold(env, exports);
    export_matrix_distance(env, exports);
    export_matrix_elementwise(env, exports);
    export_matrix_gemm(env, exports);
    export_matrix_packed(env, exports);
    export_matrix_decomposition(env, exports);
    export_matrix_reduce(env, exports);
    export_matrix_int8(env, exports);
  });
  if (error) throw_error(env, *error);
  return exports;
}
