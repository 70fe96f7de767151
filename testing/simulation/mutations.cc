#include "testing/simulation/mutations.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "testing/simulation/decorators.h"

namespace interconnect::simulation {
namespace {

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
  hooks.wrap_source = [](EventSource& source, Context& context) {
    return std::make_unique<Decorator>(source, context);
  };
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
