#pragma once

#include <functional>
#include <map>
#include <utility>

#include "domain/time.h"

namespace interconnect::testing {

// Where fakes leave what they will do next. Nothing happens until the test runs it, in the order of time; time stands
// still meanwhile, and jumps to the next task when that is run.
class FakeEventLoop {
 public:
  using Task = std::function<void()>;

  Time now() const { return now_; }
  void post(Task task) { at(now_, std::move(task)); }
  // At once if the time has passed. Tasks of the same time run in the order in which they were left.
  void at(Time when, Task task);

  // Runs the next task; false if there is none.
  bool run_one();
  // Runs tasks until `done`; false if none is left, or those left are more than `limit` away from the first.
  bool run_until(const std::function<bool()>& done, Duration limit = std::chrono::minutes(10));

 private:
  std::multimap<Time, Task> tasks_;
  Time now_{0};
};

}  // namespace interconnect::testing
