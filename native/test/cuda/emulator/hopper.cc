#include <hopper.h>

#include <cstring>

namespace emulator {
namespace {

// A row of a tile, and where its chunks of 16 bytes are turned to: bits of the address.
constexpr uint64_t kRow = 128;
uint64_t turned(uint64_t address) { return address ^ (address >> 7 & 7) << 4; }

void end_phase(Barrier* barrier) {
  if (barrier->missing != 0 || barrier->bytes != 0) return;
  barrier->phase ^= 1;
  barrier->missing = barrier->arrivals;
}

}  // namespace

void barrier_init(Barrier* barrier, uint32_t arrivals) {
  barrier->arrivals = barrier->missing = static_cast<uint16_t>(arrivals);
  barrier->bytes = 0;
  barrier->phase = 0;
}
void barrier_arrive(Barrier* barrier) {
  if (barrier->missing-- == 0) die("more threads arrive at a barrier than it waits for");
  end_phase(barrier);
}
void barrier_expect(Barrier* barrier, uint32_t bytes) {
  barrier->bytes += static_cast<int32_t>(bytes);
  barrier_arrive(barrier);
}
void barrier_wait(Barrier* barrier, uint32_t parity) {
  for (int turns = 0; barrier->phase == parity; ++turns) {
    if (turns == 1 << 20) die("a barrier that nobody reaches");
    let_others_run();
  }
}

void copy_tile(void* to, const CUtensorMap& map, uint32_t byte, uint32_t row, Barrier* barrier) {
  const uint64_t first = shared_address(to);
  if (first % 1024 != 0) die("a tile at no multiple of 1024 bytes");
  later([=] {
    for (uint64_t r = 0; r < map.box_rows; ++r) {
      for (uint64_t b = 0; b < map.box_bytes; ++b) {
        const bool inside = row + r < map.rows && byte + b < map.bytes;
        shared_bytes()[turned(first + r * kRow + b)] =
            inside ? map.data[(row + r) * map.stride + byte + b] : static_cast<unsigned char>(0);
      }
    }
    barrier->bytes -= static_cast<int32_t>(map.box_rows * map.box_bytes);
    end_phase(barrier);
  });
}

uint32_t operand_word(uint64_t operand, uint32_t row, uint32_t byte) {
  if (operand >> 62 != 1) die("an operand whose chunks are not turned within 128 bytes");
  const uint64_t first = (operand & 0x3fff) << 4, groups = (operand >> 32 & 0x3fff) << 4;
  uint32_t word;
  std::memcpy(&word, shared_bytes() + turned(first + row / 8 * groups + row % 8 * kRow + byte), 4);
  return word;
}

}  // namespace emulator

CUresult cuTensorMapEncodeTiled(CUtensorMap* map, CUtensorMapDataType, cuuint32_t sides, void* data,
                                const cuuint64_t* size, const cuuint64_t* strides, const cuuint32_t* box,
                                const cuuint32_t* steps, CUtensorMapInterleave, CUtensorMapSwizzle,
                                CUtensorMapL2promotion, CUtensorMapFloatOOBfill) {
  const bool fits = sides == 2 && reinterpret_cast<uintptr_t>(data) % 16 == 0 && strides[0] % 16 == 0 &&
                    box[0] <= 128 && box[0] % 16 == 0 && box[1] <= 256 && steps[0] == 1 && steps[1] == 1 &&
                    size[0] > 0 && size[1] > 0;
  if (!fits) return CUDA_ERROR_INVALID_VALUE;
  *map = {static_cast<const unsigned char*>(data), size[0], size[1], strides[0], box[0], box[1], {}};
  return CUDA_SUCCESS;
}

cudaError_t cudaGetDriverEntryPointByVersion(const char* name, void** function, unsigned, unsigned long long,
                                             cudaDriverEntryPointQueryResult* result) {
  const bool known = std::strcmp(name, "cuTensorMapEncodeTiled") == 0;
  *function = known ? reinterpret_cast<void*>(&cuTensorMapEncodeTiled) : nullptr;
  *result = known ? cudaDriverEntryPointSuccess : cudaDriverEntryPointSymbolNotFound;
  return cudaSuccess;
}
