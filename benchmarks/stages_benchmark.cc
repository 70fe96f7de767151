// The stages of the hot path one by one, but for the lane.

#include <algorithm>
#include <cstdlib>
#include <variant>
#include <vector>

#include "adapters/grpc/wire/decode.h"
#include "adapters/grpc/wire/encode.h"
#include "adapters/legacy_tcp/wire/package.h"
#include "adapters/legacy_tcp/wire/replies.h"
#include "adapters/legacy_tcp/wire/requests.h"
#include "benchmark/benchmark.h"
#include "benchmarks/allocations.h"
#include "benchmarks/fixed_workload.h"
#include "benchmarks/samples.h"
#include "domain/event_metadata.h"
#include "domain/event_policy.h"

namespace interconnect {
namespace {

SampleEvent sample(const benchmark::State& state) {
  return SampleEvent("hero-27-0f5e8d2c", static_cast<std::size_t>(state.range(0)));
}

void decode_legacy(benchmark::State& state) {
  PushedSample pushed = PushedSample::legacy(sample(state));
  PerEvent per_event(state);
  for (auto _ : state) {
    const auto framed = legacy::decode_package(pushed.bytes());
    const auto reply = legacy::decode_reply(std::get<legacy::Framed>(framed).package);
    const auto& appeared = std::get<legacy::PersistentEventAppeared>(std::get<legacy::Reply>(reply));
    benchmark::DoNotOptimize(appeared.event.event->data.data());
    per_event.add(1);
  }
}

void decode_next(benchmark::State& state) {
  PushedSample pushed = PushedSample::next(sample(state));
  PerEvent per_event(state);
  for (auto _ : state) {
    const auto message = next::decode_subscription_message(pushed.bytes());
    benchmark::DoNotOptimize(std::get<next::PushedEvent>(message).event->data.data());
    per_event.add(1);
  }
}

void policy(benchmark::State& state) {
  const SampleEvent of = sample(state);
  const EventPolicy policy(sample_types());
  const EventView event = of.view(1, 1);
  PerEvent per_event(state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(policy.judge(event));
    per_event.add(1);
  }
}

void format(benchmark::State& state) {
  const SampleEvent of = sample(state);
  const EventView event = of.view(1, 1);
  PerEvent per_event(state);
  for (auto _ : state) {
    const Event formatted = with_copy_metadata(event);
    benchmark::DoNotOptimize(formatted.metadata().data());
    per_event.add(1);
  }
}

// As many events in an append as the copier puts there at most.
std::vector<Event> batch_of(const SampleEvent& sample, std::size_t size) {
  std::vector<Event> batch;
  const std::size_t count = std::clamp<std::size_t>((900 << 10) / size, 1, 500);
  for (std::size_t i = 0; i < count; ++i) {
    batch.push_back(with_copy_metadata(sample.view(i, static_cast<Revision>(i))));
  }
  return batch;
}

void encode_legacy(benchmark::State& state) {
  const std::vector<Event> batch = batch_of(sample(state), static_cast<std::size_t>(state.range(0)));
  std::string out;
  PerEvent per_event(state);
  for (auto _ : state) {
    out.clear();
    legacy::put_write_events(out, {}, batch.front().stream(), 41, batch);
    benchmark::DoNotOptimize(out.data());
    per_event.add(static_cast<std::int64_t>(batch.size()));
  }
}

void encode_next(benchmark::State& state) {
  const std::vector<Event> batch = batch_of(sample(state), static_cast<std::size_t>(state.range(0)));
  PerEvent per_event(state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(next::encode_append_options(batch.front().stream(), 41));
    for (const Event& event : batch) {
      // As gRPC's slices are made.
      void* message = std::malloc(next::proposed_message_size(event));
      next::write_proposed_message(event, static_cast<char*>(message));
      benchmark::DoNotOptimize(message);
      std::free(message);
    }
    per_event.add(static_cast<std::int64_t>(batch.size()));
  }
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("B")->Arg(200)->Arg(1 << 10)->Arg(64 << 10);
  fix_workload(benchmark, 500);
}

BENCHMARK(decode_legacy)->Apply(sizes);
BENCHMARK(decode_next)->Apply(sizes);
BENCHMARK(policy)->Apply(sizes);
BENCHMARK(format)->Apply(sizes);
BENCHMARK(encode_legacy)->Apply(sizes);
BENCHMARK(encode_next)->Apply(sizes);

}  // namespace
}  // namespace interconnect
