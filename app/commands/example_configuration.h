#pragma once

#include <string_view>

namespace interconnect {

// app/interconnect.example.yaml: every key of the configuration file, with its default and what it is for.
extern const std::string_view kExampleConfiguration;

}  // namespace interconnect
