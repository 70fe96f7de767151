// The whole way in memory, in each direction: bytes as the source sends them are decoded, copied by the real driver and
// copier over fake ports, and encoded as the destination is sent them.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/grpc/wire/decode.h"
#include "adapters/grpc/wire/encode.h"
#include "adapters/legacy_tcp/wire/package.h"
#include "adapters/legacy_tcp/wire/replies.h"
#include "adapters/legacy_tcp/wire/requests.h"
#include "app/copy_driver.h"
#include "benchmark/benchmark.h"
#include "benchmarks/allocations.h"
#include "benchmarks/fixed_workload.h"
#include "benchmarks/samples.h"

namespace interconnect {
namespace {

constexpr std::size_t kTurn = 500;
constexpr std::size_t kTurnBytes = 4 << 20;

enum class Generation { kLegacy, kNext };

// Pushes the sample events of some streams in turn.
class BytesSource final : public EventSource {
 public:
  BytesSource(Generation generation, std::size_t streams)
      : generation_(generation), revisions_(streams, PushedSample::kFirstRevision) {
    set_size(0);
  }

  void set_size(std::size_t size) {
    pushed_.clear();
    for (std::size_t i = 0; i < revisions_.size(); ++i) {
      const SampleEvent sample("hero-" + std::to_string(i), size);
      pushed_.push_back(generation_ == Generation::kLegacy ? PushedSample::legacy(sample) : PushedSample::next(sample));
    }
  }

  // The streams begin at a revision of their own: the group says so, and nothing is looked for before it.
  void connect() {
    listener_->on_subscription_started(
        {.subscription = 0, .group = GroupState::kCreated, .effective = {.start_from = PushedSample::kFirstRevision}});
  }

  void push(std::size_t events) {
    for (std::size_t i = 0; i < events; ++i, ++count_) {
      const std::size_t stream = count_ % pushed_.size();
      pushed_[stream].become(count_, revisions_[stream]++);
      deliver(pushed_[stream].bytes());
    }
    listener_->on_deliveries_end();
  }

  std::size_t acknowledged() const { return acknowledged_; }

  void start(EventSourceListener& listener) override { listener_ = &listener; }
  void subscribe(SubscriptionIndex, std::int32_t) override {}
  void renew_group(SubscriptionIndex) override {}
  void acknowledge(SubscriptionIndex, std::span<const EventId> ids) override { acknowledged_ += ids.size(); }
  void park(SubscriptionIndex, std::span<const EventId>, std::string_view) override {}
  void read(const StreamRead&) override {}
  void probe(Answer) override {}
  void stop(std::function<void()> stopped) override { stopped(); }

 private:
  void deliver(std::string_view bytes) {
    if (generation_ == Generation::kLegacy) {
      const auto framed = legacy::decode_package(bytes);
      const auto reply = legacy::decode_reply(std::get<legacy::Framed>(framed).package);
      const auto& appeared = std::get<legacy::PersistentEventAppeared>(std::get<legacy::Reply>(reply));
      const EventView& event = *appeared.event.event;
      return listener_->on_delivery({.ack_id = event.id, .position = event.revision, .event = &event});
    }
    const auto message = next::decode_subscription_message(bytes);
    const auto& pushed = std::get<next::PushedEvent>(message);
    listener_->on_delivery({.ack_id = pushed.ack_id, .position = pushed.position, .event = &*pushed.event});
  }

  Generation generation_;
  std::vector<PushedSample> pushed_;
  std::vector<Revision> revisions_;
  EventSourceListener* listener_ = nullptr;
  std::uint64_t count_ = 0;
  std::size_t acknowledged_ = 0;
};

// Encodes each append and confirms it with the next answer().
class EncodingSink final : public EventSink {
 public:
  explicit EncodingSink(Generation generation) : generation_(generation) {}

  // False if there was nothing to answer.
  bool answer() {
    answering_.swap(confirmed_);
    if (answering_.empty()) return false;
    for (const auto& [id, outcome] : answering_) listener_->on_append_completed(id, outcome);
    answering_.clear();
    listener_->on_outcomes_end();
    return true;
  }

  void start(EventSinkListener& listener) override { listener_ = &listener; }
  void append(const Append& append) override {
    encode(append);
    confirmed_.emplace_back(append.id,
                            Appended{append.expected_revision + static_cast<Revision>(append.events.size())});
  }
  void read(const StreamRead&) override {}
  void probe(Answer) override {}
  std::size_t ordered_append_bytes() const override { return 0; }
  AppendSizeRule append_size_rule() const override { return AppendSizeRule::kDataMetadataAndType; }
  void stop(std::function<void()> stopped) override { stopped(); }

 private:
  void encode(const Append& append) {
    if (generation_ == Generation::kLegacy) {
      out_.clear();
      legacy::put_write_events(out_, {}, append.stream, append.expected_revision, append.events);
      benchmark::DoNotOptimize(out_.data());
      return;
    }
    benchmark::DoNotOptimize(next::encode_append_options(append.stream, append.expected_revision));
    for (const Event& event : append.events) {
      void* message = std::malloc(next::proposed_message_size(event));
      next::write_proposed_message(event, static_cast<char*>(message));
      benchmark::DoNotOptimize(message);
      std::free(message);
    }
  }

  Generation generation_;
  EventSinkListener* listener_ = nullptr;
  std::string out_;
  std::vector<std::pair<std::uint64_t, AppendOutcome>> confirmed_;
  std::vector<std::pair<std::uint64_t, AppendOutcome>> answering_;
};

class ManualClock final : public Clock {
 public:
  Time now() const override { return now_; }
  void set_alarm(Time when, std::function<void()> alarm) override {
    when_ = when;
    alarm_ = std::move(alarm);
  }
  bool ring() {
    if (!alarm_) return false;
    now_ = std::max(now_, when_);
    std::exchange(alarm_, nullptr)();
    return true;
  }

 private:
  Time now_{0};
  Time when_ = kNever;
  std::function<void()> alarm_;
};

class NoKiller final : public ProcessKiller {
 public:
  void kill(ExitCode, std::string_view) override { std::abort(); }
};

template <Generation kFrom, Generation kTo>
void path(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const std::size_t turn = std::clamp<std::size_t>(kTurnBytes / size, 1, kTurn);
  const std::vector<Subscription> subscriptions{{"$ce-hero", "copy", 2'000, {}}};
  StockSafetyNet safety_net;
  CopyObserver observer;
  Copier copier({}, subscriptions, EventPolicy(sample_types()), safety_net, observer);
  LinkWatch link_watch({.interval = std::chrono::hours(1'000'000)}, observer);
  BytesSource source(kFrom, static_cast<std::size_t>(state.range(1)));
  EncodingSink sink(kTo);
  ManualClock clock;
  NoKiller killer;
  CopyDriver driver(copier, link_watch, source, sink, clock, killer);
  driver.start(subscriptions);
  source.connect();

  std::size_t pushed = 0;
  const auto copy_turn = [&](std::size_t turn) {
    source.push(turn);
    pushed += turn;
    while (sink.answer()) {
    }
    while (source.acknowledged() < pushed && clock.ring()) {
    }
    if (source.acknowledged() != pushed) state.SkipWithError("not everything was acknowledged");
  };
  while (pushed < CopierSettings().remembered_events) copy_turn(kTurn);
  source.set_size(size);
  copy_turn(turn);
  PerEvent per_event(state);
  for (auto _ : state) {
    copy_turn(turn);
    per_event.add(static_cast<std::int64_t>(turn));
  }
}

void arguments(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"B", "streams"})->ArgsProduct({{200, 1 << 10, 64 << 10}, {1, 100}});
  fix_workload(benchmark, 20);
}

void legacy_to_legacy(benchmark::State& state) { path<Generation::kLegacy, Generation::kLegacy>(state); }
void legacy_to_next(benchmark::State& state) { path<Generation::kLegacy, Generation::kNext>(state); }
void next_to_legacy(benchmark::State& state) { path<Generation::kNext, Generation::kLegacy>(state); }
void next_to_next(benchmark::State& state) { path<Generation::kNext, Generation::kNext>(state); }

BENCHMARK(legacy_to_legacy)->Apply(arguments);
BENCHMARK(legacy_to_next)->Apply(arguments);
BENCHMARK(next_to_legacy)->Apply(arguments);
BENCHMARK(next_to_next)->Apply(arguments);

}  // namespace
}  // namespace interconnect
