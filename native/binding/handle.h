// Native objects in JavaScript's hands: externals that share ownership, with a type tag so that no other
// external can be passed off as one. The garbage collector frees them and is told of their size.
#pragma once

#include <node_api.h>

#include <memory>
#include <string>

#include "base/cancel.h"
#include "base/error.h"
#include "binding/js.h"

namespace boreal {

// kTag, kName and external_bytes(const T&) of each T that has handles.
template <typename T>
struct HandleTraits;

template <>
struct HandleTraits<CancelToken> {
  static constexpr napi_type_tag kTag = {0x5d1e0c5b8f3a4e27, 0x9a64d7c2b1f0836e};
  static constexpr const char* kName = "a cancel handle";
  static size_t external_bytes(const CancelToken&) { return 0; }
};

// Tells the garbage collector what an object holds beyond its heap.
template <typename T>
void account(napi_env env, const T& object, int64_t sign) {
  int64_t total;
  napi_adjust_external_memory(env, sign * static_cast<int64_t>(HandleTraits<T>::external_bytes(object)),
                              &total);
}

// Lets go of what a handle shares, before the garbage collector would; nothing when it has already.
template <typename T>
void drop_object(napi_env env, std::shared_ptr<T>& object) {
  if (object == nullptr) return;
  account<T>(env, *object, -1);
  object.reset();
}

template <typename T>
napi_value make_handle(napi_env env, std::shared_ptr<T> object) {
  const auto release = [](napi_env finalizer_env, void* data, void*) {
    const std::unique_ptr<std::shared_ptr<T>> owner(static_cast<std::shared_ptr<T>*>(data));
    drop_object<T>(finalizer_env, *owner);
  };
  auto owner = std::make_unique<std::shared_ptr<T>>(std::move(object));
  napi_value handle;
  check(env, napi_create_external(env, owner.get(), release, nullptr, &handle));
  account<T>(env, **owner.release(), 1);
  check(env, napi_type_tag_object(env, handle, &HandleTraits<T>::kTag));
  return handle;
}

// Throws ERR_PARAMETER for anything else. What was dropped is null.
template <typename T>
std::shared_ptr<T>& from_handle(napi_env env, napi_value value, const char* name) {
  napi_valuetype type;
  bool tagged = false;
  void* data = nullptr;
  if (napi_typeof(env, value, &type) != napi_ok || type != napi_external ||
      napi_check_object_type_tag(env, value, &HandleTraits<T>::kTag, &tagged) != napi_ok || !tagged ||
      napi_get_value_external(env, value, &data) != napi_ok) {
    throw Error("ERR_PARAMETER", std::string(name) + " must be " + HandleTraits<T>::kName + ".");
  }
  return *static_cast<std::shared_ptr<T>*>(data);
}

// The token of a cancel handle; null for null.
inline std::shared_ptr<CancelToken> to_cancel(napi_env env, napi_value value) {
  return is_nullish(env, value) ? nullptr : from_handle<CancelToken>(env, value, "cancel");
}

}  // namespace boreal
