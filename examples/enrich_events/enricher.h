#pragma once

#include <cstddef>
#include <istream>
#include <ostream>
#include <string>
#include <variant>

#include "domain/event_policy.h"

namespace enrich_events {

// Why a line became no event.
struct Refusal {
  std::string reason;
};

// The event of one line, {"stream", "id", "type", "data", "metadata"}, as a line with the metadata that the copier
// would add; or why it is none. Data and metadata keep their bytes.
std::variant<std::string, Refusal> enrich(const std::string& line, const interconnect::EventPolicy& policy);

struct Counts {
  std::size_t enriched = 0;
  std::size_t refused = 0;
};

// Every line of `in`. What is refused is told to `refused`, with the number of its line.
Counts enrich_all(std::istream& in, std::ostream& out, std::ostream& refused, const interconnect::EventPolicy& policy);

}  // namespace enrich_events
