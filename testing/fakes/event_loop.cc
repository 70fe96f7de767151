#include "testing/fakes/event_loop.h"

#include <algorithm>

namespace interconnect::testing {

void FakeEventLoop::at(Time when, Task task) { tasks_.emplace(std::max(when, now_), std::move(task)); }

bool FakeEventLoop::run_one() {
  if (tasks_.empty()) return false;
  auto next = tasks_.extract(tasks_.begin());
  now_ = next.key();
  next.mapped()();
  return true;
}

bool FakeEventLoop::run_until(const std::function<bool()>& done, Duration limit) {
  const Time give_up_at = now_ + limit;
  while (!done()) {
    if (tasks_.empty() || tasks_.begin()->first > give_up_at) return false;
    run_one();
  }
  return true;
}

}  // namespace interconnect::testing
