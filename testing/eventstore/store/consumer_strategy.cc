#include "testing/eventstore/store/consumer_strategy.h"

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <vector>

#include "testing/eventstore/store/event_store.h"

namespace interconnect::eventstore {
namespace {

class RoundRobin : public ConsumerStrategy {
 public:
  void added(Consumer* consumer) override { consumers_.push_back(consumer); }
  void removed(Consumer* consumer) override { std::erase(consumers_, consumer); }

  PushResult push(const ResolvedEvent& event, int retry_count) override {
    for (std::size_t i = 0; i < consumers_.size(); ++i) {
      Consumer* next = consumers_.front();
      rotate();
      if (next->push(event, retry_count)) return PushResult::kSent;
    }
    return PushResult::kNoMoreCapacity;
  }

 protected:
  void rotate() {
    consumers_.push_back(consumers_.front());
    consumers_.pop_front();
  }

  std::deque<Consumer*> consumers_;
};

class DispatchToSingle : public RoundRobin {
 public:
  PushResult push(const ResolvedEvent& event, int retry_count) override {
    for (std::size_t i = 0; i < consumers_.size(); ++i) {
      if (consumers_.front()->push(event, retry_count)) return PushResult::kSent;
      rotate();
    }
    return PushResult::kNoMoreCapacity;
  }
};

// Each source stream belongs to one of 1024 buckets and each bucket to a consumer.
class Pinned : public ConsumerStrategy {
 public:
  void added(Consumer* consumer) override {
    consumers_.push_back(consumer);
    const std::size_t fair = (assigned(nullptr) + consumers_.size() - 1) / consumers_.size();
    for (Consumer* other : consumers_) {
      if (other == consumer) continue;
      std::size_t surplus = assigned(other);
      for (Consumer*& bucket : buckets_) {
        if (surplus <= fair) break;
        if (bucket != other) continue;
        bucket = consumer;
        --surplus;
      }
    }
  }

  void removed(Consumer* consumer) override {
    std::erase(consumers_, consumer);
    std::replace(buckets_.begin(), buckets_.end(), consumer, static_cast<Consumer*>(nullptr));
  }

  PushResult push(const ResolvedEvent& event, int retry_count) override {
    if (std::all_of(consumers_.begin(), consumers_.end(),
                    [](const Consumer* c) { return c->window() <= static_cast<int>(c->unconfirmed().size()); })) {
      return PushResult::kNoMoreCapacity;
    }
    Consumer*& bucket = buckets_[std::hash<std::string_view>{}(source_stream(event)) % buckets_.size()];
    if (bucket == nullptr) {
      bucket = *std::min_element(consumers_.begin(), consumers_.end(),
                                 [this](Consumer* a, Consumer* b) { return assigned(a) < assigned(b); });
    }
    return bucket->push(event, retry_count) ? PushResult::kSent : PushResult::kSkipped;
  }

 private:
  // How many buckets a consumer has; of all consumers together if null.
  std::size_t assigned(const Consumer* consumer) const {
    return static_cast<std::size_t>(std::count_if(buckets_.begin(), buckets_.end(), [consumer](const Consumer* c) {
      return consumer == nullptr ? c != nullptr : c == consumer;
    }));
  }

  static std::string_view source_stream(const ResolvedEvent& event) {
    const Record& record = event.event != nullptr ? *event.event : *event.link;
    if (record.type != kLinkType) return record.stream_name();
    const std::string_view target = record.data;
    const std::size_t at = target.find('@');
    return at == std::string_view::npos ? target : target.substr(at + 1);
  }

  std::vector<Consumer*> consumers_;
  std::array<Consumer*, 1024> buckets_{};
};

}  // namespace

bool Consumer::push(const ResolvedEvent& event, int retry_count) {
  if (slots_ <= 0) return false;
  // An id that is pushed twice takes two slots and gives back one, as in the server.
  --slots_;
  ++total_;
  unconfirmed_.try_emplace(event.original().id, event);
  subscriber_->push(event, retry_count);
  return true;
}

bool Consumer::remove(const EventId& id) {
  if (unconfirmed_.erase(id) == 0) return false;
  ++slots_;
  return true;
}

std::unique_ptr<ConsumerStrategy> new_consumer_strategy(std::string_view name) {
  if (name == "RoundRobin") return std::make_unique<RoundRobin>();
  if (name == "DispatchToSingle") return std::make_unique<DispatchToSingle>();
  if (name == "Pinned") return std::make_unique<Pinned>();
  return nullptr;
}

}  // namespace interconnect::eventstore
