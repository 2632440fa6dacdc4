#include "binding/plan_source.h"

#include <string>

#include "binding/exports.h"

namespace boreal {
namespace {

TypedArray to_private_array(napi_env env, napi_value value, const char* name) {
  const TypedArray array = to_typed_array(env, value, name);
  if (array.shared)
    throw Error("ERR_PARAMETER", std::string(name) + " must not be backed by a SharedArrayBuffer.");
  return array;
}

ConstantType constant_type(const TypedArray& array) {
  switch (array.type) {
    case napi_float32_array:
      return ConstantType::kF32;
    case napi_float64_array:
      return ConstantType::kF64;
    case napi_int32_array:
      return ConstantType::kI32;
    case napi_uint8_array:
      return ConstantType::kU8;
    default:
      throw Error("ERR_DTYPE", "A constant must be a Float32Array, Float64Array, Int32Array or Uint8Array.");
  }
}

}  // namespace

PlanSource to_plan_source(Call& call, size_t ops) {
  napi_env env = call.env();
  PlanSource source;
  const TypedArray words = to_private_array(env, call[ops], "ops");
  source.ops = {elements<int32_t>(words), words.length};
  source.arrays.push_back(words.value);
  uint32_t count = 0;
  if (napi_get_array_length(env, call[ops + 1], &count) != napi_ok) {
    throw Error("ERR_PARAMETER", "constants must be an array of typed arrays.");
  }
  for (uint32_t i = 0; i < count; ++i) {
    napi_value element;
    check(env, napi_get_element(env, call[ops + 1], i, &element));
    const TypedArray array = to_private_array(env, element, "A constant");
    source.constants.push_back({constant_type(array), array.data, array.length});
    source.arrays.push_back(element);
  }
  return source;
}

}  // namespace boreal
