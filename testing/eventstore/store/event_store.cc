#include "testing/eventstore/store/event_store.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>

#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"

namespace interconnect::eventstore {
namespace {

constexpr char kSettingsStream[] = "$settings";
// The fixed part of a log record; makes positions grow about as they do in a real log.
constexpr std::int64_t kRecordOverhead = 110;

// ESConsts.CommitedEventsMemCacheLimit.
constexpr std::size_t kCommittedIdsLimit = 8 * 1024 * 1024;

const StreamMetadata kNoMetadata{};
const StreamMetadata kMetastreamMetadata = [] {
  StreamMetadata metadata;
  metadata.max_count = 1;
  return metadata;
}();

// Number and stream of a link's text, as .NET's long.Parse and the cut at '@' make them; each is missing if it is none.
struct LinkText {
  std::optional<std::int64_t> number;
  std::optional<std::string_view> stream;
};

LinkText parse_link(std::string_view text) {
  LinkText link;
  const std::size_t at = text.find('@');
  if (at != std::string_view::npos) link.stream = text.substr(at + 1);
  std::string_view number = text.substr(0, at);
  const auto is_white = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!number.empty() && is_white(number.front())) number.remove_prefix(1);
  while (!number.empty() && is_white(number.back())) number.remove_suffix(1);
  const bool has_plus = number.starts_with('+');
  if (has_plus) number.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  const bool is_number = error == std::errc() && end == number.data() + number.size();
  if (is_number && !(has_plus && number.starts_with('-'))) link.number = value;
  return link;
}

// StreamDeletedHelper.cs: a soft deletion counts as a deletion of the stream whose metadata it is.
bool is_soft_deletion(const Record& record) {
  return is_metastream(record.stream_name()) && record.type == kMetadataType && record.is_json &&
         StreamMetadata::parse(record.data).truncate_before == kDeletedStream;
}

std::string json_string(const std::string& text) {
  rapidjson::StringBuffer out;
  rapidjson::Writer<rapidjson::StringBuffer> writer(out);
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  return std::string(out.GetString(), out.GetSize());
}

// The position of the event that a projection's link was made for, -1 if its metadata do not tell it.
std::int64_t cause_of(const Record& link) {
  static constexpr std::string_view kKey = "\"$c\":";
  const std::size_t at = link.metadata.find(kKey);
  std::int64_t position = -1;
  if (at == std::string::npos) return position;
  const char* begin = link.metadata.data() + at + kKey.size();
  std::from_chars(begin, link.metadata.data() + link.metadata.size(), position);
  return position;
}

}  // namespace

std::string metastream_of(std::string_view stream) { return "$$" + std::string(stream); }
bool is_metastream(std::string_view stream) { return stream.starts_with("$$"); }
std::string original_stream_of(std::string_view metastream) { return std::string(metastream.substr(2)); }

EventStore::EventStore(Options options, Clock clock) : options_(options), clock_(std::move(clock)) {
  add_user({"admin", "changeit", {"$admins"}});
  add_user({"ops", "changeit", {"$ops"}});
  if (!options_.projections) return;
  projections_.push_back({"$by_category", "$ce-", &EventStore::link_by_category, {}, 0});
  projections_.push_back({"$by_event_type", "$et-", &EventStore::link_by_event_type, {}, 0});
}

void EventStore::add_user(User user) {
  std::lock_guard lock(users_mutex_);
  for (auto& known : users_) {
    if (known->name != user.name) continue;
    former_users_.push_back(std::move(known));
    known = std::make_shared<const User>(std::move(user));
    return;
  }
  users_.push_back(std::make_shared<const User>(std::move(user)));
}

const User* EventStore::system() {
  static const User kSystem{"system", "", {"$admins"}};
  return &kSystem;
}

const User* EventStore::authenticate(std::string_view name, std::string_view password) const {
  std::lock_guard lock(users_mutex_);
  for (const auto& user : users_) {
    if (user->name == name) return user->password == password ? user.get() : nullptr;
  }
  return nullptr;
}

const Stream* EventStore::find(const std::string& name) const {
  auto it = streams_.find(name);
  return it == streams_.end() ? nullptr : it->second.get();
}

Stream& EventStore::find_or_add(const std::string& name) {
  auto& stream = streams_[name];
  if (stream == nullptr) {
    stream = std::make_unique<Stream>();
    stream->name = name;
  }
  return *stream;
}

std::int64_t EventStore::last_event_number(const std::string& name) const {
  if (is_metastream(name)) {
    const Stream* original = find(original_stream_of(name));
    if (original != nullptr && original->tombstone != nullptr) return kDeletedStream;
  }
  const Stream* stream = find(name);
  if (stream == nullptr) return kNoStream;
  if (stream->tombstone != nullptr) return kDeletedStream;
  return static_cast<std::int64_t>(stream->events.size()) - 1;
}

const StreamMetadata& EventStore::metadata_of(const std::string& name) const {
  if (is_metastream(name)) return kMetastreamMetadata;
  const Stream* stream = find(name);
  return stream == nullptr ? kNoMetadata : stream->metadata;
}

bool EventStore::is_soft_deleted(const std::string& stream) const {
  return metadata_of(stream).truncate_before == kDeletedStream;
}

std::int64_t EventStore::first_live_number(const std::string& name, std::int64_t last) const {
  const StreamMetadata& metadata = metadata_of(name);
  std::int64_t first = 0;
  if (metadata.max_count) first = std::max(first, last - *metadata.max_count + 1);
  if (metadata.truncate_before) first = std::max(first, *metadata.truncate_before);
  return first;
}

bool EventStore::too_old(const StreamMetadata& metadata, const Record& record) const {
  return metadata.max_age_seconds && record.created < clock_() - *metadata.max_age_seconds * kTicksPerSecond;
}

EventStore::Check EventStore::check_commit(const std::string& name, std::int64_t expected,
                                           const std::vector<NewEvent>& events) const {
  Check check;
  check.current = last_event_number(name);
  auto decide = [&check](Decision decision) {
    check.decision = decision;
    return check;
  };
  if (check.current == kDeletedStream) return decide(Decision::kDeleted);
  const bool soft_deleted = is_soft_deleted(name);

  if (expected == kStreamExists) {
    if (soft_deleted) return decide(Decision::kDeleted);
    if (check.current < 0 && last_event_number(metastream_of(name)) < 0) return decide(Decision::kWrongExpectedVersion);
  }

  if (expected == kAny || expected == kStreamExists) {
    bool first = true;
    for (const NewEvent& event : events) {
      auto it = committed_ids_.find(event.id);
      if (it == committed_ids_.end() || it->second->stream_name() != name) {
        check.soft_deleted = first && soft_deleted;
        return decide(first ? Decision::kOk : Decision::kWrongExpectedVersion);
      }
      if (first) check.first = it->second->number;
      check.last = it->second->number;
      first = false;
    }
    check.soft_deleted = soft_deleted;
    return decide(first ? Decision::kOk : Decision::kIdempotent);
  }

  if (expected < check.current) {
    const Stream* stream = find(name);
    std::int64_t number = expected;
    for (const NewEvent& event : events) {
      ++number;
      auto it = committed_ids_.find(event.id);
      if (it != committed_ids_.end() && it->second->stream == stream && it->second->number == number) continue;
      // IndexReader.ReadPrepare: what is hidden is compared all the same, what was scavenged is gone.
      const Record* there = number <= check.current ? stream->events[static_cast<std::size_t>(number)] : nullptr;
      if (there != nullptr && !there->scavenged && there->id == event.id) continue;
      if (number == expected + 1 && expected == kNoStream && soft_deleted) {
        check.soft_deleted = true;
        return decide(Decision::kOk);
      }
      return decide(Decision::kWrongExpectedVersion);
    }
    if (number == expected) return decide(Decision::kWrongExpectedVersion);
    check.first = expected + 1;
    check.last = number;
    return decide(Decision::kIdempotent);
  }
  if (expected > check.current) return decide(Decision::kWrongExpectedVersion);
  check.soft_deleted = soft_deleted;
  return decide(Decision::kOk);
}

AppendOutcome EventStore::append(const std::string& stream, std::int64_t expected, std::vector<NewEvent> events,
                                 const User* user) {
  if (!can_access(stream, Access::kWrite, user)) {
    AppendOutcome outcome;
    outcome.result = WriteResult::kAccessDenied;
    return outcome;
  }
  return append_as_system(stream, expected, std::move(events));
}

AppendOutcome EventStore::append_as_system(const std::string& name, std::int64_t expected,
                                           std::vector<NewEvent> events) {
  const Check check = check_commit(name, expected, events);
  AppendOutcome outcome;
  outcome.current_version = check.current;
  switch (check.decision) {
    case Decision::kDeleted:
      outcome.result = WriteResult::kStreamDeleted;
      return outcome;
    case Decision::kWrongExpectedVersion:
      outcome.result = WriteResult::kWrongExpectedVersion;
      return outcome;
    case Decision::kIdempotent: {
      outcome.first = check.first;
      outcome.last = check.last;
      outcome.idempotent = true;
      const Record* last = nullptr;
      if (find_event(name, check.last, &last) == ReadResult::kSuccess) outcome.position = last->position;
      return outcome;
    }
    case Decision::kOk:
      break;
  }
  // Writing metadata to a soft deleted stream does not bring its old events back.
  const bool undelete_original = is_metastream(name) && is_soft_deleted(original_stream_of(name));
  outcome.first = check.current + 1;
  outcome.last = check.current + static_cast<std::int64_t>(events.size());
  outcome.position = next_position_;
  if (!events.empty()) {
    Stream& stream = find_or_add(name);
    std::int64_t number = outcome.first;
    for (NewEvent& event : events) outcome.position = write(stream, number++, std::move(event)).position;
  }
  if (check.soft_deleted) undelete(name, outcome.first);
  if (undelete_original) {
    const std::string original = original_stream_of(name);
    undelete(original, last_event_number(original) + 1);
  }
  return outcome;
}

DeleteOutcome EventStore::delete_stream(const std::string& name, std::int64_t expected, bool hard, const User* user) {
  DeleteOutcome outcome;
  if (!can_access(name, Access::kDelete, user)) {
    outcome.result = WriteResult::kAccessDenied;
    return outcome;
  }
  NewEvent tombstone;
  tombstone.id = new_event_id();
  std::vector<NewEvent> events{tombstone};
  const Check check = check_commit(name, expected, events);
  outcome.current_version = check.current;
  if (check.decision == Decision::kDeleted) {
    outcome.result = WriteResult::kStreamDeleted;
    return outcome;
  }
  const bool never_was = check.current == kNoStream && !check.soft_deleted && !hard;
  if (check.decision != Decision::kOk || (options_.delete_needs_stream && never_was && expected == kAny)) {
    outcome.result = WriteResult::kWrongExpectedVersion;
    return outcome;
  }
  if (hard) {
    Stream& stream = find_or_add(name);
    tombstone.type = kStreamDeletedType;
    stream.tombstone = &write(stream, kDeletedStream, std::move(tombstone));
  } else {
    write_metadata(name, "{\"$tb\":" + std::to_string(kDeletedStream) + "}");
  }
  outcome.position = last_position();
  return outcome;
}

void EventStore::undelete(const std::string& stream, std::int64_t truncate_before) {
  const Stream* metastream = find(metastream_of(stream));
  if (metastream == nullptr || metastream->events.empty()) return;
  auto json = StreamMetadata::with_truncate_before(metastream->events.back()->data, truncate_before);
  if (json) write_metadata(stream, std::move(*json));
}

void EventStore::write_metadata(const std::string& stream, std::string json) {
  NewEvent event;
  event.id = new_event_id();
  event.type = kMetadataType;
  event.is_json = true;
  event.data = std::move(json);
  Stream& metastream = find_or_add(metastream_of(stream));
  write(metastream, static_cast<std::int64_t>(metastream.events.size()), std::move(event));
}

const Record& EventStore::write(Stream& stream, std::int64_t number, NewEvent event) {
  Record& record = log_.emplace_back();
  record.stream = &stream;
  record.number = number;
  record.id = event.id;
  record.type = std::move(event.type);
  record.is_json = event.is_json;
  record.data = std::move(event.data);
  record.metadata = std::move(event.metadata);
  record.created = clock_();
  record.position = next_position_;
  next_position_ += kRecordOverhead + static_cast<std::int64_t>(stream.name.size() + record.type.size() +
                                                                record.data.size() + record.metadata.size());
  if (number != kDeletedStream) stream.events.push_back(&record);
  remember(record);
  if (is_metastream(stream.name)) {
    find_or_add(original_stream_of(stream.name)).metadata =
        record.is_json ? StreamMetadata::parse(record.data) : StreamMetadata{};
  } else if (stream.name == kSettingsStream) {
    settings_ = SystemSettings::parse(record.data);
  }
  if (written_) written_(record);
  if (flushed_ + 1 == log_.size() && !flushing_ && flush_needed_) flush_needed_();
  return record;
}

// As BoundedCache does: of an id that is written twice the first place is kept.
void EventStore::remember(const Record& record) {
  auto cost = [](const Record& r) { return 28 + 2 * r.stream_name().size(); };
  while (committed_bytes_ > kCommittedIdsLimit && !committed_order_.empty()) {
    auto oldest = committed_ids_.find(committed_order_.front());
    if (oldest != committed_ids_.end()) {
      committed_bytes_ -= cost(*oldest->second);
      committed_ids_.erase(oldest);
    }
    committed_order_.pop_front();
  }
  committed_bytes_ += cost(record);
  committed_order_.push_back(record.id);
  committed_ids_.try_emplace(record.id, &record);
}

void EventStore::scavenge() {
  for (Record& record : log_) {
    const std::string& name = record.stream_name();
    const std::int64_t last = last_event_number(name);
    if (record.number == kDeletedStream || record.number == last) continue;
    const Record* found = nullptr;
    if (find_event(name, record.number, &found) != ReadResult::kSuccess) record.scavenged = true;
  }
}

void EventStore::forget_ids() {
  committed_ids_.clear();
  committed_order_.clear();
  committed_bytes_ = 0;
}

void EventStore::restore(const std::string& name, std::int64_t number, NewEvent event, Ticks created) {
  Stream& stream = find_or_add(name);
  Record& record = const_cast<Record&>(write(stream, number, std::move(event)));
  record.created = created;
  if (number == kDeletedStream) stream.tombstone = &record;
  flushed_ = log_.size();
  if (record.type != kLinkType) return;
  for (RunningProjection& projection : projections_) {
    if (!name.starts_with(projection.prefix)) continue;
    const std::int64_t cause = cause_of(record);
    while (projection.next < log_.size() && log_[projection.next].position <= cause) ++projection.next;
  }
}

void EventStore::flush() {
  if (flushing_) return;
  flushing_ = true;
  for (RunningProjection& projection : projections_) run(projection, flushed_);
  // Observers and projections write as well: the log grows under the loop.
  for (; flushed_ < log_.size(); ++flushed_) {
    const Record& record = log_[flushed_];
    for (RunningProjection& projection : projections_) run(projection, flushed_ + 1);
    for (const Observer& observer : observers_) observer(record);
  }
  flushing_ = false;
}

// As IndexReader.ReadEventInternal finds it; -1 is the last event.
ReadResult EventStore::find_event(const std::string& name, std::int64_t number, const Record** found) const {
  const std::int64_t last = last_event_number(name);
  if (last == kDeletedStream) return ReadResult::kStreamDeleted;
  if (last == kNoStream || is_soft_deleted(name)) return ReadResult::kNoStream;
  if (number == -1) number = last;
  if (number < first_live_number(name, last) || number > last) return ReadResult::kNotFound;
  const Record& record = *find(name)->events[static_cast<std::size_t>(number)];
  if (record.scavenged || too_old(metadata_of(name), record)) return ReadResult::kNotFound;
  *found = &record;
  return ReadResult::kSuccess;
}

EventPage EventStore::read_event(const std::string& name, std::int64_t number, bool resolve, const User* user) const {
  EventPage page;
  auto fail = [&page](ReadResult result) {
    page.result = result;
    return page;
  };
  if (!can_access(name, Access::kRead, user)) return fail(ReadResult::kAccessDenied);
  const Record* record = nullptr;
  if (const ReadResult result = find_event(name, number, &record); result != ReadResult::kSuccess) return fail(result);
  std::vector<ResolvedEvent> events{{record, nullptr}};
  if (resolve && !resolve_all(events, user)) return fail(ReadResult::kAccessDenied);
  page.event = events[0];
  return page;
}

StreamPage EventStore::begin_page(const std::string& name, const User* user) const {
  StreamPage page;
  if (!can_access(name, Access::kRead, user)) {
    page.result = ReadResult::kAccessDenied;
    return page;
  }
  page.last = last_event_number(name);
  if (page.last == kDeletedStream)
    page.result = ReadResult::kStreamDeleted;
  else if (page.last == kNoStream || is_soft_deleted(name))
    page.result = ReadResult::kNoStream;
  return page;
}

StreamPage EventStore::read_forward(const std::string& name, std::int64_t from, std::int64_t count, bool resolve,
                                    const User* user) const {
  StreamPage page = begin_page(name, user);
  if (page.result != ReadResult::kSuccess) return page;

  const std::int64_t end = count > kDeletedStream - from ? kDeletedStream : from + count - 1;
  const std::int64_t first_live = first_live_number(name, page.last);
  if (end < first_live) {
    page.next = first_live;
    page.is_end_of_stream = false;
    return page;
  }
  const Stream& stream = *find(name);
  for (std::int64_t n = std::max(from, first_live); n <= std::min(end, page.last); ++n) {
    const Record& record = *stream.events[static_cast<std::size_t>(n)];
    if (!record.scavenged && !too_old(stream.metadata, record)) page.events.push_back({&record, nullptr});
  }
  page.next = page.events.empty() ? std::min(end == kDeletedStream ? end : end + 1, page.last + 1)
                                  : page.events.back().event->number + 1;
  page.is_end_of_stream = end >= page.last;
  if (options_.max_age_reads_skip && stream.metadata.max_age_seconds && page.events.empty()) {
    // Where the first that is young enough is, or behind the end.
    page.next = std::max(from, first_live);
    while (page.next <= page.last && too_old(stream.metadata, *stream.events[static_cast<std::size_t>(page.next)])) {
      ++page.next;
    }
    page.next = std::min(page.next, page.last + 1);
    page.is_end_of_stream = page.next > page.last;
  }
  if (resolve && !resolve_all(page.events, user)) {
    page = {};
    page.result = ReadResult::kAccessDenied;
  }
  return page;
}

StreamPage EventStore::read_backward(const std::string& name, std::int64_t from, std::int64_t count, bool resolve,
                                     const User* user) const {
  StreamPage page = begin_page(name, user);
  if (page.result != ReadResult::kSuccess) return page;

  const std::int64_t end = from < 0 ? page.last : from;
  std::int64_t start = count > end ? 0 : end - count + 1;
  const std::int64_t first_live = first_live_number(name, page.last);
  if (end < first_live) return page;
  bool is_end = false;
  if (start <= first_live) {
    is_end = true;
    start = first_live;
  }
  const Stream& stream = *find(name);
  for (std::int64_t n = std::min(end, page.last); n >= start; --n) {
    const Record& record = *stream.events[static_cast<std::size_t>(n)];
    if (!record.scavenged && !too_old(stream.metadata, record)) page.events.push_back({&record, nullptr});
  }
  page.is_end_of_stream = is_end || start == 0 ||
                          (start <= page.last && (page.events.empty() || page.events.back().event->number != start));
  page.next = page.is_end_of_stream ? -1 : std::min(start - 1, page.last);
  if (resolve && !resolve_all(page.events, user)) {
    page = {};
    page.result = ReadResult::kAccessDenied;
  }
  return page;
}

AllPage EventStore::read_all_forward(LogPosition from, std::int64_t count, bool resolve, const User* user,
                                     const EventFilter* filter, std::int64_t search_window) const {
  AllPage page;
  page.next = from;
  if (!can_access(std::string(kAllStream), Access::kRead, user)) {
    page.result = ReadResult::kAccessDenied;
    return page;
  }
  auto it = std::lower_bound(log_.begin(), log_.end(), from.commit,
                             [](const Record& r, std::int64_t position) { return r.position < position; });
  if (it != log_.end() && it->position == from.commit && from.prepare > it->position) ++it;
  while (static_cast<std::int64_t>(page.events.size()) < count && page.considered < search_window) {
    if (it == log_.end()) {
      page.is_end = true;
      break;
    }
    ++page.considered;
    if (!it->scavenged && (filter == nullptr || filter->wants(*it))) page.events.push_back({&*it, nullptr, true});
    ++it;
    page.next = {it == log_.end() ? next_position_ : it->position, 0};
  }
  if (resolve && !resolve_all(page.events, user))
    page = {.result = ReadResult::kAccessDenied, .events = {}, .next = {}};
  return page;
}

AllPage EventStore::read_all_backward(LogPosition from, std::int64_t count, bool resolve, const User* user) const {
  AllPage page;
  page.next = from;
  if (!can_access(std::string(kAllStream), Access::kRead, user)) {
    page.result = ReadResult::kAccessDenied;
    return page;
  }
  auto it = from.commit < 0 ? log_.end()
                            : std::lower_bound(log_.begin(), log_.end(), from.commit,
                                               [](const Record& r, std::int64_t p) { return r.position < p; });
  while (it != log_.begin() && static_cast<std::int64_t>(page.events.size()) < count) {
    --it;
    if (!it->scavenged) page.events.push_back({&*it, nullptr, true});
    page.next = {it->position, it->position};
  }
  page.is_end = it == log_.begin();
  if (resolve && !resolve_all(page.events, user))
    page = {.result = ReadResult::kAccessDenied, .events = {}, .next = {}};
  return page;
}

ResolvedEvent EventStore::resolve(const Record& record, LinkCut cut) const {
  if (record.type != kLinkType) return {&record, nullptr};
  ResolvedEvent resolved{nullptr, &record};
  const auto [number, text] = parse_link(record.data);
  if (!number || !text) return resolved;
  const std::string name(cut == LinkCut::kAtEvery ? text->substr(0, text->find('@')) : *text);
  // The servers' own reader refuses an empty name, and numbers below -1, which is the last event.
  if (name.empty() || *number < -1) return resolved;
  find_event(name, *number, &resolved.event);
  return resolved;
}

bool EventStore::resolve_all(std::vector<ResolvedEvent>& events, const User* user) const {
  for (ResolvedEvent& event : events) {
    const Record& record = *event.event;
    if (record.type != kLinkType) continue;
    const auto [number, stream] = parse_link(record.data);
    if (!number && options_.bad_links_are_events) continue;
    if (options_.links_check_access && stream && !can_access(std::string(*stream), Access::kRead, user)) return false;
    const bool has_position = event.has_position;
    event = resolve(record);
    event.has_position = has_position;
  }
  return true;
}

bool EventStore::can_access(const std::string& name, Access access, const User* user) const {
  if (is_metastream(name)) {
    if (access == Access::kRead) return can_access(original_stream_of(name), Access::kMetaRead, user);
    if (access == Access::kWrite) return can_access(original_stream_of(name), Access::kMetaWrite, user);
    return false;
  }
  if ((access == Access::kWrite || access == Access::kDelete) && name == kAllStream) return false;
  const bool system = name.starts_with('$');
  const std::optional<Acl>& stream_acl = metadata_of(name).acl;
  const std::optional<Acl>& settings_acl = system ? settings_.system_streams : settings_.user_streams;
  const Roles* roles = nullptr;
  if (stream_acl && stream_acl->roles_for(access)) roles = &stream_acl->roles_for(access);
  if (roles == nullptr && settings_acl && settings_acl->roles_for(access)) roles = &settings_acl->roles_for(access);
  if (roles == nullptr) return !system || (user != nullptr && user->is_in_role("$admins"));
  if (std::find((*roles)->begin(), (*roles)->end(), "$all") != (*roles)->end()) return true;
  if (user == nullptr) return false;
  return user->is_in_role("$admins") ||
         std::any_of((*roles)->begin(), (*roles)->end(), [user](const auto& role) { return user->is_in_role(role); });
}

bool EventStore::is_record_position(std::int64_t position) const {
  if (position == 0 || position >= next_position_) return true;
  auto it = std::lower_bound(log_.begin(), log_.end(), position,
                             [](const Record& r, std::int64_t p) { return r.position < p; });
  return it != log_.end() && it->position == position;
}

std::vector<const Record*> EventStore::all_events(const std::string& name) const {
  const Stream* stream = find(name);
  if (stream == nullptr) return {};
  std::vector<const Record*> events = stream->events;
  if (stream->tombstone != nullptr) events.push_back(stream->tombstone);
  return events;
}

std::vector<std::string> EventStore::stream_names() const {
  std::vector<std::string> names;
  for (const auto& [name, stream] : streams_) {
    if (!stream->events.empty()) names.push_back(name);
  }
  return names;
}

std::optional<EventStore::ProjectionState> EventStore::projection(std::string_view name) const {
  for (const RunningProjection& projection : projections_) {
    if (name != projection.name) continue;
    ProjectionState state = projection.state;
    if (projection.next > 0) state.position = log_[projection.next - 1].position;
    return state;
  }
  return std::nullopt;
}

bool EventStore::set_projection(std::string_view name, std::string status, std::optional<double> progress) {
  for (RunningProjection& projection : projections_) {
    if (name != projection.name) continue;
    ProjectionState& state = projection.state;
    state.reason = status.starts_with("Faulted")
                       ? "The " + std::string(name) + " projection failed to process an event."
                       : std::string();
    const bool runs = status.starts_with("Running");
    state.status = std::move(status);
    state.progress = progress.value_or(runs ? 100 : state.progress);
    flush();
    return true;
  }
  return false;
}

void EventStore::run(RunningProjection& projection, std::size_t end) {
  if (!projection.state.status.starts_with("Running")) return;
  while (projection.next < end) {
    const Record& record = log_[projection.next++];
    if (is_projected(record)) (this->*projection.handle)(record);
  }
}

// TransactionFileEventFilter.cs: streams of users and their metadata. ReaderSubscriptionBase.cs: what is flagged as
// JSON must be it.
bool EventStore::is_projected(const Record& record) const {
  const std::string_view name = record.stream_name();
  if (name.starts_with('$') && !(is_metastream(name) && !name.substr(2).starts_with('$'))) return false;
  return !record.is_json || !options_.links_only_what_parses ||
         parses_as_json(record.data, *options_.links_only_what_parses);
}

// CategorizeEventsByStreamPath.cs.
void EventStore::link_by_category(const Record& record) {
  const std::string& name = record.stream_name();
  const bool soft_deleted = is_soft_deletion(record);
  const bool deleted = soft_deleted || record.type == kStreamDeletedType;
  const std::string subject = soft_deleted ? original_stream_of(name) : name;
  const std::size_t dash = subject.find('-');
  if (subject.starts_with('$') || dash == std::string::npos || dash == 0) return;
  emit_link("$ce-" + subject.substr(0, dash),
            record.type == kLinkType ? record.data : std::to_string(record.number) + "@" + name, record,
            ",\"$o\":" + json_string(subject) + (deleted ? ",\"$deleted\":-1" : ""));
}

// IndexEventsByEventType.cs. Of an event of $$s the link names s, whatever it is: a mistake of the servers' own.
void EventStore::link_by_event_type(const Record& record) {
  if (record.type == kLinkType) return;
  const std::string& name = record.stream_name();
  const bool deleted = record.type == kStreamDeletedType || is_soft_deletion(record);
  emit_link("$et-" + (deleted ? "$deleted" : record.type),
            std::to_string(record.number) + "@" + (is_metastream(name) ? original_stream_of(name) : name), record, "");
}

void EventStore::emit_link(std::string stream, std::string target, const Record& cause, const std::string& extra) {
  const std::string position = std::to_string(cause.position);
  NewEvent link;
  link.id = new_event_id();
  link.type = kLinkType;
  link.data = std::move(target);
  link.metadata = "{\"$v\":\"3:-1:1:" + std::to_string(options_.projections_version) + "\",\"$c\":" + position +
                  ",\"$p\":" + position + extra + ",\"$causedBy\":\"" + to_text(cause.id) + "\"}";
  Stream& links = find_or_add(stream);
  write(links, static_cast<std::int64_t>(links.events.size()), std::move(link));
}

}  // namespace interconnect::eventstore
