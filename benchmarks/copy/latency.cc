#include "benchmarks/copy/latency.h"

#include <span>

#include "app/stores.h"
#include "benchmarks/copy/clients.h"
#include "benchmarks/samples.h"

namespace interconnect::copy_benchmark {
namespace {

constexpr std::chrono::milliseconds kBetweenEvents{5};
// Before the copier has looked the stream up, and everything is warm.
constexpr std::size_t kUncounted = 10;

class Live final {
 public:
  Live(Loop& loop, const StoreSettings& source, const StoreSettings& destination, const std::string& stream,
       std::size_t bytes, std::size_t count)
      : loop_(loop),
        stream_(stream),
        sample_("", bytes),
        count_(count + kUncounted),
        sink_(make_sink(loop.io(), source)),
        subscription_{.stream = stream, .group = "live", .settings = {}},
        source_(make_source(loop.io(), destination, {subscription_})) {}

  std::vector<Seconds> run() {
    connect(loop_, *sink_, written_);
    source_->start(copied_);
    source_->subscribe(0, subscription_.buffer_size);
    loop_.run("live events");
    disconnect(loop_, *sink_);
    disconnect(loop_, *source_);
    latencies_.erase(latencies_.begin(), latencies_.begin() + kUncounted);
    return latencies_;
  }

 private:
  class Written final : public SinkListener {
   public:
    explicit Written(Live& live) : SinkListener(live.loop_), live_(live) {}
    void on_appended(std::uint64_t, Revision) override { live_.write_next(); }

   private:
    Live& live_;
  };

  class Copied final : public SourceListener {
   public:
    explicit Copied(Live& live) : SourceListener(live.loop_), live_(live) {}
    void on_subscription_started(const SubscriptionStarted&) override { live_.write(); }
    void on_delivery(const Delivery& delivery) override { live_.arrived(delivery); }

   private:
    Live& live_;
  };

  void write() {
    const auto revision = static_cast<Revision>(sent_at_.size());
    const Event event(sample_.view(static_cast<std::uint64_t>(revision), revision));
    sent_at_.push_back(Clock::now());
    sink_->append({.id = static_cast<std::uint64_t>(revision),
                   .stream = stream_,
                   .expected_revision = revision - 1,
                   .events = std::span(&event, 1)});
  }

  void write_next() {
    if (sent_at_.size() < count_) loop_.after(kBetweenEvents, [this] { write(); });
  }

  void arrived(const Delivery& delivery) {
    loop_.alive();
    source_->acknowledge(0, std::span(&delivery.ack_id, 1));
    latencies_.push_back(Clock::now() - sent_at_.at(static_cast<std::size_t>(delivery.position)));
    if (latencies_.size() == count_) loop_.finish();
  }

  Loop& loop_;
  const std::string stream_;
  const SampleEvent sample_;
  const std::size_t count_;
  const std::unique_ptr<EventSink> sink_;
  const Subscription subscription_;
  const std::unique_ptr<EventSource> source_;
  Written written_{*this};
  Copied copied_{*this};
  std::vector<Clock::time_point> sent_at_;
  std::vector<Seconds> latencies_;
};

}  // namespace

std::vector<Seconds> live_latencies(const StoreSettings& source, const StoreSettings& destination,
                                    const std::string& stream, std::size_t bytes, std::size_t count) {
  Loop loop;
  return Live(loop, source, destination, stream, bytes, count).run();
}

}  // namespace interconnect::copy_benchmark
