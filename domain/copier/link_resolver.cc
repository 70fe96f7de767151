#include "domain/copier/link_resolver.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "domain/excerpt.h"
#include "domain/link.h"
#include "domain/stream_metadata.h"

namespace interconnect {

bool LinkResolver::is_unresolved(const Delivery& delivery) {
  if (delivery.event == nullptr || delivery.event->type == kLinkType) return true;
  if (delivery.link == nullptr) return false;
  const std::optional<LinkTarget> target = parse_link(delivery.link->data);
  // A link that names nothing, and has an event all the same: the server has its own way to read it.
  return target && (target->revision != delivery.event->revision || target->stream != delivery.event->stream);
}

bool LinkResolver::must_wait(const Delivery& delivery) const {
  return !queues_.empty() && queues_.contains(queue_of(delivery.event->stream));
}

std::size_t LinkResolver::bytes_of(const Delivery& delivery) {
  std::size_t bytes = kEntryBytes;
  if (delivery.event != nullptr) bytes += delivery.event->bytes();
  if (delivery.link != nullptr) bytes += delivery.link->bytes();
  return bytes;
}

void LinkResolver::add(const Delivery& delivery, Time now) {
  Entry entry;
  entry.outcome.delivery = delivery;
  // Without a link, the event is one.
  const EventView* const delivered = delivery.link != nullptr ? delivery.link : delivery.event;
  if (delivered != nullptr) entry.outcome.link.emplace(*delivered);
  // A group with link resolving that meets a link to a link delivers the second as the event.
  const bool is_chain = delivery.link != nullptr && delivery.event != nullptr && delivery.event->type == kLinkType;
  std::string text;
  if (is_chain) {
    entry.links_followed = 1;
    text = delivery.event->data;
  } else if (delivered != nullptr) {
    text = delivered->data;
  }
  const std::optional<LinkTarget> target = parse_link(text);
  entry.queue = queue_of(target ? target->stream : std::string_view());
  Entry& added = put(std::move(entry));
  follow(added, text, now);
}

void LinkResolver::add_behind(const Delivery& delivery) {
  Entry entry;
  entry.outcome.delivery = delivery;
  entry.outcome.event.emplace(*delivery.event);
  if (delivery.link != nullptr) entry.outcome.link.emplace(*delivery.link);
  entry.queue = queue_of(delivery.event->stream);
  entry.is_resolved = true;
  put(std::move(entry));
}

// A stream and its metadata stream share one: a deletion lands behind what came before it.
std::string_view LinkResolver::queue_of(std::string_view stream) const {
  if (settings_.one_queue) return {};
  return is_metadata_stream(stream) ? original_stream(stream) : stream;
}

LinkResolver::Entry& LinkResolver::put(Entry entry) {
  Delivery& delivery = entry.outcome.delivery;
  delivery.event = nullptr;
  delivery.link = nullptr;
  positions_.insert(delivery.position);
  if (sizes_.size() <= delivery.subscription) sizes_.resize(delivery.subscription + 1);
  ++sizes_[delivery.subscription];
  std::list<Entry>& queue = queues_[entry.queue];
  Entry& added = queue.emplace_back(std::move(entry));
  count_bytes(added);
  if (added.is_resolved && queue.size() == 1) may_go_.insert(added.queue);
  return added;
}

void LinkResolver::count_bytes(Entry& entry) {
  std::size_t bytes = kEntryBytes;
  if (entry.outcome.event) bytes += entry.outcome.event->view().bytes();
  if (entry.outcome.link) bytes += entry.outcome.link->view().bytes();
  entry.units = held_.take(1, bytes);
}

void LinkResolver::follow(Entry& entry, std::string_view text, Time now) {
  const std::optional<LinkTarget> target = parse_link(text);
  if (!target) {
    return finish(entry, Outcome::Kind::kInvalid, "it is a link whose text names no event: '" + excerpt(text) + "'");
  }
  if (++entry.links_followed > kMaxLinks) {
    return finish(entry, Outcome::Kind::kInvalid,
                  "it is a link that leads to no event over " + std::to_string(kMaxLinks) +
                      " links, the last of them '" + excerpt(text) + "'");
  }
  entry.outcome.target_stream = target->stream;
  entry.outcome.target_revision = target->revision;
  auto [known, is_new] = keys_.try_emplace(entry.outcome.target_stream, next_key_);
  if (is_new) {
    RevisionReader reader(entry.outcome.target_stream, settings_.reading);
    if (const auto patience = patience_.take(entry.outcome.target_stream)) reader.resume(*patience);
    targets_.emplace(next_key_++, Target{std::move(reader), {}, kNever});
  }
  Target& stream = targets_.at(known->second);
  stream.waiting.emplace(target->revision, &entry);
  stream.reader.want(target->revision);
  if (!stream.reader.is_reading()) want_read(known->second, stream, std::max(now, stream.reader.next_read_at()));
}

void LinkResolver::want_read(std::uint64_t key, Target& target, Time when) {
  if (target.read_at == when) return;
  if (target.read_at != kNever) wanted_reads_.erase({target.read_at, key});
  target.read_at = when;
  if (when != kNever) wanted_reads_.emplace(when, key);
}

void LinkResolver::finish(Entry& entry, Outcome::Kind kind, std::string_view reason) {
  entry.is_resolved = true;
  entry.outcome.kind = kind;
  entry.outcome.reason = reason;
  count_bytes(entry);
  if (&queues_.at(entry.queue).front() == &entry) may_go_.insert(entry.queue);
}

std::optional<LinkResolver::Outcome> LinkResolver::next() {
  if (may_go_.empty()) return std::nullopt;
  const auto may_go = may_go_.begin();
  const auto found = queues_.find(*may_go);
  std::list<Entry>& queue = found->second;
  Entry entry = std::move(queue.front());
  queue.pop_front();
  positions_.erase(positions_.find(entry.outcome.delivery.position));
  --sizes_[entry.outcome.delivery.subscription];
  if (queue.empty() || !queue.front().is_resolved) may_go_.erase(may_go);
  if (queue.empty()) queues_.erase(found);
  return std::move(entry.outcome);
}

std::vector<Revision> LinkResolver::drop(SubscriptionIndex subscription) {
  std::vector<Revision> dropped;
  if (size(subscription) == 0) return dropped;
  for (auto target = targets_.begin(); target != targets_.end();) {
    RevisionReader& reader = target->second.reader;
    std::erase_if(target->second.waiting,
                  [&](const auto& waiting) { return waiting.second->outcome.delivery.subscription == subscription; });
    reader.forget_unless([&](Revision revision) { return target->second.waiting.contains(revision); });
    const auto dropped_from = target++;
    if (dropped_from->second.waiting.empty() && !reader.is_reading()) forget(dropped_from->first);
  }
  for (auto queue = queues_.begin(); queue != queues_.end();) {
    for (auto entry = queue->second.begin(); entry != queue->second.end();) {
      const Delivery& delivery = entry->outcome.delivery;
      if (delivery.subscription != subscription) {
        ++entry;
        continue;
      }
      dropped.push_back(delivery.position);
      positions_.erase(positions_.find(delivery.position));
      entry = queue->second.erase(entry);
    }
    may_go_.erase(queue->first);
    const auto emptied = queue++;
    if (emptied->second.empty()) {
      queues_.erase(emptied);
    } else if (emptied->second.front().is_resolved) {
      may_go_.insert(emptied->first);
    }
  }
  sizes_[subscription] = 0;
  std::sort(dropped.begin(), dropped.end());  // the map has no order of its own
  return dropped;
}

std::optional<LinkResolver::Read> LinkResolver::next_read(Time now) {
  if (reads_ >= settings_.max_reads || wanted_reads_.empty() || wanted_reads_.begin()->first > now) return std::nullopt;
  const std::uint64_t key = wanted_reads_.begin()->second;
  Target& target = targets_.at(key);
  want_read(key, target, kNever);
  ++reads_;
  return Read{key, target.reader.start_read()};
}

void LinkResolver::on_read(std::uint64_t key, const ReadOutcome& outcome, Time now) {
  --reads_;
  Target& target = targets_.at(key);
  std::vector<std::pair<Entry*, EventView>> found;
  const auto take = [&target](Revision revision, const auto& each) {
    const auto [first, last] = target.waiting.equal_range(revision);
    for (auto waiting = first; waiting != last; ++waiting) each(*waiting->second);
    target.waiting.erase(first, last);
  };
  target.reader.on_read(
      outcome, now,
      {.found = [&](const EventView& event) { take(event.revision, [&](Entry& e) { found.emplace_back(&e, event); }); },
       .gone =
           [&](Revision revision, std::string_view reason) {
             take(revision, [&](Entry& entry) { finish(entry, Outcome::Kind::kGone, reason); });
           }});
  const Time denied_since = target.reader.denied_since();
  if (denied_since != kNever && now - denied_since >= settings_.reading.patience) {
    denied_ = Denied{target.reader.stream(), std::get<StoreError>(outcome).message};
  }
  // A link that leads to another of the same stream would change what is being told.
  for (const auto& [entry, event] : found) on_found(*entry, event, now);
  go_on(key, now);
}

void LinkResolver::on_found(Entry& entry, const EventView& event, Time now) {
  if (event.type == kLinkType) return follow(entry, event.data, now);
  entry.outcome.event.emplace(event);
  finish(entry, Outcome::Kind::kEvent, "");
}

void LinkResolver::go_on(std::uint64_t key, Time now) {
  Target& target = targets_.at(key);
  if (target.reader.wants_any()) return want_read(key, target, std::max(now, target.reader.next_read_at()));
  forget(key);
}

void LinkResolver::forget(std::uint64_t key) {
  Target& target = targets_.at(key);
  const RevisionReader& reader = target.reader;
  want_read(key, target, kNever);
  if (reader.patience().has_begun()) patience_.put(reader.stream(), reader.patience());
  keys_.erase(reader.stream());
  targets_.erase(key);
}

std::optional<Time> LinkResolver::next_deadline() const {
  if (reads_ >= settings_.max_reads || wanted_reads_.empty()) return std::nullopt;
  return wanted_reads_.begin()->first;
}

std::size_t LinkResolver::size(SubscriptionIndex subscription) const {
  return subscription < sizes_.size() ? sizes_[subscription] : 0;
}

std::optional<Revision> LinkResolver::lowest_position() const {
  if (positions_.empty()) return std::nullopt;
  return *positions_.begin();
}

}  // namespace interconnect
