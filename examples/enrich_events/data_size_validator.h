#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "domain/event_validator.h"

namespace enrich_events {

// A rule of this service's own: an event has data, and not too many.
class DataSizeValidator final : public interconnect::EventValidator {
 public:
  explicit DataSizeValidator(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  std::optional<std::string> validate(const interconnect::EventView& event) const override {
    if (event.data.empty()) return "it has no data";
    if (event.data.size() > max_bytes_) return "its data are longer than " + std::to_string(max_bytes_) + " bytes";
    return std::nullopt;
  }

 private:
  std::size_t max_bytes_;
};

}  // namespace enrich_events
