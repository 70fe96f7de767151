#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "domain/time.h"

namespace interconnect {

// Alarms by number. Most are called off long before their time, so what was called off stays until there is too much of
// it: whether an alarm still holds, its owner tells, by `holds(number, when)`.
class Timers {
 public:
  void set(std::uint64_t number, Time when) {
    ++count_;
    heap_.push_back({when, number});
    std::push_heap(heap_.begin(), heap_.end(), is_later);
  }

  // Of an alarm that was set and no longer holds.
  template <typename Holds>
  void call_off(const Holds& holds) {
    --count_;
    if (heap_.size() <= kRoom + 4 * count_) return;
    std::erase_if(heap_, [&](const Alarm& alarm) { return !holds(alarm.number, alarm.when); });
    std::make_heap(heap_.begin(), heap_.end(), is_later);
  }

  // The earliest; of several at that time, the lowest number's.
  template <typename Holds>
  std::optional<Time> next(const Holds& holds) {
    while (!heap_.empty() && !holds(heap_.front().number, heap_.front().when)) drop_front();
    if (heap_.empty()) return std::nullopt;
    return heap_.front().when;
  }

  // Takes it out if its time has come. The owner is to forget it.
  template <typename Holds>
  std::optional<std::uint64_t> take_due(Time now, const Holds& holds) {
    const std::optional<Time> when = next(holds);
    if (!when || *when > now) return std::nullopt;
    const std::uint64_t number = heap_.front().number;
    drop_front();
    --count_;
    return number;
  }

 private:
  static constexpr std::size_t kRoom = 64;
  struct Alarm {
    Time when{0};
    std::uint64_t number = 0;
  };
  static bool is_later(const Alarm& a, const Alarm& b) {
    return a.when != b.when ? a.when > b.when : a.number > b.number;
  }
  void drop_front() {
    std::pop_heap(heap_.begin(), heap_.end(), is_later);
    heap_.pop_back();
  }

  std::vector<Alarm> heap_;
  std::size_t count_ = 0;  // of those that hold
};

}  // namespace interconnect
