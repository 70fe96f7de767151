#pragma once

#include <string>

#include "domain/store.h"
#include "domain/store_error.h"

namespace interconnect {

// What a person may do about an error that a store answered: a clause for the end of its message, "; see whether ...".
// Nothing where the message says so itself.
std::string next_step(Store store, const StoreError& error);

}  // namespace interconnect
