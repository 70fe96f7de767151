#include "benchmarks/copy/cell.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <random>

#include "benchmarks/copy/arrival.h"
#include "benchmarks/copy/consumer.h"
#include "benchmarks/copy/copier_process.h"
#include "benchmarks/copy/latency.h"
#include "benchmarks/copy/process_usage.h"

namespace interconnect::copy_benchmark {
namespace {

// Of the streams whose last events are copied last, so many are looked at to see that all has been copied.
constexpr std::size_t kLookedAt = 200;

std::string fresh_name(const char* kind) {
  static const unsigned run = std::random_device{}();
  static int count = 0;
  std::array<char, 64> name{};
  std::snprintf(name.data(), name.size(), "%s%08x%d", kind, run, ++count);
  return name.data();
}

// In the order in which they are copied.
std::vector<StreamEnd> last_ends(const Workload& workload) {
  std::vector<StreamEnd> ends;
  const Shape& shape = workload.shape();
  const std::uint64_t looked_at = std::min<std::uint64_t>(kLookedAt, shape.streams);
  for (std::uint64_t n = shape.events - looked_at; n < shape.events; ++n) {
    const auto stream = static_cast<std::size_t>(n % shape.streams);
    ends.push_back({workload.stream(stream), static_cast<Revision>(workload.events_of(stream)) - 1});
  }
  return ends;
}

class Cell final {
 public:
  Cell(BenchmarkStore& source, BenchmarkStore& destination, const Shape& shape, const Plan& plan)
      : source_(source), destination_(destination), shape_(shape), plan_(plan) {}

  std::vector<Measures> run() {
    std::vector<Measures> all;
    source_.renew();
    for (int i = 0; i < plan_.runs; ++i) {
      destination_.renew();
      // The destination must not hold what is copied: a new one can take what the last one had.
      if (workload_ == nullptr || !destination_.is_own()) write_workload();
      all.push_back(run_once());
    }
    source_.stop();
    destination_.stop();
    return all;
  }

 private:
  void write_workload() {
    workload_ = std::make_unique<Workload>(fresh_name("copied"), shape_);
    if (!plan_.copies && !plan_.consumes) return;
    const CopierSetup setup(source_, destination_, {workload_->link_stream()}, "write");
    write(setup.settings().source, workload_->events(), plan_.write);
    write(setup.settings().source, workload_->links(), {});
  }

  Measures run_once() {
    Measures measures;
    const std::string live_stream = fresh_name("live");
    std::vector<std::string> streams{workload_->link_stream()};
    if (plan_.live_events > 0) streams.push_back(live_stream);
    const CopierSetup setup(source_, destination_, streams, fresh_name("copy"), plan_.buffer_size,
                            plan_.copier_settings);
    const StoreSettings& to = setup.settings().destination;
    if (plan_.consumes) {
      Subscription subscription = setup.settings().subscriptions.front();
      subscription.group = fresh_name("consume");
      measures.consumed = consume(setup.settings().source, subscription, workload_->shape().events).per_second();
    }
    if (plan_.floods) {
      const Workload flood(fresh_name("flooded"), shape_);
      measures.flooded = write(to, flood.events(), plan_.write).per_second();
    }
    if (plan_.throttle > 0) destination_.throttle(plan_.throttle);
    if (plan_.copies) copy(setup, live_stream, measures);
    return measures;
  }

  void copy(const CopierSetup& setup, const std::string& live_stream, Measures& measures) {
    Loop loop;
    Arrival arrival(loop, setup.settings().destination);
    CopierProcess copier(setup);
    try {
      Seconds copier_cpu;
      Seconds source_cpu;
      Seconds destination_cpu;
      const auto look_at_usage = [&] {
        copier_cpu = cpu_time(copier.id());
        if (source_.is_own()) source_cpu = cpu_time(source_.process());
        if (destination_.is_own()) destination_cpu = cpu_time(destination_.process());
      };
      // What was used until the last look that found nothing does not count.
      std::array<Seconds, 3> before{};
      arrival.await({{workload_->stream(0), 0}}, [&] {
        before = {copier_cpu, source_cpu, destination_cpu};
        look_at_usage();
      });
      const auto start = arrival.missing_at();
      const std::vector<StreamEnd> ends = last_ends(*workload_);
      arrival.await({ends.back()});
      arrival.await(ends);
      const Seconds time = Clock::now() - start;
      look_at_usage();
      const auto events = static_cast<double>(workload_->shape().events);
      measures.copied = events / time.count();
      measures.copier_cpu = (copier_cpu - before[0]).count() * 1e6 / events;
      measures.source_cpu = (source_cpu - before[1]).count() * 1e6 / events;
      measures.destination_cpu = (destination_cpu - before[2]).count() * 1e6 / events;
      if (plan_.live_events > 0) {
        measures.latencies = live_latencies(setup.settings().source, setup.settings().destination, live_stream,
                                            shape_.bytes, plan_.live_events);
      }
      measures.copier_memory = static_cast<double>(peak_resident_bytes(copier.id()));
      arrival.disconnect();
      copier.stop();
    } catch (const Failure& failure) {
      throw Failure(failure.what() + std::string("; the copier wrote:\n") + copier.last_lines());
    }
  }

  BenchmarkStore& source_;
  BenchmarkStore& destination_;
  const Shape shape_;
  const Plan& plan_;
  std::unique_ptr<Workload> workload_;
};

}  // namespace

std::vector<Measures> measure(BenchmarkStore& source, BenchmarkStore& destination, const Shape& shape,
                              const Plan& plan) {
  return Cell(source, destination, shape, plan).run();
}

}  // namespace interconnect::copy_benchmark
