#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "domain/event.h"

namespace interconnect::legacy {

inline constexpr std::size_t kGuidSize = 16;

// .NET keeps a Guid's first three groups in little endian: the bytes of each are the reverse of the text form's. The
// way back is the same.
inline EventId swap_guid_order(EventId id) {
  auto& b = id.bytes;
  std::swap(b[0], b[3]);
  std::swap(b[1], b[2]);
  std::swap(b[4], b[5]);
  std::swap(b[6], b[7]);
  return id;
}

// `bytes` are kGuidSize bytes as on the wire.
inline EventId event_id_from_wire(std::string_view bytes) {
  EventId id;
  std::memcpy(id.bytes.data(), bytes.data(), id.bytes.size());
  return swap_guid_order(id);
}

inline void put_event_id(std::string& out, const EventId& id) {
  const EventId wire = swap_guid_order(id);
  out.append(reinterpret_cast<const char*>(wire.bytes.data()), wire.bytes.size());
}

}  // namespace interconnect::legacy
