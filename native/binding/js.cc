#include "binding/js.h"

#include <cmath>
#include <cstring>
#include <memory>

#include "base/error.h"
#include "binding/recycled.h"

namespace boreal {
namespace {

constexpr napi_type_tag kOwned = {0x8c2f5be07d3146a9, 0xe1750a9c3f6b82d4};

constexpr size_t kLargeBytes = size_t{1} << 20;

[[noreturn]] void refuse(const char* name, const std::string& wanted) {
  throw Error("ERR_PARAMETER", std::string(name) + " must be " + wanted + ".");
}

const char* array_name(napi_typedarray_type type) {
  switch (type) {
    case napi_float32_array:
      return "a Float32Array";
    case napi_float64_array:
      return "a Float64Array";
    case napi_int32_array:
      return "an Int32Array";
    default:
      return "a Uint8Array";
  }
}

size_t element_bytes(napi_typedarray_type type) {
  switch (type) {
    case napi_int8_array:
    case napi_uint8_array:
    case napi_uint8_clamped_array:
      return 1;
    case napi_int16_array:
    case napi_uint16_array:
      return 2;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array:
      return 4;
    default:
      return 8;
  }
}

}  // namespace

void check(napi_env env, napi_status status) {
  if (status == napi_ok) return;
  const napi_extended_error_info* info = nullptr;
  napi_get_last_error_info(env, &info);
  const char* message = info != nullptr ? info->error_message : nullptr;
  throw Error("ERR_INTERNAL",
              std::string("Node-API: ") + (message != nullptr ? message : "unknown error") + ".");
}

bool is_nullish(napi_env env, napi_value value) {
  napi_valuetype type;
  check(env, napi_typeof(env, value, &type));
  return type == napi_undefined || type == napi_null;
}

double to_double(napi_env env, napi_value value, const char* name) {
  double number;
  if (napi_get_value_double(env, value, &number) != napi_ok) refuse(name, "a number");
  return number;
}

bool to_bool(napi_env env, napi_value value, const char* name) {
  bool flag;
  if (napi_get_value_bool(env, value, &flag) != napi_ok) refuse(name, "true or false");
  return flag;
}

uint64_t to_whole(napi_env env, napi_value value, const char* name, uint64_t min, uint64_t max) {
  const double number = to_double(env, value, name);
  if (!(number >= static_cast<double>(min) && number <= static_cast<double>(max)) ||
      number != std::floor(number)) {
    refuse(name, "a whole number from " + std::to_string(min) + " to " + std::to_string(max));
  }
  return static_cast<uint64_t>(number);
}

size_t to_size(napi_env env, napi_value value, const char* name) {
  return static_cast<size_t>(to_whole(env, value, name, 0, kMaxSafeInteger));
}

std::string to_text(napi_env env, napi_value value, const char* name) {
  constexpr size_t kMost = 4096;
  std::string text(kMost + 1, '\0');
  size_t length = 0;
  // A longer text would be cut, and so is as long as the room for it.
  if (napi_get_value_string_utf8(env, value, text.data(), text.size(), &length) != napi_ok ||
      length == kMost) {
    throw Error("ERR_PARAMETER", std::string(name) + " must be a string of less than 4096 bytes.");
  }
  text.resize(length);
  return text;
}

size_t to_choice(napi_env env, napi_value value, const char* name, const std::vector<const char*>& choices) {
  char text[32];
  size_t length = 0;
  // A string that fills the buffer may be cut off; no choice is that long.
  if (napi_get_value_string_utf8(env, value, text, sizeof(text), &length) == napi_ok) {
    for (size_t i = 0; i < choices.size(); ++i) {
      if (std::strlen(choices[i]) == length && std::memcmp(choices[i], text, length) == 0) return i;
    }
  }
  std::string wanted = "one of";
  for (const char* choice : choices) wanted += std::string(" '") + choice + "'";
  refuse(name, wanted);
}

napi_value property(napi_env env, napi_value object, const char* name) {
  napi_valuetype type;
  check(env, napi_typeof(env, object, &type));
  if (type != napi_object) refuse(name, "a property of an object");
  napi_value value;
  check(env, napi_get_named_property(env, object, name, &value));
  return value;
}

TypedArray to_typed_array(napi_env env, napi_value value, const char* name) {
  // The type stays as set here for an array of a kind that this N-API does not know.
  TypedArray array{value, napi_int8_array, nullptr, 0, false, false, name};
  napi_value buffer;
  size_t offset;
  if (napi_get_typedarray_info(env, value, &array.type, &array.length, &array.data, &buffer, &offset) !=
      napi_ok) {
    refuse(name, "a typed array");
  }
  bool ordinary = true;
  check(env, napi_is_arraybuffer(env, buffer, &ordinary));
  array.shared = !ordinary;
  if (ordinary && array.length >= kLeastOwned) {
    check(env, napi_check_object_type_tag(env, buffer, &kOwned, &array.owned));
  }
  return array;
}

void mark_owned(napi_env env, const TypedArray& array) {
  if (array.length < kLeastOwned || array.shared || array.owned) return;
  napi_value buffer;
  check(env, napi_get_typedarray_info(env, array.value, nullptr, nullptr, nullptr, &buffer, nullptr));
  check(env, napi_type_tag_object(env, buffer, &kOwned));
}

template <typename T>
T* elements(const TypedArray& array) {
  if (array.type != kArrayType<T>) {
    throw Error("ERR_DTYPE", std::string(array.name) + " must be " + array_name(kArrayType<T>) + ".");
  }
  return static_cast<T*>(array.data);
}
template float* elements(const TypedArray&);
template double* elements(const TypedArray&);
template int32_t* elements(const TypedArray&);
template uint8_t* elements(const TypedArray&);

size_t checked_area(size_t rows, size_t cols) {
  if (cols != 0 && rows > kMaxSafeInteger / cols) {
    throw Error("ERR_SHAPE",
                std::to_string(rows) + " x " + std::to_string(cols) + " is larger than any array can be.");
  }
  return rows * cols;
}

void require_length(const TypedArray& array, size_t expected) {
  if (array.length != expected) {
    throw Error("ERR_SHAPE", std::string(array.name) + " must have " + std::to_string(expected) +
                                 " elements; it has " + std::to_string(array.length) + ".");
  }
}

void refuse_overlap(const TypedArray& x, const TypedArray& out) {
  const auto end = [](const TypedArray& array) {
    return static_cast<const char*>(array.data) + array.length * element_bytes(array.type);
  };
  if (x.length == 0 || out.length == 0 || x.data >= end(out) || out.data >= end(x)) return;
  throw Error("ERR_PARAMETER", std::string(out.name) + " must not overlap " + x.name + ".");
}

template <typename T>
Input<T>::Input(const TypedArray& array, std::vector<napi_value>* kept) {
  if (!array.shared && !array.owned) {
    *this = copy(array);
    return;
  }
  data_ = elements<T>(array);
  size_ = array.length;
  kept->push_back(array.value);
}

template <typename T>
Input<T> Input<T>::copy(const TypedArray& array) {
  Input input;
  const T* source = elements<T>(array);
  input.copy_ = AlignedBuffer<T>(array.length);
  if (array.length > 0) std::memcpy(input.copy_.data(), source, array.length * sizeof(T));
  input.data_ = input.copy_.data();
  input.size_ = array.length;
  return input;
}

template class Input<float>;
template class Input<double>;
template class Input<int32_t>;
template class Input<uint8_t>;

napi_value to_js(napi_env env, double value) {
  napi_value result;
  check(env, napi_create_double(env, value, &result));
  return result;
}

napi_value to_js(napi_env env, bool value) {
  napi_value result;
  check(env, napi_get_boolean(env, value, &result));
  return result;
}

napi_value to_js(napi_env env, const char* text) { return to_js(env, std::string(text)); }

napi_value to_js(napi_env env, const std::string& text) {
  napi_value result;
  check(env, napi_create_string_utf8(env, text.data(), text.size(), &result));
  return result;
}

template <typename T>
napi_value to_js(napi_env env, std::vector<T>&& values) {
  const size_t count = values.size(), bytes = count * sizeof(T);
  napi_value buffer = nullptr, result;
  if (bytes >= kLargeBytes) {
    auto owner = std::make_shared<std::vector<T>>(std::move(values));
    buffer = external_buffer(env, owner->data(), bytes, owner);
    if (buffer == nullptr) values = std::move(*owner);
  }
  if (buffer == nullptr) {
    void* data = nullptr;
    check(env, napi_create_arraybuffer(env, bytes, &data, &buffer));
    if (bytes > 0) std::memcpy(data, values.data(), bytes);
  }
  check(env, napi_create_typedarray(env, kArrayType<T>, count, buffer, 0, &result));
  return result;
}
template napi_value to_js(napi_env, std::vector<float>&&);
template napi_value to_js(napi_env, std::vector<double>&&);
template napi_value to_js(napi_env, std::vector<int32_t>&&);
template napi_value to_js(napi_env, std::vector<uint8_t>&&);

napi_value undefined(napi_env env) {
  napi_value result;
  check(env, napi_get_undefined(env, &result));
  return result;
}

}  // namespace boreal
