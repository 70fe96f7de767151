#include "testing/simulation/store.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "domain/stream_metadata.h"

namespace interconnect::simulation {

StoredEvent to_stored(const EventView& event) {
  StoredEvent stored;
  stored.stream = event.stream;
  stored.revision = event.revision;
  stored.id = event.id;
  stored.type = event.type;
  stored.content = event.content;
  stored.data = event.data;
  stored.metadata = event.metadata;
  return stored;
}

EventId make_id(std::uint64_t high, std::uint64_t low) {
  EventId id;
  for (std::size_t i = 0; i < 8; ++i) {
    id.bytes[i] = static_cast<std::uint8_t>(high >> (56 - 8 * i));
    id.bytes[8 + i] = static_cast<std::uint8_t>(low >> (56 - 8 * i));
  }
  return id;
}

AppendOutcome Store::append(const std::string& stream, Revision expected, std::vector<StoredEvent> events, Time now,
                            Duration lag) {
  const Revision current = tail(stream);
  if (expected > current) return WrongExpectedVersion{current};
  bool begins_again = false;
  if (expected < current) {
    const std::vector<StoredEvent>& there = streams_.find(stream)->second;
    Revision revision = expected;
    for (const StoredEvent& event : events) {
      ++revision;
      if (revision > current || there[static_cast<std::size_t>(revision)].id != event.id) {
        begins_again = revision == 0 && expected == kNoStream && is_soft_deleted(stream);
        if (!begins_again) return WrongExpectedVersion{current};
        break;
      }
    }
    if (!begins_again) return Appended{.last_revision = revision, .was_repeated = true};
  }
  for (StoredEvent& event : events) append_any(stream, std::move(event), now, lag);
  return Appended{current + static_cast<Revision>(events.size())};
}

void Store::append_any(const std::string& stream, StoredEvent event, Time now, Duration lag) {
  const std::string original(is_metadata_stream(stream) ? original_stream(stream) : std::string_view(stream));
  const bool revives = is_soft_deleted(original);
  const Revision shown_from = tail(original) + 1;
  put(stream, std::move(event), now, lag);
  if (!revives) return;
  StoredEvent metadata;
  metadata.id = make_id(0x5E4E, next_place_);
  metadata.type = kStreamMetadataType;
  metadata.data = R"({"$tb":)" + std::to_string(shown_from) + "}";
  put(metadata_stream(original), std::move(metadata), now, lag);
}

void Store::put(const std::string& stream, StoredEvent event, Time now, Duration lag) {
  std::vector<StoredEvent>& there = streams_[stream];
  event.stream = stream;
  event.revision = static_cast<Revision>(there.size());
  event.place = next_place_++;
  event.written_at = now;
  event.visible_at = std::max(now + lag, there.empty() ? Time{0} : there.back().visible_at);
  index_.try_emplace({stream, event.id}, event.written_at, event.visible_at);
  there.push_back(std::move(event));
}

// Only the newest event of a metadata stream counts, and is shown.
Revision Store::shown_from(std::string_view stream) const {
  if (is_metadata_stream(stream)) return std::max<Revision>(0, tail(stream));
  const std::vector<StoredEvent>* metadata = find(metadata_stream(stream));
  if (metadata == nullptr) return 0;
  const std::string& data = metadata->back().data;
  return std::stoll(data.substr(data.find(':') + 1));
}

bool Store::is_soft_deleted(std::string_view stream) const {
  return shown_from(stream) == std::numeric_limits<Revision>::max();
}

Store::Page Store::read(const StreamRead& read, Time as_of) const {
  Page result;
  const std::vector<StoredEvent>* stream = find(read.stream);
  Revision last = kNoStream;
  if (stream != nullptr) {
    last = static_cast<Revision>(stream->size()) - 1;
    while (last >= 0 && (*stream)[static_cast<std::size_t>(last)].visible_at > as_of) --last;
  }
  if (last == kNoStream || is_soft_deleted(read.stream)) {
    result.page.stream_exists = false;
    result.page.end_of_stream = true;
    return result;
  }
  Revision at = read.from;
  const Revision by_count = max_count_ == 0 ? 0 : last + 1 - static_cast<Revision>(max_count_);
  const Revision first = is_metadata_stream(read.stream) ? last : std::max(shown_from(read.stream), by_count);
  if (read.direction == ReadDirection::kForward) at = std::max(at, first);
  if (read.direction == ReadDirection::kForward) {
    for (std::int32_t i = 0; i < read.count && at <= last; ++i, ++at) {
      result.events.push_back((*stream)[static_cast<std::size_t>(at)].view());
    }
    result.page.end_of_stream = at > last;
    result.page.next = std::min(at, last + 1);
  } else if (at > last) {
    result.page.next = last;  // as both generations answer: empty, but not the end
  } else {
    if (at == kStreamEnd) at = last;
    for (std::int32_t i = 0; i < read.count && at >= first; ++i, --at) {
      result.events.push_back((*stream)[static_cast<std::size_t>(at)].view());
    }
    result.page.end_of_stream = at < first;
    result.page.next = at;
  }
  result.page.events = result.events;
  return result;
}

const std::vector<StoredEvent>* Store::find(std::string_view stream) const {
  const auto it = streams_.find(stream);
  return it == streams_.end() ? nullptr : &it->second;
}

Revision Store::tail(std::string_view stream) const {
  const std::vector<StoredEvent>* there = find(stream);
  return there == nullptr ? kNoStream : static_cast<Revision>(there->size()) - 1;
}

std::optional<Time> Store::written_at(std::string_view stream, const EventId& id) const {
  const auto it = index_.find({std::string(stream), id});
  if (it == index_.end()) return std::nullopt;
  return it->second.first;
}

std::optional<Time> Store::visible_at(std::string_view stream, const EventId& id) const {
  const auto it = index_.find({std::string(stream), id});
  if (it == index_.end()) return std::nullopt;
  return it->second.second;
}

}  // namespace interconnect::simulation
