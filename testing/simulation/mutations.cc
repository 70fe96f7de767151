#include "testing/simulation/mutations.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace interconnect::simulation {
namespace {

// Passes everything on, in both directions.
class SourceDecorator : public EventSource, public EventSourceListener {
 public:
  explicit SourceDecorator(EventSource& source) : source_(source) {}

  void start(EventSourceListener& listener) override {
    listener_ = &listener;
    source_.start(*this);
  }
  void subscribe(SubscriptionIndex i, std::int32_t buffer_size) override { source_.subscribe(i, buffer_size); }
  void renew_group(SubscriptionIndex i) override { source_.renew_group(i); }
  void acknowledge(SubscriptionIndex i, std::span<const EventId> ids) override { source_.acknowledge(i, ids); }
  void park(SubscriptionIndex i, std::span<const EventId> ids, std::string_view reason) override {
    source_.park(i, ids, reason);
  }
  void stop(std::function<void()> stopped) override { source_.stop(std::move(stopped)); }
  void read(const StreamRead& read) override { source_.read(read); }
  void probe(Answer answer) override { source_.probe(std::move(answer)); }

  void on_read_completed(std::uint64_t id, const ReadOutcome& outcome) override {
    listener_->on_read_completed(id, outcome);
  }
  void on_subscription_started(const SubscriptionStarted& started) override {
    listener_->on_subscription_started(started);
  }
  void on_delivery(const Delivery& delivery) override { listener_->on_delivery(delivery); }
  void on_deliveries_end() override { listener_->on_deliveries_end(); }
  void on_subscription_dropped(SubscriptionIndex i, DropReason reason, std::string_view message) override {
    listener_->on_subscription_dropped(i, reason, message);
  }
  void on_older_consumers_suspected(SubscriptionIndex i) override { listener_->on_older_consumers_suspected(i); }
  void on_source_lost(std::string_view message) override { listener_->on_source_lost(message); }

 protected:
  EventSource& source_;
  EventSourceListener* listener_ = nullptr;
};

class SinkDecorator : public EventSink, public EventSinkListener {
 public:
  SinkDecorator(EventSink& sink, Context& context) : sink_(sink), context_(context) {}

  void start(EventSinkListener& listener) override {
    listener_ = &listener;
    sink_.start(*this);
  }
  void append(const Append& append) override { sink_.append(append); }
  void stop(std::function<void()> stopped) override { sink_.stop(std::move(stopped)); }
  void read(const StreamRead& read) override { sink_.read(read); }
  void probe(Answer answer) override { sink_.probe(std::move(answer)); }
  std::size_t ordered_append_bytes() const override { return sink_.ordered_append_bytes(); }

  void on_read_completed(std::uint64_t id, const ReadOutcome& outcome) override {
    listener_->on_read_completed(id, outcome);
  }
  void on_append_completed(std::uint64_t id, const AppendOutcome& outcome) override {
    listener_->on_append_completed(id, outcome);
  }
  void on_outcomes_end() override { listener_->on_outcomes_end(); }
  void on_sink_lost(std::string_view message) override { listener_->on_sink_lost(message); }

 protected:
  EventSink& sink_;
  Context& context_;
  EventSinkListener* listener_ = nullptr;
};

class EarlyAcknowledger final : public SourceDecorator {
 public:
  using SourceDecorator::SourceDecorator;
  void on_delivery(const Delivery& delivery) override {
    source_.acknowledge(delivery.subscription, std::span(&delivery.ack_id, 1));
    SourceDecorator::on_delivery(delivery);
  }
};

class NeverAcknowledger final : public SourceDecorator {
 public:
  using SourceDecorator::SourceDecorator;
  void acknowledge(SubscriptionIndex, std::span<const EventId>) override {}
};

class Liar final : public SinkDecorator {
 public:
  using SinkDecorator::SinkDecorator;
  void append(const Append& append) override {
    if (!context_.random.one_in(20)) return sink_.append(append);
    const Appended outcome{append.expected_revision + static_cast<Revision>(append.events.size())};
    context_.scheduler.after(context_.latency(), lifeline_.guard([this, id = append.id, outcome] {
      listener_->on_append_completed(id, outcome);
      listener_->on_outcomes_end();
    }));
  }

 private:
  Lifeline lifeline_;
};

class AnyExpecter final : public SinkDecorator {
 public:
  using SinkDecorator::SinkDecorator;
  void append(const Append& append) override {
    Append any = append;
    any.expected_revision = context_.destination.tail(append.stream);
    sink_.append(any);
  }
};

class Forgetter final : public SinkDecorator {
 public:
  using SinkDecorator::SinkDecorator;
  void on_read_completed(std::uint64_t id, const ReadOutcome& outcome) override {
    if (!std::holds_alternative<StreamPage>(outcome)) return SinkDecorator::on_read_completed(id, outcome);
    SinkDecorator::on_read_completed(id, StreamPage{{}, false, true, 0});
  }
};

class RetryReverser final : public SinkDecorator {
 public:
  using SinkDecorator::SinkDecorator;
  void append(const Append& append) override {
    if (append.events.empty() || !seen_.insert(append.events.front().id()).second) {
      std::vector<Event> reversed;
      for (const Event& event : append.events) reversed.insert(reversed.begin(), Event(event.view()));
      Append other = append;
      other.events = reversed;
      return sink_.append(other);
    }
    sink_.append(append);
  }

 private:
  std::set<EventId> seen_;
};

class Tamperer final : public SinkDecorator {
 public:
  using SinkDecorator::SinkDecorator;
  void append(const Append& append) override {
    std::vector<Event> events;
    std::vector<std::string> data;
    for (const Event& event : append.events) {
      EventView view = event.view();
      data.emplace_back(view.data);
      if (!data.back().empty()) data.back().back() ^= 1;
      view.data = data.back();
      events.emplace_back(view);
    }
    Append other = append;
    other.events = events;
    sink_.append(other);
  }
};

class OrderClaimer final : public SinkDecorator {
 public:
  using SinkDecorator::SinkDecorator;
  std::size_t ordered_append_bytes() const override { return 1 << 20; }
};

class Immortal final : public ProcessKiller {
 public:
  void kill(ExitCode, std::string_view) override {}
};

template <typename Decorator>
Hooks of_source() {
  Hooks hooks;
  hooks.wrap_source = [](EventSource& source, Context&) { return std::make_unique<Decorator>(source); };
  return hooks;
}

template <typename Decorator>
Hooks of_sink() {
  Hooks hooks;
  hooks.wrap_sink = [](EventSink& sink, Context& context) { return std::make_unique<Decorator>(sink, context); };
  return hooks;
}

}  // namespace

Hooks acknowledge_at_delivery() { return of_source<EarlyAcknowledger>(); }
Hooks never_acknowledge() { return of_source<NeverAcknowledger>(); }
Hooks answer_without_writing() { return of_sink<Liar>(); }
Hooks expect_any_revision() { return of_sink<AnyExpecter>(); }
Hooks forget_the_look_up() { return of_sink<Forgetter>(); }
Hooks reverse_retries() { return of_sink<RetryReverser>(); }
Hooks claim_an_order() { return of_sink<OrderClaimer>(); }
Hooks tamper_with_data() { return of_sink<Tamperer>(); }

Hooks never_exit() {
  Hooks hooks;
  hooks.wrap_killer = [](ProcessKiller&) { return std::make_unique<Immortal>(); };
  return hooks;
}

}  // namespace interconnect::simulation
