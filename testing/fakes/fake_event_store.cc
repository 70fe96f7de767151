#include "testing/fakes/fake_event_store.h"

#include <algorithm>
#include <charconv>

namespace interconnect::testing {
namespace {

constexpr std::string_view kLinkType = "$>";

StoreError deleted(std::string_view stream) {
  return {ErrorKind::kStreamDeleted, "stream " + std::string(stream) + " is deleted"};
}

}  // namespace

AppendOutcome FakeEventStore::append(const Append& append) {
  std::size_t bytes = 0;
  for (const Event& event : append.events) bytes += event.payload_bytes();
  if (bytes > kMaxAppendBytes) return StoreError{ErrorKind::kTooLarge, "the append is too large"};

  const std::string name(append.stream);
  const Stream* const stream = find_stream(name);
  const Revision current = stream == nullptr ? kNoStream : stream->last();
  if (stream != nullptr && stream->is_tombstoned) return deleted(name);
  const bool begins_again = stream != nullptr && stream->is_gone() && append.expected_revision == kNoStream;
  if (append.expected_revision > current) return WrongExpectedVersion{current};
  if (append.expected_revision < current && !begins_again) {
    Revision revision = append.expected_revision;
    for (const Event& event : append.events) {
      const Event* const there = find(name, ++revision);
      if (there == nullptr || there->id() != event.id()) return WrongExpectedVersion{current};
    }
    return Appended{.last_revision = revision, .was_repeated = true};
  }
  for (const Event& event : append.events) add(name, event.view());
  push(name);
  return Appended{last_revision(name)};
}

AppendOutcome FakeEventStore::append(std::string_view stream, std::span<const Event> events) {
  return append({0, stream, last_revision(stream), events});
}

void FakeEventStore::add(const std::string& name, const EventView& event) {
  Stream& stream = streams_[name];
  EventView stored = event;
  stored.stream = name;
  stored.revision = stream.last() + 1;
  stream.events.emplace_back(stored);
  const std::size_t dash = name.find('-');
  if (!name.starts_with('$') && dash != std::string::npos) {
    append_link("$ce-" + name.substr(0, dash), name, stored.revision);
  }
}

void FakeEventStore::append_link(std::string_view to, std::string_view stream, Revision revision) {
  EventId id;
  id.bytes[0] = 0xff;
  ++links_;
  for (std::size_t i = 0; i < sizeof links_; ++i) id.bytes[15 - i] = static_cast<std::uint8_t>(links_ >> (8 * i));
  const std::string target = std::to_string(revision) + "@" + std::string(stream);
  add(std::string(to), {"", 0, id, kLinkType, ContentKind::kBinary, target, ""});
  push(to);
}

void FakeEventStore::push(std::string_view stream) {
  for (const auto& [name, group] : groups_) {
    if (name.first == stream) group->push();
  }
}

ReadOutcome FakeEventStore::read(const StreamRead& read, std::vector<EventView>& events) const {
  const Stream* const stream = find_stream(read.stream);
  if (stream != nullptr && stream->is_tombstoned) return deleted(read.stream);
  StreamPage page;
  if (stream == nullptr || stream->is_gone()) {
    page.stream_exists = false;
    page.end_of_stream = true;
    return page;
  }
  const Revision last = stream->last();
  const auto take = [&](Revision at) { events.push_back(stream->events[static_cast<std::size_t>(at)].view()); };
  Revision at = read.from;
  if (read.direction == ReadDirection::kForward) {
    at = std::max(at, stream->first);
    for (std::int32_t i = 0; i < read.count && at <= last; ++i) take(at++);
    page.end_of_stream = at > last;
    page.next = std::min(at, last + 1);
  } else if (at > last) {
    page.next = last;  // as both generations answer: empty, but not the end
  } else {
    if (at == kStreamEnd) at = last;
    for (std::int32_t i = 0; i < read.count && at >= stream->first; ++i) take(at--);
    page.end_of_stream = at < stream->first;
    page.next = at;
  }
  page.events = events;
  return page;
}

const FakeEventStore::Stream* FakeEventStore::find_stream(std::string_view stream) const {
  const auto it = streams_.find(stream);
  return it == streams_.end() ? nullptr : &it->second;
}

const Event* FakeEventStore::find(std::string_view name, Revision revision) const {
  const Stream* const stream = find_stream(name);
  if (stream == nullptr || revision < stream->first || revision > stream->last()) return nullptr;
  return &stream->events[static_cast<std::size_t>(revision)];
}

const Event* FakeEventStore::resolve(const Event& event) const {
  if (event.type() != kLinkType) return &event;
  const std::string_view target = event.data();
  const std::size_t at = target.find('@');
  Revision revision = kNoStream;
  std::from_chars(target.data(), target.data() + at, revision);
  return find(target.substr(at + 1), revision);
}

Revision FakeEventStore::first_revision(std::string_view name) const {
  const Stream* const stream = find_stream(name);
  return stream == nullptr ? 0 : stream->first;
}

Revision FakeEventStore::last_revision(std::string_view name) const {
  const Stream* const stream = find_stream(name);
  return stream == nullptr ? kNoStream : stream->last();
}

void FakeEventStore::delete_stream(std::string_view name, bool tombstone) {
  Stream& stream = streams_[std::string(name)];
  stream.first = stream.last() + 1;
  stream.is_tombstoned = stream.is_tombstoned || tombstone;
}

FakeConsumerGroup* FakeEventStore::group(const std::string& stream, const std::string& group) {
  const auto it = groups_.find({stream, group});
  return it == groups_.end() ? nullptr : it->second.get();
}

GroupState FakeEventStore::upsert_group(const Subscription& subscription) {
  std::unique_ptr<FakeConsumerGroup>& group = groups_[{subscription.stream, subscription.group}];
  if (group == nullptr) {
    group = std::make_unique<FakeConsumerGroup>(*this, subscription);
    return GroupState::kCreated;
  }
  const GroupSettings updated = updated_settings(group->settings(), subscription.settings);
  if (group->settings() == updated) return GroupState::kUnchanged;
  if (update_loses_place(group->settings(), group->acknowledged().empty() ? -1 : 0)) return GroupState::kKept;
  group->update(updated);
  return GroupState::kUpdated;
}

void FakeEventStore::delete_group(const std::string& stream, const std::string& group) {
  const auto it = groups_.find({stream, group});
  if (it == groups_.end()) return;
  const std::unique_ptr<FakeConsumerGroup> gone = std::move(it->second);
  groups_.erase(it);
  gone->drop(DropReason::kGroupChanged);
}

void FakeEventStore::stop() {
  is_up_ = false;
  cut_connections();
}

void FakeEventStore::cut_connections() {
  for (const auto& [name, group] : groups_) group->drop(DropReason::kConnectionLost);
  const std::vector<Client*> clients = clients_;
  for (Client* const client : clients) client->on_cut();
}

}  // namespace interconnect::testing
