#pragma once

#include <string_view>

namespace interconnect {

// The status page, HTML. It reads /status/feed, beside itself, and nothing else.
extern const std::string_view kStatusPage;
// The value of the Content-Security-Policy header that goes with it.
extern const std::string_view kStatusPagePolicy;

}  // namespace interconnect
