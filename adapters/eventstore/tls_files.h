#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace interconnect {

// What is wrong with the content of a file that the TLS settings name, as the end of a sentence about the file; nothing
// if it can be used. All are PEM.

std::optional<std::string> fault_of_ca(std::string_view pem);
std::optional<std::string> fault_of_certificate(std::string_view pem);
// Of the key alone, or beside its certificate, which is well.
std::optional<std::string> fault_of_key(std::string_view pem, std::string_view certificate);

}  // namespace interconnect
