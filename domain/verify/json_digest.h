#pragma once

#include <optional>
#include <string_view>

#include "domain/verify/digest.h"

namespace interconnect {

// Of what a JSON text says, however it is written: white space, escapes, the order of an object's members and the form
// of a number (1, 1.0, 10e-1) do not count. Nothing if the text is not JSON, or nested deeper than kMaxJsonDepth.
std::optional<Digest> json_digest(std::string_view text);

}  // namespace interconnect
