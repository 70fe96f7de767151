#include "testing/simulation/workload.h"

#include <algorithm>
#include <map>
#include <utility>

#include "domain/stream_metadata.h"
#include "testing/simulation/process.h"

namespace interconnect::simulation {
namespace {

constexpr std::string_view kMetadata[] = {"", "not json \xff\x00", R"({"n":1.0,"n":1e400})",
                                          R"({ "eventId": "old", "x":[1, 2] })", "{}"};

bool wants(const Plan& plan, const std::string& subscribed, const StoredEvent& event, bool is_dead) {
  if (!subscribed.starts_with('$')) return subscribed == event.stream && !is_dead;
  if (is_metadata_stream(event.stream)) return subscribed == "$ce-s";
  return !is_left_out(plan, event) && (subscribed == "$ce-s" || subscribed == "$et-" + event.type);
}

}  // namespace

std::string expected_metadata(const StoredEvent& event) {
  const std::string stream = R"("eventStreamId":")" + event.stream + "\"";
  const std::string id = to_string(event.id);
  const std::string type = R"("eventType":")" + event.type + "\"";
  const std::string all = stream + R"(,"eventId":")" + id + "\"," + type;
  if (event.metadata.empty() || event.metadata == "{}") return "{" + all + "}";
  if (event.metadata == kMetadata[2]) return R"({"n":1.0,"n":1e400,)" + all + "}";
  if (event.metadata == kMetadata[3])
    return R"({ "eventId": ")" + id + R"(", "x":[1, 2],)" + stream + "," + type + " }";
  return event.metadata;
}

Workload::Workload(Context& context) : context_(context) {}

Workload::Entry Workload::make_entry() {
  Random& random = context_.random;
  const Plan& plan = context_.plan;
  Entry entry;
  StoredEvent& event = entry.event;
  event.stream = "s-" + std::to_string(random.between(0, plan.streams - 1));
  const bool exists = context_.source.find(event.stream) != nullptr && !context_.source.is_soft_deleted(event.stream);
  if (plan.deletions && exists && random.one_in(6)) return make_deletion(event.stream);
  event.id = make_id(0xE0E0, ++next_id_);
  event.type = random.one_in(2) ? "Good1" : "Good2";
  if (plan.refused_types && random.one_in(4)) event.type = random.one_in(2) ? "Refused" : "$Refused";
  event.content = random.one_in(3) ? ContentKind::kBinary : ContentKind::kJson;
  const auto size = static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(plan.max_data)));
  if (event.content == ContentKind::kBinary) {
    event.data = std::string(size, static_cast<char>(random.between(0, 255)));
  } else {
    event.data = "\"" + std::string(size, static_cast<char>(random.between('a', 'z'))) + "\"";
    if (plan.leaves_out && random.one_in(4)) event.data = std::string(kNotJson) + event.data;
  }
  if (plan.faults.poison && random.one_in(15)) event.data = "poison";
  if (plan.invalid_events && random.one_in(6)) event.data = "bad";
  event.metadata = kMetadata[random.between(0, std::size(kMetadata) - 1)];
  entry.is_dead = plan.dead_links && random.one_in(6);
  const auto* before = context_.source.find(event.stream);
  if (plan.repeated_ids && before != nullptr && random.one_in(8)) {
    const std::size_t distance = std::min<std::size_t>(before->size(), static_cast<std::size_t>(random.between(1, 3)));
    const StoredEvent& original = (*before)[before->size() - distance];
    const StoredEvent repeated = original;
    event = repeated;
    entry.is_dead = false;
  }
  return entry;
}

// Of a category stream's events these are the only ones of metadata streams (StreamDeletedHelper.cs).
Workload::Entry Workload::make_deletion(const std::string& stream) {
  Entry entry;
  entry.event.stream = metadata_stream(stream);
  entry.event.id = make_id(0xDE1E, ++next_id_);
  entry.event.type = kStreamMetadataType;
  entry.event.data = kSoftDeletion;
  return entry;
}

void Workload::store(const Entry& entry) {
  entries_.push_back(entry);
  if (entry.is_dead) return;
  context_.source.append_any(entry.event.stream, entry.event, context_.now(), Duration{0});
  entries_.back().event.revision = context_.source.tail(entry.event.stream);
}

void Workload::fill_source() {
  for (int i = 0; i < context_.plan.events_at_start; ++i) store(make_entry());
}

void Workload::fill_destination() {
  const DestinationStart kind = context_.plan.destination_start;
  if (kind == DestinationStart::kEmpty) return;
  Random& random = context_.random;
  for (const auto& [stream, events] : context_.source.streams()) {
    if (is_metadata_stream(stream)) continue;
    std::vector<const StoredEvent*> copies;
    std::set<EventId> ids;
    for (const StoredEvent& event : events) {
      if (is_admitted(event) && !event.data.starts_with("poison") && ids.insert(event.id).second) {
        copies.push_back(&event);
      }
    }
    const bool is_whole = kind == DestinationStart::kFull || kind == DestinationStart::kFarAhead;
    if (!is_whole) {
      copies.resize(static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(copies.size()))));
    }
    if (kind == DestinationStart::kHalfInDisorder) {
      const std::size_t reach = static_cast<std::size_t>(std::max(1, context_.plan.settings.look_up_depth / 4));
      for (std::size_t i = 0; i + 1 < copies.size(); ++i) {
        const std::size_t j = std::min(copies.size() - 1, i + static_cast<std::size_t>(random.between(0, 3)) % reach);
        std::swap(copies[i], copies[j]);
      }
    }
    for (const StoredEvent* event : copies) {
      StoredEvent copy = *event;
      copy.metadata = expected_metadata(*event);
      prefilled_.insert({stream, copy.id});
      context_.destination.append_any(stream, std::move(copy), context_.now(), Duration{0});
      if (kind == DestinationStart::kFarAhead && random.one_in(3)) write_beside();
    }
  }
  if (kind == DestinationStart::kFarAhead) {
    for (int i = 0; i < 300; ++i) write_beside();
  }
}

std::vector<const Workload::Entry*> Workload::subscribed(SubscriptionIndex subscription) const {
  std::vector<const Entry*> result;
  for (const Entry& entry : entries_) {
    if (wants(context_.plan, context_.plan.subscriptions[subscription].stream, entry.event, entry.is_dead))
      result.push_back(&entry);
  }
  return result;
}

std::vector<Revision> Workload::choose_starts() {
  starts_.assign(context_.plan.subscriptions.size(), 0);
  if (!context_.plan.group_exists) return starts_;
  const bool begins_anywhere = context_.random.one_in(3);
  for (SubscriptionIndex i = 0; i < starts_.size(); ++i) {
    const std::vector<const Entry*> entries = subscribed(i);
    std::size_t settled = 0;
    while (settled < entries.size() &&
           (entries[settled]->is_dead || !is_admitted(entries[settled]->event) ||
            prefilled_.contains({entries[settled]->event.stream, entries[settled]->event.id}))) {
      ++settled;
    }
    if (begins_anywhere) settled = entries.size() / 2;
    starts_[i] = context_.random.between(0, static_cast<std::int64_t>(settled));
  }
  return starts_;
}

void Workload::start(SourceServer& server) {
  for (const Entry& entry : entries_) server.add(entry.event, entry.is_dead);
  to_come_ = context_.plan.events - context_.plan.events_at_start;
  for (int i = to_come_; i > 0; --i) {
    const Duration delay = context_.random.between(0, context_.plan.workload_end / kMillisecond) * kMillisecond;
    context_.scheduler.after(delay, [this, &server] {
      --to_come_;
      store(make_entry());
      server.add(entries_.back().event, entries_.back().is_dead);
    });
  }
}

void Workload::write_beside() {
  StoredEvent event;
  event.id = make_id(0xF0F0, ++next_id_);
  event.type = "Other";
  event.data = "other";
  const std::string stream = "s-" + std::to_string(context_.random.between(0, context_.plan.streams - 1));
  context_.note("other-writer", stream, {context_.destination.tail(stream) + 1});
  context_.destination.append_any(stream, std::move(event), context_.now(), Duration{0});
}

// A category leaves it out, and it is to be filled in: a later event of its stream is delivered, is to be copied, and
// was not at the destination before.
bool Workload::is_to_be_filled_in(const StoredEvent& event) const {
  if (!is_left_out(context_.plan, event) || context_.plan.subscriptions[0].stream != "$ce-s") return false;
  // What is found for an earlier one's sake hides the hole before it.
  if (context_.plan.overlapping_subscriptions || context_.plan.repeated_ids) return false;
  for (const StoredEvent& later : *context_.source.find(event.stream)) {
    if (later.revision <= event.revision || is_left_out(context_.plan, later) || !is_admitted(later)) continue;
    const Context::Identity identity{later.stream, later.id};
    return !prefilled_.contains(identity) && !context_.given_up.contains(identity) &&
           !context_.parked_by_server.contains(identity) && is_expected(later);
  }
  return false;
}

// Some group delivers it.
bool Workload::is_expected(const StoredEvent& event) const {
  if (is_to_be_filled_in(event)) return true;
  for (SubscriptionIndex i = 0; i < starts_.size(); ++i) {
    const std::vector<const Entry*> entries = subscribed(i);
    for (std::size_t at = static_cast<std::size_t>(starts_[i]); at < entries.size(); ++at) {
      if (entries[at]->event.id == event.id && entries[at]->event.stream == event.stream) return true;
    }
  }
  return false;
}

void Workload::check() const {
  for (const auto& [stream, events] : context_.source.streams()) {
    is_metadata_stream(stream) ? check_deletion(std::string(original_stream(stream))) : check_stream(stream, events);
  }
  if (context_.plan.promises_global_order()) check_global_order();
  for (const auto& [stream, events] : context_.destination.streams()) {
    for (const StoredEvent& event : events) {
      const bool is_metadata = context_.plan.deletions && event.type == kStreamMetadataType;
      if (event.type != "Good1" && event.type != "Good2" && event.type != "Other" && !is_metadata) {
        context_.violate("copied though refused: " + stream + " " + event.type);
      }
      if (event.data.starts_with("bad")) context_.violate("copied though invalid: " + stream);
    }
  }
}

void Workload::check_global_order() const {
  std::map<Context::Identity, std::uint64_t> places;
  for (const auto& [stream, events] : context_.destination.streams()) {
    for (const StoredEvent& event : events) places[{stream, event.id}] = event.place;
  }
  std::map<Context::Identity, int> repeats;
  for (const Entry& entry : entries_) ++repeats[{entry.event.stream, entry.event.id}];
  std::uint64_t latest = 0;
  for (const Entry* entry : subscribed(0)) {
    const Context::Identity identity{entry->event.stream, entry->event.id};
    const auto found = places.find(identity);
    if (found == places.end() || prefilled_.contains(identity) || repeats[identity] > 1) continue;
    if (found->second < latest) {
      context_.violate("out of the global order: " + identity.first + " " + std::to_string(entry->event.revision));
    }
    latest = std::max(latest, found->second);
  }
}

// What is deleted at the source in the end is deleted at the destination, or not there.
void Workload::check_deletion(const std::string& stream) const {
  // What is written late, after its process has ended, brings the stream back to life.
  if (context_.plan.faults.sink_late_write || !context_.plan.promises_order()) return;
  if (!context_.source.is_soft_deleted(stream)) return;
  const StoredEvent& deletion = context_.source.find(metadata_stream(stream))->back();
  if (!is_expected(deletion) || context_.given_up.contains({deletion.stream, deletion.id})) return;
  if (context_.destination.find(stream) == nullptr || context_.destination.is_soft_deleted(stream)) return;
  context_.violate("not deleted: " + stream);
}

void Workload::check_stream(const std::string& stream, const std::vector<StoredEvent>& events) const {
  std::map<EventId, std::vector<const StoredEvent*>> there;
  if (const auto* copies = context_.destination.find(stream)) {
    for (const StoredEvent& copy : *copies) there[copy.id].push_back(&copy);
  }
  std::map<EventId, int> repeats;
  for (const StoredEvent& event : events) ++repeats[event.id];
  const StoredEvent* latest = nullptr;  // copied in this run, of the highest destination revision so far
  const StoredEvent* latest_original = nullptr;
  for (const StoredEvent& event : events) {
    if (!is_admitted(event)) continue;
    const std::string name = stream + " " + std::to_string(event.revision);
    const Context::Identity identity{stream, event.id};
    const auto found = there.find(event.id);
    const bool is_shown = event.revision >= context_.source.shown_from(stream);
    if (found == there.end()) {
      if (is_shown && !context_.given_up.contains(identity) && !context_.parked_by_server.contains(identity) &&
          is_expected(event)) {
        context_.violate("lost: " + name);
      }
      continue;
    }
    if (found->second.size() > 1 && context_.plan.promises_no_doubles()) context_.violate("doubled: " + name);
    const StoredEvent& copy = *found->second.front();
    if (is_shown && context_.plan.promises_order() && !context_.plan.faults.sink_late_write &&
        copy.revision < context_.destination.shown_from(stream)) {
      context_.violate("hidden by a deletion: " + name);
    }
    if (repeats[event.id] > 1) continue;
    if (copy.data != event.data || copy.type != event.type || copy.content != event.content ||
        copy.metadata != expected_metadata(event)) {
      context_.violate("not as specified: " + name);
    }
    if (prefilled_.contains(identity) || !context_.plan.promises_order()) continue;
    if (latest != nullptr && copy.revision < latest->revision) {
      context_.violate("out of order: " + name + " before " + std::to_string(latest_original->revision));
    } else {
      latest = &copy;
      latest_original = &event;
    }
  }
}

}  // namespace interconnect::simulation
