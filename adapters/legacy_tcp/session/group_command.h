#pragma once

#include <cstdint>
#include <variant>

#include "domain/store_error.h"

namespace interconnect::legacy {

// What can be done to a consumer group over TCP.
enum class GroupCommand : std::uint8_t { kCreate, kUpdate };
enum class GroupAnswer : std::uint8_t { kDone, kAlreadyExists, kDoesNotExist };
using GroupOutcome = std::variant<GroupAnswer, StoreError>;

}  // namespace interconnect::legacy
