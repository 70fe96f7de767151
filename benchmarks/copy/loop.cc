#include "benchmarks/copy/loop.h"

#include <memory>
#include <utility>

namespace interconnect::copy_benchmark {

void Loop::run(const std::string& what, std::chrono::seconds limit) {
  watch(what, limit);
  io_.restart();
  io_.run();
  watchdog_.cancel();
  if (!failure_.empty()) throw Failure(std::exchange(failure_, ""));
}

void Loop::fail(std::string message) {
  if (failure_.empty()) failure_ = std::move(message);
  io_.stop();
}

void Loop::after(Clock::duration wait, std::function<void()> call) {
  auto timer = std::make_shared<boost::asio::steady_timer>(io_, wait);
  timer->async_wait([timer, call = std::move(call)](const boost::system::error_code& error) {
    if (!error) call();
  });
}

void Loop::watch(const std::string& what, std::chrono::seconds limit) {
  watchdog_.expires_after(limit);
  watchdog_.async_wait([this, what, limit](const boost::system::error_code& error) {
    if (error) return;
    if (!std::exchange(is_alive_, false)) {
      return fail(what + ": nothing has happened for " + std::to_string(limit.count()) + " s");
    }
    watch(what, limit);
  });
}

}  // namespace interconnect::copy_benchmark
