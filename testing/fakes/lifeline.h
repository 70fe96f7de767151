#pragma once

#include <memory>
#include <utility>

#include "testing/fakes/event_loop.h"

namespace interconnect::testing {

// Leaves tasks to a loop that are dropped once the lifeline is cut or gone.
class Lifeline {
 public:
  explicit Lifeline(FakeEventLoop& loop) : loop_(loop) {}

  void post(FakeEventLoop::Task task) { after(Duration{0}, std::move(task)); }
  void after(Duration delay, FakeEventLoop::Task task) {
    loop_.at(loop_.now() + delay, [life = std::weak_ptr(life_), task = std::move(task)] {
      if (!life.expired()) task();
    });
  }
  // Drops what has been left; what is left later is not affected.
  void cut() { life_ = std::make_shared<char>(); }
  // Expires with the next cut.
  std::weak_ptr<char> life() const { return life_; }

 private:
  FakeEventLoop& loop_;
  std::shared_ptr<char> life_ = std::make_shared<char>();
};

}  // namespace interconnect::testing
