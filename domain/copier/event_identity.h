#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "domain/copier/string_hash.h"
#include "domain/event.h"

namespace interconnect {

// An event's identity: destination stream and event id. It is the receipt as well by which the writer gives a held
// event back to the intake. The stream goes by its hash: 64 bits beside the 128 of the id.
struct EventIdentity {
  std::uint64_t stream = 0;
  EventId id;

  friend bool operator==(const EventIdentity&, const EventIdentity&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const EventIdentity& identity) {
    return H::combine(std::move(state), identity.stream, identity.id);
  }
};

inline EventIdentity identify(std::string_view stream, const EventId& id) { return {StringHash{}(stream), id}; }

}  // namespace interconnect
