#include "testing/eventstore/next/convert.h"

namespace interconnect::eventstore {
namespace {

std::uint64_t Half(const EventId& id, std::size_t from) {
  std::uint64_t half = 0;
  for (std::size_t i = 0; i < 8; ++i) half = half << 8 | id[from + i];
  return half;
}

void SetHalf(std::uint64_t half, std::size_t from, EventId* id) {
  for (std::size_t i = 8; i-- > 0; half >>= 8) (*id)[from + i] = static_cast<std::uint8_t>(half);
}

}  // namespace

bool FromUuid(const esdb::UUID& uuid, EventId* id) {
  if (uuid.has_string()) return ParseEventId(uuid.string(), id);
  if (!uuid.has_structured()) return false;
  SetHalf(static_cast<std::uint64_t>(uuid.structured().most_significant_bits()), 0, id);
  SetHalf(static_cast<std::uint64_t>(uuid.structured().least_significant_bits()), 8, id);
  return true;
}

void ToUuid(const EventId& id, bool structured, esdb::UUID* out) {
  if (!structured) {
    out->set_string(ToText(id));
    return;
  }
  out->mutable_structured()->set_most_significant_bits(static_cast<std::int64_t>(Half(id, 0)));
  out->mutable_structured()->set_least_significant_bits(static_cast<std::int64_t>(Half(id, 8)));
}

}  // namespace interconnect::eventstore
