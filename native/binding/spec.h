// Reads the members of an object that tells a fit how to work.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "binding/js.h"
#include "device/cuda_library.h"

namespace boreal {

// A GPU as JavaScript names it, which may not be here.
struct CudaName {
  std::string plugin;
  int32_t device;

  // Throws ERR_CUDA_PLUGIN, ERR_CUDA_DRIVER or ERR_DEVICE.
  CudaTarget open() const {
    const CudaLibrary& library = CudaLibrary::open(plugin);
    library.usable_device(device);
    return {&library, device};
  }
};

class Spec {
 public:
  Spec(napi_env env, napi_value object) : env_(env), object_(object) {}
  napi_value at(const char* name) const { return property(env_, object_, name); }
  uint32_t u32(const char* name, uint32_t least = 0) const {
    return static_cast<uint32_t>(to_whole(env_, at(name), name, least, std::numeric_limits<uint32_t>::max()));
  }
  size_t size(const char* name) const { return to_size(env_, at(name), name); }
  double number(const char* name) const { return to_double(env_, at(name), name); }
  bool flag(const char* name) const { return to_bool(env_, at(name), name); }
  Input<double> numbers(const char* name) const {
    if (is_nullish(env_, at(name))) return {};
    return Input<double>::copy(to_typed_array(env_, at(name), name));
  }
  std::vector<double> values(const char* name) const {
    const Input<double> input = numbers(name);
    return {input.span().begin(), input.span().end()};
  }
  // Numbers -1, 0 and 1; none for null.
  std::vector<int8_t> signs(const char* name) const {
    if (is_nullish(env_, at(name))) return {};
    const TypedArray array = to_typed_array(env_, at(name), name);
    const int32_t* values = elements<int32_t>(array);
    std::vector<int8_t> signs(array.length);
    for (size_t i = 0; i < array.length; ++i) {
      if (values[i] < -1 || values[i] > 1) throw Error("ERR_PARAMETER", std::string(name) + ": not a sign.");
      signs[i] = static_cast<int8_t>(values[i]);
    }
    return signs;
  }
  // { plugin, device }, or null for the CPU; at once if cudaOpen has opened it.
  CudaTarget cuda(const char* name) const {
    return is_nullish(env_, at(name)) ? CudaTarget{} : Spec(env_, at(name)).cuda_name().open();
  }
  // The fields of this object: { plugin, device }.
  CudaName cuda_name() const {
    return {to_text(env_, at("plugin"), "plugin"),
            static_cast<int32_t>(to_whole(env_, at("device"), "device", 0, 1023))};
  }
  // A word whose position among choices is a value of E.
  template <typename E>
  E choice(const char* name, const std::vector<const char*>& choices) const {
    return static_cast<E>(to_choice(env_, at(name), name, choices));
  }

 private:
  napi_env env_;
  napi_value object_;
};

}  // namespace boreal
