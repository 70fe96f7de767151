#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "domain/event_validator.h"
#include "domain/safety_net.h"

namespace interconnect::examples {

// Parks what cannot be written, so that the copy goes on, but for one type of event that must not be passed over:
// there it ends the process, and the event comes again. Refused events are counted and skipped.
class CarefulSafetyNet final : public SafetyNet {
 public:
  explicit CarefulSafetyNet(std::string indispensable_type) : indispensable_type_(std::move(indispensable_type)) {}

  SafetyAction cannot_write_event(const EventView& event, const WriteFailure& failure) override;
  SafetyAction invalid_event(const EventView& event, const InvalidEvent& why) override;

  // May be read on any thread, for metrics say.
  std::uint64_t refused() const { return refused_; }

 private:
  std::string indispensable_type_;
  std::atomic<std::uint64_t> refused_ = 0;
};

// Takes events whose data are no longer than so many bytes.
class SizeValidator final : public EventValidator {
 public:
  explicit SizeValidator(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  std::optional<std::string> validate(const EventView& event) const override;

 private:
  std::size_t max_bytes_;
};

}  // namespace interconnect::examples
