// Large blocks of memory on huge pages. What is given back is kept for the next one that asks, within bounds:
// fresh memory costs a page fault for each page, which takes longer than filling it.
#pragma once

#include <cstddef>

namespace boreal {

constexpr size_t kHugePage = size_t{1} << 21;

// What a block of so many bytes takes: whole huge pages, in steps of an eighth or less, so that it fits again
// when the next size differs a little.
size_t large_block_size(size_t bytes);

// What may be held back for later use: 128 MiB, and no more than a sixteenth of the memory.
size_t idle_memory_bytes();

// An uninitialised block, aligned to kHugePage; bytes >= kHugePage. Throws std::bad_alloc.
void* take_large_block(size_t bytes);

// Gives back what take_large_block(bytes) returned.
void give_large_block(void* block, size_t bytes) noexcept;

// Asks for huge pages where the memory has whole ones: before the first write that saves most of the faults.
void advise_huge_pages(void* data, size_t bytes);

}  // namespace boreal
