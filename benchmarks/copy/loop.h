#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>

namespace interconnect::copy_benchmark {

// A measurement cannot be made; the message says why and of which store.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

// The event loop of one measurement.
class Loop final {
 public:
  boost::asio::io_context& io() { return io_; }

  // Until finish() or fail(), whose failure it throws; a failure as well if nothing has been alive() for the limit.
  void run(const std::string& what, std::chrono::seconds limit = std::chrono::seconds(120));

  void finish() { io_.stop(); }
  void fail(std::string message);
  // Something has happened.
  void alive() { is_alive_ = true; }

  void after(Clock::duration wait, std::function<void()> call);

 private:
  void watch(const std::string& what, std::chrono::seconds limit);

  boost::asio::io_context io_{1};
  boost::asio::steady_timer watchdog_{io_};
  bool is_alive_ = false;
  std::string failure_;
};

}  // namespace interconnect::copy_benchmark
