#include "binding/matrix_call.h"

#include <cstring>
#include <string>

namespace boreal {

uint32_t matrix_code(Call& call) {
  return static_cast<uint32_t>(to_whole(call.env(), call[0], "code", 0, UINT32_MAX));
}

MatrixArguments::Memory MatrixArguments::read_array(size_t i, const char* name, napi_typedarray_type type,
                                                    size_t element_bytes) const {
  if (when_ == When::kLater) {
    const TypedArray array = to_typed_array(env(), call_[i], name);
    if (array.type != type) refuse_type(name);
    return {static_cast<char*>(array.data), array.length * element_bytes, name, array.shared || array.owned};
  }
  // Whether the memory is shared makes no difference to a call made now, and costs as much as all the rest.
  napi_typedarray_type actual = napi_bigint64_array;  // stays so for a type that this N-API does not know
  size_t length = 0;
  void* data = nullptr;
  if (napi_get_typedarray_info(env(), call_[i], &actual, &length, &data, nullptr, nullptr) != napi_ok) {
    throw Error("ERR_PARAMETER", std::string(name) + " must be a typed array.");
  }
  if (actual != type) refuse_type(name);
  return {static_cast<char*>(data), length * element_bytes, name, false};
}

const char* MatrixArguments::lasting(const Memory& memory, napi_value value) {
  if (memory.lasting) {
    kept_.push_back(value);
    return memory.data;
  }
  copies_.emplace_back(memory.bytes);
  if (memory.bytes > 0) std::memcpy(copies_.back().data(), memory.data, memory.bytes);
  return copies_.back().data();
}

void MatrixArguments::refuse_type(const char* name) {
  throw Error("ERR_DTYPE", std::string(name) + " does not hold elements of the type of the operation.");
}

void MatrixArguments::refuse_overlap(const char* x, const char* out, Aliasing aliasing) {
  throw Error("ERR_PARAMETER", std::string(out) + " must not overlap " + x +
                                   (aliasing == Aliasing::kSame ? ", unless it is the same matrix." : "."));
}

void MatrixArguments::refuse_size(const char* name, size_t size, size_t expected) {
  throw Error("ERR_SHAPE", std::string(name) + " must have " + std::to_string(expected) + " values; it has " +
                               std::to_string(size) + (size == 0 ? ": was its buffer detached?" : "."));
}

}  // namespace boreal
