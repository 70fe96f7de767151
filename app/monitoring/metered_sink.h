#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "ports/clock.h"
#include "ports/copy_meter.h"
#include "ports/event_sink.h"

namespace interconnect {

// A sink that measures the appends that go through it.
class MeteredSink final : public EventSink, private EventSinkListener {
 public:
  using LinkAnswered = std::function<void(const std::optional<StoreError>&)>;

  // All outlive it. Without a meter nothing is measured. `link_answered` is told each answer to a probe.
  MeteredSink(EventSink& sink, const Clock& clock, CopyMeter* meter, LinkAnswered link_answered);

  void start(EventSinkListener& listener) override;
  void append(const Append& append) override;
  void read(const StreamRead& read) override;
  void probe(Answer answer) override;
  std::size_t ordered_append_bytes() const override { return sink_.ordered_append_bytes(); }
  AppendSizeRule append_size_rule() const override { return sink_.append_size_rule(); }
  void stop(std::function<void()> stopped) override;

 private:
  struct Sent {
    Time at{0};
    std::size_t events = 0;
    std::size_t payload_bytes = 0;
  };

  void on_read_completed(std::uint64_t read_id, const ReadOutcome& outcome) override;
  void on_append_completed(std::uint64_t append_id, const AppendOutcome& outcome) override;
  void on_outcomes_end() override;
  void on_sink_lost(std::string_view message) override;

  EventSink& sink_;
  const Clock& clock_;
  CopyMeter* meter_;
  LinkAnswered link_answered_;
  EventSinkListener* listener_ = nullptr;
  absl::flat_hash_map<std::uint64_t, Sent> in_flight_;
};

}  // namespace interconnect
