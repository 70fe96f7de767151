#include "testing/simulation/run_hash.h"

#include <memory>
#include <variant>

#include "testing/simulation/decorators.h"

namespace interconnect::simulation {
namespace {

void note_read(RunHash& hash, Time now, const StreamRead& read) {
  hash.note(now, "read", read.stream, read.direction, read.from, read.count);
}

void note_read_outcome(RunHash& hash, Time now, const ReadOutcome& outcome) {
  if (const auto* error = std::get_if<StoreError>(&outcome)) return hash.note(now, "read-failed", error->kind);
  const auto& page = std::get<StreamPage>(outcome);
  hash.note(now, "page", page.stream_exists, page.end_of_stream, page.next, page.events.size());
  for (const EventView& event : page.events) hash.note(now, "event", event);
}

class SourceRecorder final : public SourceDecorator {
 public:
  SourceRecorder(EventSource& source, Context& context, RunHash& hash)
      : SourceDecorator(source, context), hash_(hash) {}

  void subscribe(SubscriptionIndex i, std::int32_t buffer_size) override {
    hash_.note(now(), "subscribe", i, buffer_size);
    SourceDecorator::subscribe(i, buffer_size);
  }
  void acknowledge(SubscriptionIndex i, std::span<const EventId> ids) override {
    hash_.note(now(), "acknowledge", i, ids.size());
    for (const EventId& id : ids) hash_.note(now(), "id", id);
    SourceDecorator::acknowledge(i, ids);
  }
  void park(SubscriptionIndex i, std::span<const EventId> ids, std::string_view reason) override {
    for (const EventId& id : ids) hash_.note(now(), "park", i, id);
    SourceDecorator::park(i, ids, reason);
  }
  void stop(std::function<void()> stopped) override {
    hash_.note(now(), "stop-source");
    SourceDecorator::stop(std::move(stopped));
  }
  void read(const StreamRead& read) override {
    note_read(hash_, now(), read);
    SourceDecorator::read(read);
  }
  void on_read_completed(std::uint64_t id, const ReadOutcome& outcome) override {
    note_read_outcome(hash_, now(), outcome);
    SourceDecorator::on_read_completed(id, outcome);
  }
  void on_subscription_started(const SubscriptionStarted& started) override {
    hash_.note(now(), "started", started.subscription, started.group);
    SourceDecorator::on_subscription_started(started);
  }
  void on_delivery(const Delivery& delivery) override {
    hash_.note(now(), "delivery", delivery.subscription, delivery.ack_id, delivery.position, delivery.retry_count);
    if (delivery.event != nullptr) hash_.note(now(), "event", *delivery.event);
    if (delivery.link != nullptr) hash_.note(now(), "link", *delivery.link);
    SourceDecorator::on_delivery(delivery);
  }
  void on_deliveries_end() override {
    hash_.note(now(), "deliveries-end");
    SourceDecorator::on_deliveries_end();
  }
  void on_subscription_dropped(SubscriptionIndex i, DropReason reason, std::string_view message) override {
    hash_.note(now(), "dropped", i, reason);
    SourceDecorator::on_subscription_dropped(i, reason, message);
  }
  void on_older_consumers_suspected(SubscriptionIndex i) override {
    hash_.note(now(), "older-consumers", i);
    SourceDecorator::on_older_consumers_suspected(i);
  }

 private:
  Time now() const { return context_.now(); }

  RunHash& hash_;
};

class SinkRecorder final : public SinkDecorator {
 public:
  SinkRecorder(EventSink& sink, Context& context, RunHash& hash) : SinkDecorator(sink, context), hash_(hash) {}

  void append(const Append& append) override {
    hash_.note(now(), "append", append.stream, append.expected_revision, append.events.size());
    for (const Event& event : append.events) hash_.note(now(), "event", event.view());
    SinkDecorator::append(append);
  }
  void on_append_completed(std::uint64_t id, const AppendOutcome& outcome) override {
    if (const auto* appended = std::get_if<Appended>(&outcome)) {
      hash_.note(now(), "appended", appended->last_revision, appended->was_repeated);
    } else if (const auto* wrong = std::get_if<WrongExpectedVersion>(&outcome)) {
      hash_.note(now(), "wrong-version", wrong->current.has_value(), wrong->current.value_or(kNoStream));
    } else {
      hash_.note(now(), "append-failed", std::get<StoreError>(outcome).kind);
    }
    SinkDecorator::on_append_completed(id, outcome);
  }
  void on_outcomes_end() override {
    hash_.note(now(), "outcomes-end");
    SinkDecorator::on_outcomes_end();
  }
  void stop(std::function<void()> stopped) override {
    hash_.note(now(), "stop-sink");
    SinkDecorator::stop(std::move(stopped));
  }
  void read(const StreamRead& read) override {
    note_read(hash_, now(), read);
    SinkDecorator::read(read);
  }
  void on_read_completed(std::uint64_t id, const ReadOutcome& outcome) override {
    note_read_outcome(hash_, now(), outcome);
    SinkDecorator::on_read_completed(id, outcome);
  }

 private:
  Time now() const { return context_.now(); }

  RunHash& hash_;
};

class KillRecorder final : public ProcessKiller {
 public:
  KillRecorder(ProcessKiller& killer, RunHash& hash) : killer_(killer), hash_(hash) {}
  void kill(ExitCode code, std::string_view last_words) override {
    hash_.note(Time{0}, "exit", code);
    killer_.kill(code, last_words);
  }

 private:
  ProcessKiller& killer_;
  RunHash& hash_;
};

}  // namespace

void RunHash::mix(const EventView& event) {
  mix(event.stream);
  mix(event.revision);
  mix(event.id);
  mix(event.type);
  mix(event.content);
  mix(event.data);
  mix(event.metadata);
}

Hooks RunHash::hooks() {
  Hooks hooks;
  hooks.wrap_source = [this](EventSource& source, Context& context) {
    return std::make_unique<SourceRecorder>(source, context, *this);
  };
  hooks.wrap_sink = [this](EventSink& sink, Context& context) {
    return std::make_unique<SinkRecorder>(sink, context, *this);
  };
  hooks.wrap_killer = [this](ProcessKiller& killer) { return std::make_unique<KillRecorder>(killer, *this); };
  return hooks;
}

}  // namespace interconnect::simulation
