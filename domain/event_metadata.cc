#include "domain/event_metadata.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "domain/json_text.h"
#include "domain/stream_metadata.h"

namespace interconnect {
namespace {

enum class CopyMember : std::size_t { kStreamId, kEventId, kEventType };
constexpr std::array kCopyMembers = {CopyMember::kStreamId, CopyMember::kEventId, CopyMember::kEventType};
constexpr std::array<std::string_view, 3> kNames = {"eventStreamId", "eventId", "eventType"};
constexpr std::string_view kRevisionName = "eventRevision";
constexpr std::size_t kEventIdSize = 36;
constexpr std::size_t kPunctuation = std::string_view(R"("":"")").size();

// A value of the original metadata that gives way to the copy's.
struct Replaced {
  CopyMember member;
  std::size_t begin;
  std::size_t end;
};

char* write(std::string_view text, char* out) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* write(const EventId& id, char* out) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *out++ = '-';
    *out++ = kDigits[id.bytes[i] >> 4];
    *out++ = kDigits[id.bytes[i] & 0xf];
  }
  return out;
}

// The three values as JSON strings, without their quotes.
class CopyValues {
 public:
  explicit CopyValues(const EventView& event)
      : event_(event), sizes_{json_escaped_size(event.stream), kEventIdSize, json_escaped_size(event.type)} {}

  std::size_t size(CopyMember member) const { return sizes_[static_cast<std::size_t>(member)]; }

  char* write_value(CopyMember member, char* out) const {
    *out++ = '"';
    switch (member) {
      case CopyMember::kStreamId:
        out = write_string(event_.stream, member, out);
        break;
      case CopyMember::kEventId:
        out = write(event_.id, out);
        break;
      case CopyMember::kEventType:
        out = write_string(event_.type, member, out);
        break;
    }
    *out++ = '"';
    return out;
  }

 private:
  char* write_string(std::string_view text, CopyMember member, char* out) const {
    return size(member) == text.size() ? write(text, out) : write_json_escaped(text, out);
  }

  const EventView& event_;
  std::array<std::size_t, 3> sizes_;
};

}  // namespace

bool is_json_object(std::string_view text) {
  JsonObjectText object;
  return scan_json_object(text, object, [](const JsonMember&) {});
}

namespace {

// Metadata that is an object or empty, with `eventRevision` in place of each one that it has, or behind its last
// member.
Event with_revision(const EventView& event) {
  const std::string_view original = event.metadata.empty() ? "{}" : event.metadata;
  const std::string revision = std::to_string(event.revision);
  std::string metadata;
  std::size_t copied = 0;
  JsonObjectText object;
  const bool is_object = scan_json_object(original, object, [&](const JsonMember& member) {
    if (!json_string_is(member.name, kRevisionName)) return;
    metadata.append(original, copied, member.value_begin - copied).append(revision);
    copied = member.value_end;
  });
  if (!is_object) return Event(event);
  const bool is_there = copied > 0;
  metadata.append(original, copied, object.end - copied);
  if (!is_there) {
    if (object.members > 0) metadata += ',';
    metadata.append("\"").append(kRevisionName).append("\":").append(revision);
  }
  metadata.append(original.substr(object.end));
  EventView copy = event;
  copy.metadata = metadata;
  return Event(copy);
}

Event with_three_members(const EventView& event) {
  const std::string_view original = event.metadata.empty() ? "{}" : event.metadata;

  absl::InlinedVector<Replaced, 6> replaced;
  std::array<bool, 3> present{};
  JsonObjectText object;
  const bool is_object = scan_json_object(original, object, [&](const JsonMember& member) {
    for (const CopyMember candidate : kCopyMembers) {
      const auto index = static_cast<std::size_t>(candidate);
      if (!json_string_is(member.name, kNames[index])) continue;
      replaced.push_back({candidate, member.value_begin, member.value_end});
      present[index] = true;
      return;
    }
  });
  if (!is_object) return Event(event);

  const CopyValues values(event);
  std::size_t size = original.size();
  for (const Replaced& value : replaced) size = size - (value.end - value.begin) + values.size(value.member) + 2;
  bool comma = object.members != 0;
  for (const CopyMember member : kCopyMembers) {
    const auto index = static_cast<std::size_t>(member);
    if (present[index]) continue;
    size += (comma ? 1 : 0) + kPunctuation + kNames[index].size() + values.size(member);
    comma = true;
  }

  Event copy(event, size);
  char* out = copy.mutable_metadata();
  std::size_t copied = 0;
  for (const Replaced& value : replaced) {
    out = write(original.substr(copied, value.begin - copied), out);
    out = values.write_value(value.member, out);
    copied = value.end;
  }
  out = write(original.substr(copied, object.end - copied), out);
  comma = object.members != 0;
  for (const CopyMember member : kCopyMembers) {
    const auto index = static_cast<std::size_t>(member);
    if (present[index]) continue;
    if (comma) *out++ = ',';
    comma = true;
    *out++ = '"';
    out = write(kNames[index], out);
    out = write(R"(":)", out);
    out = values.write_value(member, out);
  }
  write(original.substr(object.end), out);
  return copy;
}

}  // namespace

Event with_copy_metadata(const EventView& event, CopyMetadata added) {
  const bool adds_three = added == CopyMetadata::kInterconnect;
  if (!is_metadata_stream(event.stream)) return adds_three ? with_three_members(event) : Event(event);
  return adds_three ? with_revision(with_three_members(event).view()) : with_revision(event);
}

std::optional<Revision> copied_revision(std::string_view metadata) {
  std::optional<Revision> revision;
  JsonObjectText object;
  const bool is_object = scan_json_object(metadata, object, [&](const JsonMember& member) {
    if (!json_string_is(member.name, kRevisionName)) return;
    Revision value = 0;
    const char* const end = metadata.data() + member.value_end;
    const auto [stop, error] = std::from_chars(metadata.data() + member.value_begin, end, value);
    revision.reset();
    if (error == std::errc() && stop == end && value >= 0) revision = value;
  });
  return is_object ? revision : std::nullopt;
}

}  // namespace interconnect
