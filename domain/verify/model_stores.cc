#include "domain/verify/model_stores.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "domain/event_metadata.h"
#include "domain/event_policy.h"
#include "domain/link.h"
#include "domain/parked_messages.h"
#include "domain/stream_metadata.h"

namespace interconnect::testing {
namespace {

constexpr std::string_view kDeletion = R"({"$tb":9223372036854775807})";

EventPolicy policy_of(const std::vector<std::string>& patterns) {
  std::vector<AllowedType> types;
  for (const std::string& pattern : patterns) types.push_back({pattern, nullptr});
  return EventPolicy(std::move(types));
}

EventView view_of(const std::string& stream, const ModelEvent& event) {
  return {stream, event.revision, event.id, event.type, event.content, event.data, event.metadata};
}

}  // namespace

void ModelStream::truncate(std::size_t events_to_hide) {
  events.erase(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(events_to_hide));
}

void ModelStream::renumber(std::size_t from) {
  if (from >= events.size()) {
    next = events.empty() ? 0 : events.back().revision + 1;
    return;
  }
  for (std::size_t i = from; i < events.size(); ++i) {
    events[i].revision = i > 0 ? events[i - 1].revision + 1 : events[i].revision;
  }
  next = events.back().revision + 1;
}

ReadOutcome ModelReader::read(const ModelStore& store, const StreamRead& read) {
  const auto found = store.find(read.stream);
  views_.clear();
  if (found == store.end() || found->second.is_deleted) return StreamPage{{}, false, true, 0};
  const ModelStream& stream = found->second;
  if (stream.is_tombstoned) return StoreError{ErrorKind::kStreamDeleted, "tombstoned"};
  stream_ = read.stream;
  StreamPage page;
  if (read.direction == ReadDirection::kBackward) {
    for (auto event = stream.events.rbegin(); event != stream.events.rend(); ++event) {
      if (std::cmp_equal(views_.size(), read.count)) break;
      if (read.from == kStreamEnd || event->revision <= read.from) views_.push_back(view_of(stream_, *event));
    }
    page.end_of_stream = std::cmp_less(views_.size(), read.count);
  } else {
    for (const ModelEvent& event : stream.events) {
      if (std::cmp_equal(views_.size(), read.count)) break;
      if (event.revision >= read.from) views_.push_back(view_of(stream_, event));
    }
    const bool is_short = std::cmp_less(views_.size(), read.count);
    page.end_of_stream = is_short || (tells_next_ && views_.back().revision + 1 == stream.next);
    if (!views_.empty()) page.next = views_.back().revision + 1;
    if (page.end_of_stream) page.next = tells_next_ ? stream.next : 0;
  }
  page.events = views_;
  return page;
}

std::string to_string(Tampering tampering) {
  constexpr std::array<const char*, kTamperings> kNames{
      "none",     "drop", "drop all",     "extra", "double", "swap",      "data",
      "metadata", "type", "content kind", "shift", "delete", "tombstone", "stream metadata"};
  return kNames[static_cast<std::size_t>(tampering)];
}

ModelCopy::ModelCopy(std::uint64_t seed) : random(seed) {
  tampering = static_cast<Tampering>(below(kTamperings));
  is_unreliable = one_in(8);
  copy_runs = one_in(4);
  patterns = {one_in(4) ? "T" : "*"};
  if (tampering == Tampering::kStreamMetadata || one_in(4)) patterns.emplace_back("$*");
  make_streams();
  make_links();
  make_copy();
  tamper();
}

ModelEvent ModelCopy::make_event() {
  ModelEvent event;
  const std::uint64_t id = ++next_id_;
  std::memcpy(event.id.bytes.data(), &id, sizeof id);
  event.type = one_in(4) ? "U" : "T";
  event.content = one_in(4) ? ContentKind::kBinary : ContentKind::kJson;
  event.data = event.content == ContentKind::kJson ? "{\"n\":" + std::to_string(id) + "}" : std::string(below(4), 'b');
  constexpr std::array<const char*, 4> kMetadata{"", "{}", R"({"a":1})", "[no object"};
  event.metadata = kMetadata[below(kMetadata.size())];
  return event;
}

void ModelCopy::make_streams() {
  const std::uint64_t streams = 1 + below(3);
  for (std::uint64_t i = 0; i < streams; ++i) {
    const std::string name = "a-" + std::to_string(i);
    ModelStream& stream = source[name];
    const std::uint64_t events = below(10);
    for (std::uint64_t n = 0; n < events; ++n) {
      ModelEvent event = make_event();
      if (one_in(24) && !stream.events.empty()) {
        event = stream.events[below(stream.events.size())];
        with_repeats_.insert(name);
      }
      stream.append(event);
    }
    if (stream.events.empty()) source.erase(name);
  }
}

void ModelCopy::make_links() {
  constexpr std::array<const char*, 4> kSubscribed{"$ce-a", "$et-T", "proj", "a-0"};
  const std::string subscribed = kSubscribed[one_in(2) ? 0 : below(kSubscribed.size())];
  VerifiedSubscription subscription{subscribed, "g", 0};
  if (subscribed == "a-0") {
    if (one_in(4) && !source[subscribed].events.empty()) {
      subscription.start_from = static_cast<Revision>(below(source[subscribed].events.size()));
    }
    subscriptions.push_back(subscription);
    return;
  }
  // The streams' events in turns, each stream's in their order.
  std::vector<std::string> turns;
  for (const auto& [name, stream] : source) turns.insert(turns.end(), stream.events.size(), name);
  std::shuffle(turns.begin(), turns.end(), random);
  std::map<std::string, std::size_t> next;
  ModelStream links;
  for (const std::string& name : turns) {
    const ModelEvent& event = source[name].events[next[name]++];
    if (subscribed == "$et-T" && event.type != "T") continue;
    if (subscribed == "proj" && one_in(3)) continue;
    ModelEvent link = make_event();
    link.type = kLinkType;
    link.data = std::to_string(event.revision) + "@" + name;
    links.append(link);
  }
  if (subscribed == "$ce-a" && patterns.back() == "$*") {
    for (const auto& [name, stream] : ModelStore(source)) {
      if (!one_in(3)) continue;
      ModelEvent metadata = make_event();
      metadata.type = kStreamMetadataType;
      metadata.content = ContentKind::kJson;
      metadata.data = one_in(2) ? R"({"$maxCount":100})" : std::string(kDeletion);
      const bool is_deletion = metadata.data == kDeletion;
      ModelStream& of = source[metadata_stream(name)];
      of.append(metadata);
      ModelEvent link = make_event();
      link.type = kLinkType;
      link.data = std::to_string(of.events.back().revision) + "@" + metadata_stream(name);
      links.append(link);
      if (is_deletion) source[name].is_deleted = true;
    }
  }
  if (one_in(6) && !links.events.empty()) subscription.start_from = static_cast<Revision>(below(links.events.size()));
  if (!links.events.empty()) source[subscribed] = links;
  subscriptions.push_back(subscription);
}

// As the copier does it, in the simplest way.
void ModelCopy::make_copy() {
  const VerifiedSubscription& subscription = subscriptions.front();
  const EventPolicy policy = policy_of(patterns);
  if (!source.contains(subscription.stream)) return;
  const ModelStream subscribed = source[subscription.stream];
  std::map<std::string, std::set<EventId>> written;
  for (const ModelEvent& delivered : subscribed.events) {
    if (delivered.revision < *subscription.start_from) continue;
    std::string name = subscription.stream;
    const ModelEvent* event = &delivered;
    if (delivered.type == kLinkType) {
      const auto target = parse_link(delivered.data);
      name = target->stream;
      event = &source[name].events[static_cast<std::size_t>(target->revision)];
    }
    const EventView view = view_of(name, *event);
    if (!std::holds_alternative<Allowed>(policy.judge(view))) continue;
    const bool is_metadata = is_metadata_stream(name);
    if (!is_metadata && one_in(30) && !with_repeats_.contains(name)) {
      ModelEvent message = make_event();
      message.type = kLinkType;
      message.data = std::to_string(event->revision) + "@" + name;
      source[parked_stream(subscription.stream, subscription.group)].append(message);
      with_parked_.insert(name);
      continue;
    }
    if (!written[name].insert(event->id).second) continue;
    const Event copied = with_copy_metadata(view);
    ModelEvent copy = *event;
    copy.metadata = copied.metadata();
    destination[name].append(copy);
    if (is_metadata && event->data == kDeletion) destination[std::string(original_stream(name))].is_deleted = true;
    if (is_metadata && event->data != kDeletion) required_[name].push_back(event->id);
    if (!is_metadata) required_[name].push_back(event->id);
  }
  // What is not shown any more, at one side or at the other.
  for (auto& [name, stream] : destination) {
    if (is_metadata_stream(name) || stream.events.empty() || with_repeats_.contains(name)) continue;
    if (one_in(8)) {
      stream.truncate(below(stream.events.size()));
    } else if (one_in(8) && subscription.stream != name && !source[name].events.empty()) {
      source[name].truncate(below(source[name].events.size()));
    }
  }
}

void ModelCopy::tamper() {
  if (tampering == Tampering::kNone) return;
  const Tampering wanted = std::exchange(tampering, Tampering::kNone);
  const bool of_metadata = wanted == Tampering::kStreamMetadata;
  // A stream whose difference can be proven: the source shows what it was made of.
  std::vector<std::string> candidates;
  for (const auto& [name, stream] : destination) {
    if (is_metadata_stream(name) != of_metadata || stream.events.empty() || stream.is_deleted) continue;
    const ModelStream& original = source[name];
    if (original.is_deleted || original.events.empty() || original.events.front().revision > 0) continue;
    if (with_repeats_.contains(name) || required_[name].empty()) continue;
    candidates.push_back(name);
  }
  if (candidates.empty()) return;
  const std::string name = candidates[below(candidates.size())];
  ModelStream& stream = destination[name];
  std::vector<ModelEvent>& events = stream.events;
  const std::size_t at = below(events.size());
  const auto insert = [&](std::size_t place, const ModelEvent& event) {
    events.insert(events.begin() + static_cast<std::ptrdiff_t>(place), event);
    if (place + 1 < events.size()) events[place].revision = events[place + 1].revision;
    stream.renumber(place);
  };
  const auto flip = [&](std::string& bytes) {
    if (bytes.empty()) {
      bytes = "x";
    } else {
      bytes[below(bytes.size())] ^= 1;
    }
  };
  DifferenceKind kind = DifferenceKind::kMissing;
  switch (wanted) {
    case Tampering::kDrop: {
      const Revision freed = events[at].revision;
      events.erase(events.begin() + static_cast<std::ptrdiff_t>(at));
      if (at < events.size()) events[at].revision = freed;
      stream.renumber(at);
      if (events.empty()) destination.erase(name);
      break;
    }
    case Tampering::kDropAll:
      destination.erase(name);
      break;
    case Tampering::kExtra:
      insert(below(events.size() + 1), make_event());
      kind = DifferenceKind::kExtra;
      break;
    case Tampering::kDouble:
      insert(at + 1 + below(events.size() - at), ModelEvent(events[at]));
      kind = DifferenceKind::kDoubled;
      break;
    case Tampering::kSwap: {
      if (events.size() < 2) return;
      const std::size_t with = (at + 1 + below(events.size() - 1)) % events.size();
      std::swap(events[at], events[with]);
      std::swap(events[at].revision, events[with].revision);
      kind = DifferenceKind::kOrder;
      break;
    }
    case Tampering::kData:
      flip(events[at].data);
      kind = DifferenceKind::kData;
      break;
    case Tampering::kMetadata:
      flip(events[at].metadata);
      kind = DifferenceKind::kMetadata;
      break;
    case Tampering::kType:
      flip(events[at].type);
      kind = DifferenceKind::kType;
      break;
    case Tampering::kContentKind:
      events[at].content = events[at].content == ContentKind::kJson ? ContentKind::kBinary : ContentKind::kJson;
      kind = DifferenceKind::kContentKind;
      break;
    case Tampering::kShift: {
      // What was not copied may have been, and be hidden.
      if (with_parked_.contains(name) || subscriptions.front().start_from != 0) return;
      const auto by = static_cast<Revision>(1 + below(3));
      for (std::size_t i = at; i < events.size(); ++i) events[i].revision += by;
      stream.next += by;
      kind = DifferenceKind::kShifted;
      break;
    }
    case Tampering::kDelete: {
      if (destination.contains(metadata_stream(name))) return;  // it would differ in two ways
      stream.is_deleted = true;
      ModelEvent deletion = make_event();
      deletion.type = kStreamMetadataType;
      deletion.content = ContentKind::kJson;
      deletion.data = kDeletion;
      destination[metadata_stream(name)].append(deletion);
      kind = DifferenceKind::kDeletion;
      break;
    }
    case Tampering::kTombstone:
      stream.is_tombstoned = true;
      kind = DifferenceKind::kDeletion;
      break;
    case Tampering::kStreamMetadata:
      flip(events.back().data);
      kind = DifferenceKind::kStreamMetadata;
      break;
    case Tampering::kNone:
      return;
  }
  tampering = wanted;
  expected.emplace(name, kind);
}

ModelRun verify(ModelCopy& copy) {
  VerifierSettings settings;
  settings.walk.first_page = static_cast<std::int32_t>(1 + copy.below(4));
  settings.walk.max_page = 4;
  settings.max_streams = 1 + copy.below(3);
  Verifier verifier(settings, copy.subscriptions, policy_of(copy.patterns));
  ModelReader reader(copy.one_in(2));
  Time now{0};
  std::vector<ReadStream> waiting;
  bool is_comparing = false;
  for (int steps = 0; steps < 10'000 && !verifier.is_over(); ++steps) {
    if (verifier.knows_ends() && !is_comparing) {
      is_comparing = true;
      verifier.compare(copy.copy_runs);
    }
    for (ReadStream& read : verifier.advance(now)) waiting.push_back(std::move(read));
    if (waiting.empty()) {
      if (verifier.next_deadline() != kNever) now = std::max(now, verifier.next_deadline());
      continue;
    }
    std::swap(waiting[copy.below(waiting.size())], waiting.back());
    const ReadStream read = std::move(waiting.back());
    waiting.pop_back();
    if (copy.is_unreliable && copy.one_in(10)) {
      const bool is_too_large = read.read.count > 1 && copy.one_in(2);
      const ErrorKind kind = is_too_large ? ErrorKind::kTooLarge : ErrorKind::kTimeout;
      verifier.on_read(read.read.id, StoreError{kind, "not now"}, now);
      continue;
    }
    const ModelStore& store = read.store == Store::kSource ? copy.source : copy.destination;
    verifier.on_read(read.read.id, reader.read(store, read.read), now);
  }
  ModelRun run;
  run.is_over = verifier.is_over();
  run.summary = verifier.summary();
  for (const StreamDifference& difference : verifier.take_differences()) {
    for (std::size_t kind = 0; kind < kDifferenceKinds; ++kind) {
      if (difference.kinds[kind].events > 0) run.found.emplace(difference.stream, static_cast<DifferenceKind>(kind));
    }
  }
  return run;
}

}  // namespace interconnect::testing
