#include "testing/simulation/consumer_group.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "testing/simulation/sim_source.h"

namespace interconnect::simulation {

ConsumerGroup::ConsumerGroup(Context& context, const Subscription& subscription, Revision start)
    : context_(context),
      settings_(subscription.settings),
      name_(subscription.stream),
      next_(static_cast<std::size_t>(start)),
      checkpoint_(start - 1),
      last_known_(start - 1) {}

void ConsumerGroup::add(Pushed event) {
  event.position = static_cast<Revision>(stream_.size());
  stream_.push_back(std::move(event));
}

void ConsumerGroup::connect(std::shared_ptr<Connection> connection) {
  clients_.push_back({std::move(connection), {}, 0});
  fill_and_push();
}

void ConsumerGroup::lose(const Connection* connection) {
  const auto it = std::find_if(clients_.begin(), clients_.end(),
                               [&](const Client& client) { return client.connection.get() == connection; });
  if (it == clients_.end()) return;
  std::vector<Pushed> lost;
  for (const auto& [id, message] : it->unconfirmed) lost.push_back(message);
  clients_.erase(it);
  std::erase_if(pinned_, [&](const auto& entry) { return entry.second == connection; });
  std::sort(lost.begin(), lost.end(), [](const Pushed& a, const Pushed& b) { return a.position < b.position; });
  for (Pushed& message : lost) retry(std::move(message), 0);
  fill_and_push();
}

void ConsumerGroup::acknowledge(const std::vector<EventId>& ids) {
  for (const EventId& id : ids) forget(id);
  mark_checkpoint(false);
  fill_and_push();
}

void ConsumerGroup::park(const std::vector<EventId>& ids) {
  for (const EventId& id : ids) {
    if (const auto it = outstanding_.find(id); it != outstanding_.end()) park_message(it->second.message, false);
    forget(id);
  }
  mark_checkpoint(false);
  fill_and_push();
}

void ConsumerGroup::tick() {
  std::vector<Outstanding> expired;
  for (const auto& [id, outstanding] : outstanding_) {
    if (outstanding.expires <= context_.now()) expired.push_back(outstanding);
  }
  std::sort(expired.begin(), expired.end(), [](const Outstanding& a, const Outstanding& b) {
    return std::pair(a.expires, a.message.position) < std::pair(b.expires, b.message.position);
  });
  for (const Outstanding& outstanding : expired) {
    if (outstanding.message.retry_count < settings_.max_retry_count) {
      retry(outstanding.message, outstanding.message.retry_count);
    } else {
      park_message(outstanding.message, true);
      forget(outstanding.message.ack_id);
    }
  }
  fill_and_push();
  mark_checkpoint(true);
}

void ConsumerGroup::restart() {
  retry_.clear();
  buffer_.clear();
  outstanding_.clear();
  clients_.clear();
  pinned_.clear();
  next_ = static_cast<std::size_t>(checkpoint_ + 1);
  last_known_ = checkpoint_;
}

void ConsumerGroup::fill_and_push() {
  std::map<Client*, std::vector<Pushed>> batches;
  for (bool nobody_has_room = false; !nobody_has_room;) {
    while (next_ < stream_.size() && static_cast<int>(retry_.size() + buffer_.size()) < context_.plan.history_buffer) {
      buffer_.push_back(stream_[next_++]);
    }
    bool sent_any = false;
    for (std::list<Pushed>* list : {&retry_, &buffer_}) {
      for (auto it = list->begin(); it != list->end() && !nobody_has_room;) {
        const Choice choice = push(*it, batches);
        sent_any = sent_any || choice == Choice::kSent;
        nobody_has_room = choice == Choice::kNobodyHasRoom;
        it = choice == Choice::kSent ? list->erase(it) : std::next(it);
      }
    }
    if (!sent_any) break;
  }
  // In the order of the clients, which is not that of their addresses.
  for (Client& client : clients_) {
    if (const auto it = batches.find(&client); it != batches.end()) send(client, std::move(it->second));
  }
}

ConsumerGroup::Choice ConsumerGroup::push(const Pushed& message, std::map<Client*, std::vector<Pushed>>& batches) {
  if (std::none_of(clients_.begin(), clients_.end(), [](const Client& c) { return c.has_room(); })) {
    return Choice::kNobodyHasRoom;
  }
  Client* client = choose(message);
  if (client == nullptr) return Choice::kSkipped;
  if (!client->unconfirmed.emplace(message.ack_id, message).second) ++client->lost_places;
  const bool never_expires = settings_.message_timeout >= std::chrono::hours(1);
  outstanding_.try_emplace(
      message.ack_id, Outstanding{message, never_expires ? Time::max() : context_.now() + settings_.message_timeout});
  last_known_ = std::max(last_known_, message.position);
  batches[client].push_back(message);
  return Choice::kSent;
}

ConsumerGroup::Client* ConsumerGroup::choose(const Pushed& message) {
  if (settings_.consumer_strategy == ConsumerStrategy::kPinned) {
    const Connection*& pinned = pinned_[message.stream];
    if (pinned == nullptr) {
      std::size_t fewest = std::numeric_limits<std::size_t>::max();
      for (const Client& client : clients_) {
        const auto streams = static_cast<std::size_t>(std::count_if(
            pinned_.begin(), pinned_.end(), [&](const auto& e) { return e.second == client.connection.get(); }));
        if (streams < fewest) pinned = client.connection.get();
        fewest = std::min(fewest, streams);
      }
    }
    for (Client& client : clients_) {
      if (client.connection.get() == pinned) return client.has_room() ? &client : nullptr;
    }
    return nullptr;
  }
  for (auto it = clients_.begin(); it != clients_.end(); ++it) {
    if (!it->has_room()) continue;
    if (settings_.consumer_strategy == ConsumerStrategy::kRoundRobin) clients_.splice(clients_.end(), clients_, it);
    return &*it;
  }
  return nullptr;
}

void ConsumerGroup::retry(Pushed message, int count) {
  forget(message.ack_id);
  message.retry_count = count + 1;
  const auto later = std::find_if(retry_.begin(), retry_.end(),
                                  [&](const Pushed& other) { return message.revision < other.revision; });
  retry_.insert(later, std::move(message));
}

void ConsumerGroup::forget(const EventId& id) {
  outstanding_.erase(id);
  for (Client& client : clients_) client.unconfirmed.erase(id);
}

void ConsumerGroup::park_message(const Pushed& message, bool by_server) {
  context_.note(by_server ? "server-parks" : "parked", message.stream, {message.revision});
  if (!by_server || message.is_dead) return;
  const auto* stream = context_.source.find(message.stream);
  context_.parked_by_server.insert({message.stream, (*stream)[static_cast<std::size_t>(message.revision)].id});
}

void ConsumerGroup::mark_checkpoint(bool is_time_check) {
  Revision lowest = std::numeric_limits<Revision>::max();
  for (const auto& [id, outstanding] : outstanding_) lowest = std::min(lowest, outstanding.message.position - 1);
  for (const Pushed& message : retry_) lowest = std::min(lowest, message.position - 1);
  // The real server forgets what Pinned skipped in its buffer, and loses it when it restarts then. No copier can help
  // that, so it is not modelled.
  for (const Pushed& message : buffer_) {
    if (message.position < last_known_) lowest = std::min(lowest, message.position - 1);
  }
  if (lowest == std::numeric_limits<Revision>::max()) lowest = last_known_;
  if (lowest == -1) return;
  const Revision difference = lowest - checkpoint_;
  if (context_.now() - last_checkpoint_at_ < settings_.checkpoint_after &&
      difference < settings_.max_checkpoint_count) {
    return;
  }
  if ((difference >= settings_.min_checkpoint_count && is_time_check) || difference >= settings_.max_checkpoint_count) {
    last_checkpoint_at_ = context_.now();
    checkpoint_ = lowest;
    context_.note("checkpoint", name_, {checkpoint_});
  }
}

void ConsumerGroup::send(Client& client, std::vector<Pushed> batch) {
  const std::shared_ptr<Connection> connection = client.connection;
  std::size_t begin = 0;
  while (begin < batch.size()) {
    const auto size = static_cast<std::size_t>(context_.random.between(1, 40));
    const std::size_t end = std::min(batch.size(), begin + size);
    std::vector<Pushed> part(batch.begin() + static_cast<std::ptrdiff_t>(begin),
                             batch.begin() + static_cast<std::ptrdiff_t>(end));
    begin = end;
    connection->last_to_client = std::max(connection->last_to_client, context_.now() + context_.latency());
    context_.scheduler.at(connection->last_to_client, [connection, part = std::move(part)] {
      if (!connection->is_cut && connection->client != nullptr) connection->client->receive(*connection, part);
    });
  }
}

bool ConsumerGroup::is_settled() const {
  return next_ == stream_.size() && retry_.empty() && buffer_.empty() && outstanding_.empty();
}

std::string ConsumerGroup::describe() const {
  return name_ + ": read " + std::to_string(next_) + " of " + std::to_string(stream_.size()) + ", retry " +
         std::to_string(retry_.size()) + ", buffered " + std::to_string(buffer_.size()) + ", outstanding " +
         std::to_string(outstanding_.size()) + ", clients " + std::to_string(clients_.size());
}

}  // namespace interconnect::simulation
