#include "testing/eventstore/next/convert.h"

namespace interconnect::eventstore {
namespace {

std::uint64_t half(const EventId& id, std::size_t from) {
  std::uint64_t half = 0;
  for (std::size_t i = 0; i < 8; ++i) half = half << 8 | id[from + i];
  return half;
}

void set_half(std::uint64_t half, std::size_t from, EventId* id) {
  for (std::size_t i = 8; i-- > 0; half >>= 8) (*id)[from + i] = static_cast<std::uint8_t>(half);
}

}  // namespace

bool from_uuid(const esdb::UUID& uuid, EventId* id) {
  if (uuid.has_string()) return parse_event_id(uuid.string(), id);
  if (!uuid.has_structured()) return false;
  set_half(static_cast<std::uint64_t>(uuid.structured().most_significant_bits()), 0, id);
  set_half(static_cast<std::uint64_t>(uuid.structured().least_significant_bits()), 8, id);
  return true;
}

void to_uuid(const EventId& id, bool structured, esdb::UUID* out) {
  if (!structured) {
    out->set_string(to_text(id));
    return;
  }
  out->mutable_structured()->set_most_significant_bits(static_cast<std::int64_t>(half(id, 0)));
  out->mutable_structured()->set_least_significant_bits(static_cast<std::int64_t>(half(id, 8)));
}

std::int64_t counted_size(const Options& options, const NewEvent& event) {
  std::size_t size = event.data.size();
  if (!options.is_of_today()) return static_cast<std::int64_t>(size);
  size += event.metadata.size();
  for (const char c : event.type) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) != 0x80) size += byte >= 0xf0 ? 4 : 2;
  }
  return static_cast<std::int64_t>(size);
}

}  // namespace interconnect::eventstore
