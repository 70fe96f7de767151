// Policy, format and lane: the copier fed with deliveries, its appends confirmed at once.
//
// `lane` is the same with next to nothing to decide and to format: one type, and metadata that is no JSON object.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "benchmark/benchmark.h"
#include "benchmarks/allocations.h"
#include "benchmarks/fixed_workload.h"
#include "benchmarks/samples.h"
#include "domain/copier/copier.h"

namespace interconnect {
namespace {

// The source's deliveries come in turns of so many at most: a full buffer, half of it on its way to be acknowledged.
constexpr std::size_t kTurn = 500;
constexpr std::size_t kTurnBytes = 4 << 20;

class Rig {
 public:
  Rig(std::size_t streams, std::size_t size, std::vector<AllowedType> types)
      : turn_(std::clamp<std::size_t>(kTurnBytes / size, 1, kTurn)),
        copier_(settings(), {{"$ce-hero", "copy", 2'000, {}}}, EventPolicy(std::move(types)), safety_net_, observer_),
        revisions_(streams) {
    for (std::size_t i = 0; i < streams; ++i) streams_.push_back("hero-" + std::to_string(i));
    copier_.on_subscription_started({0, GroupState::kCreated, {}}, now_);
  }

  std::int64_t turn() const { return static_cast<std::int64_t>(turn_); }

  void copy_turn(const SampleEvent& sample) {
    for (std::size_t i = 0; i < turn_; ++i) {
      const std::size_t stream = count_ % streams_.size();
      EventView event = sample.view(count_, revisions_[stream]++);
      event.stream = streams_[stream];
      const Delivery delivery{.ack_id = event.id, .position = static_cast<Revision>(count_), .event = &event};
      copier_.on_delivery(delivery, now_);
      ++count_;
    }
    do {
      copier_.advance(++now_, actions_);
      confirm();
    } while (!actions_.empty());
  }

  // Until everything that is remembered of what was copied is remembered of as much as is allowed.
  void fill_memory() {
    const SampleEvent small("", 0);
    const std::size_t wanted = settings().remembered_events + streams_.size();
    while (count_ < wanted) copy_turn(small);
  }

 private:
  static CopierSettings settings() { return {}; }

  void confirm() {
    for (const Action& action : actions_) {
      const auto* send = std::get_if<SendAppend>(&action);
      if (send == nullptr) continue;
      const Append& append = send->append;
      const Appended appended{append.expected_revision + static_cast<Revision>(append.events.size())};
      copier_.on_append_completed(append.id, appended, now_);
    }
  }

  std::size_t turn_;
  StockSafetyNet safety_net_;
  CopyObserver observer_;
  Copier copier_;
  std::vector<std::string> streams_;
  std::vector<Revision> revisions_;
  std::vector<Action> actions_;
  std::uint64_t count_ = 0;
  Time now_{0};
};

void copy(benchmark::State& state, const SampleEvent& sample, std::vector<AllowedType> types) {
  Rig rig(static_cast<std::size_t>(state.range(1)), static_cast<std::size_t>(state.range(0)), std::move(types));
  rig.fill_memory();
  PerEvent per_event(state);
  for (auto _ : state) {
    rig.copy_turn(sample);
    per_event.add(rig.turn());
  }
}

void lane(benchmark::State& state) {
  copy(state, SampleEvent("", static_cast<std::size_t>(state.range(0)), SampleEvent::kBinaryMetadata),
       {{"*", nullptr}});
}

void policy_format_lane(benchmark::State& state) {
  copy(state, SampleEvent("", static_cast<std::size_t>(state.range(0))), sample_types());
}

void arguments(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"B", "streams"})->ArgsProduct({{200, 1 << 10, 64 << 10}, {1, 100, 100'000}});
  fix_workload(benchmark, 20);
}

BENCHMARK(lane)->Apply(arguments);
BENCHMARK(policy_format_lane)->Apply(arguments);

}  // namespace
}  // namespace interconnect
