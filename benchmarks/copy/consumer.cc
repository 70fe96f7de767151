#include "benchmarks/copy/consumer.h"

#include <vector>

#include "app/stores.h"
#include "benchmarks/copy/clients.h"

namespace interconnect::copy_benchmark {
namespace {

class Consumer final : public SourceListener {
 public:
  Consumer(Loop& loop, const StoreSettings& store, const Subscription& subscription, std::uint64_t wanted)
      : SourceListener(loop),
        wanted_(wanted),
        buffer_size_(subscription.buffer_size),
        source_(make_source(loop.io(), store, {subscription})) {}

  Rate run() {
    source_->start(*this);
    source_->subscribe(0, buffer_size_);
    loop_.run("consuming events");
    return {.events = taken_, .time = last_ - first_};
  }

 private:
  void on_delivery(const Delivery& delivery) override {
    if (taken_++ == 0) first_ = Clock::now();
    ack_ids_.push_back(delivery.ack_id);
  }

  void on_deliveries_end() override {
    if (ack_ids_.empty()) return;
    loop_.alive();
    source_->acknowledge(0, ack_ids_);
    ack_ids_.clear();
    if (taken_ < wanted_) return;
    last_ = Clock::now();
    source_->stop([this] { loop_.finish(); });
  }

  const std::uint64_t wanted_;
  const std::int32_t buffer_size_;
  const std::unique_ptr<EventSource> source_;
  std::vector<EventId> ack_ids_;
  std::uint64_t taken_ = 0;
  Clock::time_point first_;
  Clock::time_point last_;
};

}  // namespace

Rate consume(const StoreSettings& store, const Subscription& subscription, std::uint64_t events) {
  Loop loop;
  return Consumer(loop, store, subscription, events).run();
}

}  // namespace interconnect::copy_benchmark
