#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "domain/verify/verifier.h"

namespace interconnect {

// Where a comparison stands, in a file: JSON. `of`: what is compared and how; a file of something else does not fit.
std::string state_text(const VerifyProgress& progress, std::string_view of);
// The text is why the state cannot be used.
std::variant<VerifyProgress, std::string> read_state(const std::string& text, std::string_view of);

// Nothing if there is no such file. Throws std::runtime_error if it is there and cannot be read, or is of something
// else.
std::optional<VerifyProgress> load_state(const std::string& file, std::string_view of);
// The file has the old text or the new one, whatever happens. Throws std::runtime_error if it cannot be written.
void save_state(const std::string& file, const VerifyProgress& progress, std::string_view of);

}  // namespace interconnect
