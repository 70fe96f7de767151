#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "boost/asio/any_io_executor.hpp"
#include "boost/asio/steady_timer.hpp"
#include "ports/clock.h"

namespace interconnect {

// The machine's steady clock; the alarm rings on the executor. To be used, and destroyed, only there.
class AsioClock final : public Clock {
 public:
  explicit AsioClock(const boost::asio::any_io_executor& executor);
  ~AsioClock() override;

  Time now() const override;
  void set_alarm(Time when, std::function<void()> alarm) override;

 private:
  boost::asio::steady_timer timer_;
  // The number of the alarm that may ring. A timer that has run out can no longer be cancelled, only be ignored.
  std::shared_ptr<std::uint64_t> current_;
};

}  // namespace interconnect
