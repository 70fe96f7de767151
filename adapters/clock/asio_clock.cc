#include "adapters/clock/asio_clock.h"

#include <chrono>
#include <utility>

namespace interconnect {

using std::chrono::steady_clock;

AsioClock::AsioClock(const boost::asio::any_io_executor& executor)
    : timer_(executor), current_(std::make_shared<std::uint64_t>(0)) {}

AsioClock::~AsioClock() { ++*current_; }

Time AsioClock::now() const { return std::chrono::duration_cast<Time>(steady_clock::now().time_since_epoch()); }

void AsioClock::set_alarm(Time when, std::function<void()> alarm) {
  const std::uint64_t number = ++*current_;
  timer_.expires_at(steady_clock::time_point(std::chrono::duration_cast<steady_clock::duration>(when)));
  timer_.async_wait([number, current = current_, alarm = std::move(alarm)](const boost::system::error_code&) {
    if (*current == number) alarm();
  });
}

}  // namespace interconnect
