#include "benchmarks/allocations.h"

#include <malloc.h>
#include <valgrind/callgrind.h>

#include <cstdlib>
#include <new>
#include <string>

namespace {

// Only this thread's: benchmarks run on one.
thread_local interconnect::Allocations counted;

[[maybe_unused]] void* allocate(std::size_t size, std::size_t alignment) {
  void* room = alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__
                   ? std::malloc(size == 0 ? 1 : size)
                   : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (room == nullptr) throw std::bad_alloc();
  ++counted.count;
  counted.live_bytes += static_cast<std::int64_t>(malloc_usable_size(room));
  return room;
}

[[maybe_unused]] void release(void* room) {
  if (room == nullptr) return;
  counted.live_bytes -= static_cast<std::int64_t>(malloc_usable_size(room));
  std::free(room);
}

}  // namespace

// The sanitizers replace them too, and find more with their own.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void* operator new(std::size_t size) { return allocate(size, 1); }
void* operator new[](std::size_t size) { return allocate(size, 1); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* room) noexcept { release(room); }
void operator delete[](void* room) noexcept { release(room); }
void operator delete(void* room, std::size_t) noexcept { release(room); }
void operator delete[](void* room, std::size_t) noexcept { release(room); }
void operator delete(void* room, std::align_val_t) noexcept { release(room); }
void operator delete[](void* room, std::align_val_t) noexcept { release(room); }
void operator delete(void* room, std::size_t, std::align_val_t) noexcept { release(room); }
void operator delete[](void* room, std::size_t, std::align_val_t) noexcept { release(room); }
#endif

namespace interconnect {

Allocations allocations() { return counted; }

PerEvent::PerEvent(benchmark::State& state) : state_(state), before_(allocations()) {
  CALLGRIND_START_INSTRUMENTATION;
  CALLGRIND_ZERO_STATS;
}

PerEvent::~PerEvent() {
  CALLGRIND_STOP_INSTRUMENTATION;
  if (RUNNING_ON_VALGRIND != 0) CALLGRIND_DUMP_STATS_AT(std::to_string(events_).c_str());
  using benchmark::Counter;
  const Allocations now = allocations();
  const auto events = static_cast<double>(events_);
  state_.counters["time/event"] = Counter(events, Counter::kIsRate | Counter::kInvert);
  state_.counters["allocs/event"] = static_cast<double>(now.count - before_.count) / events;
  state_.counters["grown_B/event"] = static_cast<double>(now.live_bytes - before_.live_bytes) / events;
}

}  // namespace interconnect
