#include "binding/call.h"

namespace boreal {
namespace {

void set_position(napi_env env, napi_value error, const char* name, int64_t position) {
  napi_value number;
  if (position >= 0 && napi_create_int64(env, position, &number) == napi_ok) {
    napi_set_named_property(env, error, name, number);
  }
}

// nullptr when JavaScript can no longer run.
napi_value make_error(napi_env env, const Error& error) {
  napi_value code, text, result;
  if (napi_create_string_utf8(env, error.code(), NAPI_AUTO_LENGTH, &code) != napi_ok ||
      napi_create_string_utf8(env, error.what(), NAPI_AUTO_LENGTH, &text) != napi_ok ||
      napi_create_error(env, code, text, &result) != napi_ok) {
    return nullptr;
  }
  set_position(env, result, "row", error.row());
  set_position(env, result, "column", error.column());
  set_position(env, result, "op", error.op());
  return result;
}

}  // namespace

napi_value take_exception(napi_env env, const Error& error) {
  bool pending = false;
  napi_value exception = nullptr;
  if (napi_is_exception_pending(env, &pending) == napi_ok && pending &&
      napi_get_and_clear_last_exception(env, &exception) == napi_ok) {
    return exception;
  }
  return make_error(env, error);
}

void throw_error(napi_env env, const Error& error) {
  bool pending = false;
  if (napi_is_exception_pending(env, &pending) == napi_ok && pending) return;
  const napi_value value = make_error(env, error);
  if (value != nullptr) napi_throw(env, value);
}

}  // namespace boreal
