#include "benchmarks/samples.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace interconnect {
namespace {

constexpr std::string_view kType = "HeroAbilitiesUpdated";

// A number of 64 bits with the highest one set.
constexpr std::size_t kHalfSize = 10;
constexpr std::uint64_t kHighestBit = std::uint64_t{1} << 63;

std::uint64_t mix(std::uint64_t n) {
  n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9;
  n = (n ^ (n >> 27)) * 0x94d049bb133111eb;
  return n ^ (n >> 31);
}

std::uint64_t high_half(std::uint64_t n) { return mix(n + 1) | kHighestBit; }
std::uint64_t low_half(std::uint64_t n) { return mix(~n) | kHighestBit; }

std::size_t write_varint(char* out, std::uint64_t value) {
  std::size_t size = 0;
  for (; value >= 0x80; value >>= 7) out[size++] = static_cast<char>(value | 0x80);
  out[size++] = static_cast<char>(value);
  return size;
}

std::string varint(std::uint64_t value) {
  char bytes[kHalfSize];
  return {bytes, write_varint(bytes, value)};
}
std::string number_field(int field, std::uint64_t value) {
  return varint(static_cast<unsigned>(field) << 3) + varint(value);
}
std::string bytes_field(int field, std::string_view value) {
  std::string text = varint(static_cast<unsigned>(field) << 3 | 2) + varint(value.size());
  return text.append(value);
}

// The bytes of the id in the order that the TCP protocol has them in.
void write_net_guid(char* out, std::uint64_t n) {
  EventId id = sample_id(n);
  std::reverse(id.bytes.begin(), id.bytes.begin() + 4);
  std::reverse(id.bytes.begin() + 4, id.bytes.begin() + 6);
  std::reverse(id.bytes.begin() + 6, id.bytes.begin() + 8);
  std::memcpy(out, id.bytes.data(), id.bytes.size());
}

}  // namespace

EventId sample_id(std::uint64_t n) {
  EventId id;
  for (std::size_t i = 0; i < 8; ++i) {
    id.bytes[i] = static_cast<std::uint8_t>(high_half(n) >> (56 - 8 * i));
    id.bytes[8 + i] = static_cast<std::uint8_t>(low_half(n) >> (56 - 8 * i));
  }
  return id;
}

SampleEvent::SampleEvent(std::string stream, std::size_t size, std::string_view metadata)
    : stream_(std::move(stream)), data_(R"({"text":")"), metadata_(metadata) {
  constexpr std::string_view kEnd = R"("})";
  const std::size_t used = data_.size() + metadata_.size() + kEnd.size();
  data_.append(size > used ? size - used : 0, 'x').append(kEnd);
}

EventView SampleEvent::view(std::uint64_t n, Revision revision) const {
  return {stream_, revision, sample_id(n), kType, ContentKind::kJson, data_, metadata_};
}

std::vector<AllowedType> sample_types() {
  std::vector<AllowedType> types{{std::string(kType), nullptr}, {"Order*", nullptr}, {"*Archived", nullptr}};
  for (int i = 1; i < 20; ++i) types.push_back({"HeroEvent" + std::to_string(i), nullptr});
  return types;
}

PushedSample PushedSample::legacy(const SampleEvent& sample) {
  const EventView event = sample.view(0, kFirstRevision);
  std::string guid(16, '\0');
  write_net_guid(guid.data(), 0);
  const std::string record = bytes_field(1, event.stream) + number_field(2, kFirstRevision) + bytes_field(3, guid) +
                             bytes_field(4, event.type) + number_field(5, 1) + number_field(6, 1) +
                             bytes_field(7, event.data) + bytes_field(8, event.metadata) +
                             number_field(9, 637'732'666'631'250'000) + number_field(10, 1'637'669'863'125);
  const std::string payload = bytes_field(1, bytes_field(1, record)) + number_field(2, 0);
  constexpr char kEventAppeared = '\xC7';
  constexpr std::size_t kHeader = 1 + 1 + 16;
  const auto length = static_cast<std::uint32_t>(kHeader + payload.size());

  PushedSample pushed;
  pushed.is_legacy_ = true;
  for (int i = 0; i < 4; ++i) pushed.bytes_.push_back(static_cast<char>(length >> (8 * i)));
  pushed.bytes_.append({kEventAppeared, '\0'}).append(16, 'c').append(payload);
  pushed.id_at_ = pushed.bytes_.find(guid);
  pushed.revision_at_ = pushed.bytes_.find(number_field(2, kFirstRevision)) + 1;
  return pushed;
}

PushedSample PushedSample::next(const SampleEvent& sample) {
  const EventView event = sample.view(0, kFirstRevision);
  const std::string id = number_field(1, high_half(0)) + number_field(2, low_half(0));
  const std::string recorded = bytes_field(1, bytes_field(1, id)) + bytes_field(2, bytes_field(3, event.stream)) +
                               number_field(3, kFirstRevision) + number_field(4, ~std::uint64_t{0}) +
                               number_field(5, ~std::uint64_t{0}) +
                               bytes_field(6, bytes_field(1, "type") + bytes_field(2, event.type)) +
                               bytes_field(6, bytes_field(1, "created") + bytes_field(2, "16376698631250000")) +
                               bytes_field(6, bytes_field(1, "content-type") + bytes_field(2, "application/json")) +
                               bytes_field(7, event.metadata) + bytes_field(8, event.data);

  PushedSample pushed;
  pushed.bytes_ = bytes_field(1, bytes_field(1, recorded) + bytes_field(4, "") + bytes_field(6, ""));
  pushed.id_at_ = pushed.bytes_.find(id) + 1;
  pushed.revision_at_ = pushed.bytes_.find(number_field(3, kFirstRevision)) + 1;
  return pushed;
}

void PushedSample::become(std::uint64_t n, Revision revision) {
  write_varint(bytes_.data() + revision_at_, static_cast<std::uint64_t>(revision));
  if (is_legacy_) return write_net_guid(bytes_.data() + id_at_, n);
  write_varint(bytes_.data() + id_at_, high_half(n));
  write_varint(bytes_.data() + id_at_ + kHalfSize + 1, low_half(n));
}

}  // namespace interconnect
