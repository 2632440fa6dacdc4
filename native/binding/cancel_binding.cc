// Cancel handles: one for each AbortSignal that a call listens to.
#include "binding/env.h"
#include "binding/exports.h"
#include "binding/handle.h"

namespace boreal {
namespace {

napi_value create_cancel(Call& call) { return make_handle(call.env(), std::make_shared<CancelToken>()); }

napi_value cancel(Call& call) {
  EnvState::of(call.env()).cancel(*from_handle<CancelToken>(call.env(), call[0], "token"));
  return nullptr;
}

}  // namespace

void export_cancel(napi_env env, napi_value exports) {
  export_function<create_cancel>(env, exports, "createCancel");
  export_function<cancel>(env, exports, "cancel");
}

}  // namespace boreal
