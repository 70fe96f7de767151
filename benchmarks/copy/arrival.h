#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/copy/clients.h"
#include "ports/store_settings.h"

namespace interconnect::copy_benchmark {

// A stream and the revision of its last event.
struct StreamEnd {
  std::string stream;
  Revision revision = 0;
};

// Looks again and again whether streams have arrived at a store, which costs the store a read each time.
class Arrival final : public SinkListener {
 public:
  Arrival(Loop& loop, const StoreSettings& store);

  // Returns once all of them are there; `before_look` is called before each look, of which the last one finds it so.
  // Throws Failure if none of them comes for the loop's limit.
  void await(
      std::vector<StreamEnd> ends, const std::function<void()>& before_look = [] {});

  // When the look before the last one began: not all were there.
  Clock::time_point missing_at() const { return missing_at_; }

  void disconnect() { copy_benchmark::disconnect(loop_, *sink_); }

 private:
  void look();
  void on_read_completed(std::uint64_t id, const ReadOutcome& outcome) override;

  const std::unique_ptr<EventSink> sink_;
  std::vector<StreamEnd> missing_;
  std::vector<StreamEnd> still_missing_;
  std::size_t unanswered_ = 0;
  std::function<void()> before_look_;
  Clock::time_point look_at_;
  Clock::time_point began_;
  Clock::time_point missing_at_;
};

}  // namespace interconnect::copy_benchmark
