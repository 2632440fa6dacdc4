// The groups of functions that the addon exports; together they are NativeAddon of lib/native.ts.
#pragma once

#include <node_api.h>

#include "binding/call.h"
#include "binding/js.h"

namespace boreal {

template <napi_value (*function)(Call&)>
void export_function(napi_env env, napi_value exports, const char* name) {
  napi_value value;
  check(env, napi_create_function(env, name, NAPI_AUTO_LENGTH, entry<function>, nullptr, &value));
  check(env, napi_set_named_property(env, exports, name, value));
}

void export_info(napi_env env, napi_value exports);
void export_booster(napi_env env, napi_value exports);
void export_cancel(napi_env env, napi_value exports);
void export_cuda(napi_env env, napi_value exports);
void export_cuda_rows(napi_env env, napi_value exports);
void export_cluster(napi_env env, napi_value exports);
void export_mixture(napi_env env, napi_value exports);
void export_program(napi_env env, napi_value exports);
void export_socket(napi_env env, napi_value exports);
void export_sparse(napi_env env, napi_value exports);
void export_sparse_operator(napi_env env, napi_value exports);
void export_sparse_neighbors(napi_env env, napi_value exports);
void export_stats(napi_env env, napi_value exports);
void export_text(napi_env env, napi_value exports);
void export_train(napi_env env, napi_value exports);
void export_gram(napi_env env, napi_value exports);
void export_linear(napi_env env, napi_value exports);
void export_svm(napi_env env, napi_value exports);
void export_calibration(napi_env env, napi_value exports);
void export_forest(napi_env env, napi_value exports);
void export_explain(napi_env env, napi_value exports);
void export_network(napi_env env, napi_value exports);
void export_tensor(napi_env env, napi_value exports);
void export_neighbors(napi_env env, napi_value exports);
void export_manifold(napi_env env, napi_value exports);
void export_matrix_distance(napi_env env, napi_value exports);
void export_matrix_elementwise(napi_env env, napi_value exports);
void export_matrix_gemm(napi_env env, napi_value exports);
void export_matrix_packed(napi_env env, napi_value exports);
void export_matrix_decomposition(napi_env env, napi_value exports);
void export_matrix_reduce(napi_env env, napi_value exports);
void export_matrix_int8(napi_env env, napi_value exports);

}  // namespace boreal
