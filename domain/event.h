#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace interconnect {

// The 16 bytes of a UUID in the order of its text form (RFC 4122), whatever order a protocol has on the wire.
struct EventId {
  std::array<std::uint8_t, 16> bytes{};

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 warns of the 0 that the compiler compares with
  friend auto operator<=>(const EventId&, const EventId&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const EventId& id) {
    return H::combine(std::move(state), id.bytes);
  }
};

// Lower case, 8-4-4-4-12.
std::string to_string(const EventId& id);

// Takes the text form in either case; nothing else.
std::optional<EventId> parse_event_id(std::string_view text);

// An event's number in its stream, from 0.
using Revision = std::int64_t;

// The expected revision of a stream that has no events yet; also "no event before this one".
inline constexpr Revision kNoStream = -1;

enum class ContentKind : std::uint8_t { kBinary, kJson };

// An event as a store recorded it. Owns nothing: valid as long as what it was decoded from.
// Data and metadata are bytes; that content is JSON is what the store said, not what they are.
struct EventView {
  std::string_view stream;
  Revision revision = 0;
  EventId id;
  std::string_view type;
  ContentKind content = ContentKind::kBinary;
  std::string_view data;
  std::string_view metadata;

  // Of its names, data and metadata: about as many as its message has on the wire.
  std::size_t bytes() const { return stream.size() + type.size() + data.size() + metadata.size(); }
};

// An event that owns its bytes, in one allocation. Moving it keeps the views that it handed out valid.
class Event {
 public:
  Event() = default;
  explicit Event(const EventView& view);

  // As the view, but with room for `metadata_size` bytes of metadata, which the caller writes to mutable_metadata().
  Event(const EventView& view, std::size_t metadata_size);

  Event(Event&&) noexcept = default;
  Event& operator=(Event&&) noexcept = default;

  const EventId& id() const { return id_; }
  Revision revision() const { return revision_; }
  ContentKind content() const { return content_; }
  std::string_view stream() const { return {storage_.get(), stream_size_}; }
  std::string_view type() const { return {storage_.get() + stream_size_, type_size_}; }
  std::string_view data() const { return {storage_.get() + stream_size_ + type_size_, data_size_}; }
  std::string_view metadata() const {
    return {storage_.get() + stream_size_ + type_size_ + data_size_, metadata_size_};
  }
  char* mutable_metadata() { return storage_.get() + stream_size_ + type_size_ + data_size_; }
  EventView view() const { return {stream(), revision_, id_, type(), content_, data(), metadata()}; }

  // What the event counts against a budget of memory: its bytes and what holds them.
  std::size_t bytes() const { return sizeof(Event) + stream_size_ + type_size_ + data_size_ + metadata_size_; }

  // Of data and metadata.
  std::size_t payload_bytes() const { return std::size_t{data_size_} + metadata_size_; }

 private:
  std::unique_ptr<char[]> storage_;
  std::uint32_t stream_size_ = 0;
  std::uint32_t type_size_ = 0;
  std::uint32_t data_size_ = 0;
  std::uint32_t metadata_size_ = 0;
  EventId id_;
  Revision revision_ = 0;
  ContentKind content_ = ContentKind::kBinary;
};

}  // namespace interconnect
