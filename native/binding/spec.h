// Reads the members of an object that tells a fit how to work.
#pragma once

#include <limits>
#include <vector>

#include "binding/js.h"

namespace boreal {

class Spec {
 public:
  Spec(napi_env env, napi_value object) : env_(env), object_(object) {}
  napi_value at(const char* name) const { return property(env_, object_, name); }
  uint32_t u32(const char* name, uint32_t least = 0) const {
    return static_cast<uint32_t>(to_whole(env_, at(name), name, least, std::numeric_limits<uint32_t>::max()));
  }
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
  // The position of a word among choices.
  size_t choice(const char* name, const std::vector<const char*>& choices) const {
    return to_choice(env_, at(name), name, choices);
  }

 private:
  napi_env env_;
  napi_value object_;
};

}  // namespace boreal
