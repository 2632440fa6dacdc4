// What the addon is and runs on.
#include "base/aligned_buffer.h"
#include "base/cpu_features.h"
#include "base/thread_pool.h"
#include "binding/exports.h"
#include "binding/recycled.h"
#include "kernels/dispatch.h"

namespace boreal {
namespace {

napi_value info(Call& call) {
  napi_env env = call.env();
  napi_value isas;
  check(env, napi_create_array(env, &isas));
  uint32_t count = 0;
  for (const Kernels* table : available_kernels()) {
    check(env, napi_set_element(env, isas, count++, to_js(env, table->name)));
  }
  return ObjectBuilder(env)
      .set("version", BOREAL_VERSION)
      .set("isa", kernels().name)
      .set_value("isas", isas)
      .set("threads", static_cast<double>(ThreadPool::instance().size()))
      .set("cpu", cpu_name())
      .set("memoryLimitBytes", static_cast<double>(memory_limit_bytes()))
      .object();
}

// Of fresh memory that is about to be filled, and of which there will be more.
napi_value huge_pages(Call& call) {
  const TypedArray array = to_typed_array(call.env(), call[0], "array");
  return by_precision(array, [&](auto zero) {
    advise_huge_pages(array.data, array.length * sizeof(zero));
    return undefined(call.env());
  });
}

napi_value own(Call& call) {
  mark_owned(call.env(), to_typed_array(call.env(), call[0], "array"));
  return undefined(call.env());
}

napi_value detach(Call& call) {
  check(call.env(), napi_detach_arraybuffer(call.env(), call[0]));
  return undefined(call.env());
}

napi_value recycled(Call& call) {
  const napi_value buffer = recycled_buffer(call.env(), to_size(call.env(), call[0], "bytes"));
  if (buffer != nullptr) return buffer;
  napi_value none;
  check(call.env(), napi_get_null(call.env(), &none));
  return none;
}

}  // namespace

void export_info(napi_env env, napi_value exports) {
  export_function<info>(env, exports, "info");
  export_function<huge_pages>(env, exports, "adviseHugePages");
  export_function<own>(env, exports, "markOwned");
  export_function<recycled>(env, exports, "recycledBuffer");
  export_function<detach>(env, exports, "detachBuffer");
}

}  // namespace boreal
