// The door between JavaScript and C++: entry<f> is the N-API callback that runs f(Call&), and attempt() the
// only try/catch of the addon. Native errors become plain JavaScript errors with code, row, column and op.
#pragma once

#include <node_api.h>

#include <new>
#include <optional>
#include <stdexcept>
#include <utility>

#include "base/error.h"

namespace boreal {

// Runs f and turns whatever it throws into an Error; never throws itself.
template <typename F>
std::optional<Error> attempt(F&& f) noexcept {
  try {
    std::forward<F>(f)();
    return std::nullopt;
  } catch (Error& error) {
    return std::move(error);
  } catch (const std::bad_alloc&) {
    return Error("ERR_OUT_OF_MEMORY", "Out of memory.");  // short enough to need no allocation
  } catch (const std::length_error&) {
    return Error("ERR_OUT_OF_MEMORY", "Out of memory.");  // a container larger than the address space
  } catch (const std::exception& error) {
    return Error("ERR_INTERNAL", error.what());
  } catch (...) {
    return Error("ERR_INTERNAL", "Unknown");
  }
}

// The arguments of one call from JavaScript; missing ones are undefined.
class Call {
 public:
  static constexpr size_t kMaxArguments = 11;

  Call(napi_env env, napi_callback_info info) : env_(env) {
    size_t count = kMaxArguments;
    napi_get_cb_info(env, info, &count, arguments_, nullptr, &data_);
  }
  napi_env env() const { return env_; }
  napi_value operator[](size_t i) const { return arguments_[i]; }
  void* data() const { return data_; }  // what the function was created with

 private:
  napi_env env_;
  napi_value arguments_[kMaxArguments];
  void* data_ = nullptr;
};

// After attempt has returned error, two ways to hand it to JavaScript. An exception that JavaScript code has
// thrown meanwhile (a getter, a callback) is what made the attempt fail, and goes before it.
void throw_error(napi_env env, const Error& error);
napi_value take_exception(napi_env env, const Error& error);  // nullptr when JavaScript can no longer run

template <napi_value (*function)(Call&)>
napi_value entry(napi_env env, napi_callback_info info) {
  napi_value result = nullptr;
  const std::optional<Error> error = attempt([&] {
    Call call(env, info);
    result = function(call);
  });
  if (error) throw_error(env, *error);
  return result;
}

}  // namespace boreal
