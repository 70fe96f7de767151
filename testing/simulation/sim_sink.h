#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ports/event_sink.h"
#include "testing/simulation/context.h"

namespace interconnect::simulation {

// The destination's server beyond what it stores.
class DestinationServer {
 public:
  explicit DestinationServer(Context& context) : context_(context) {}

  bool is_up() const { return is_up_; }
  bool denies(std::string_view stream) const {
    return context_.now() < denies_until_ || (denies_for_good(stream) && context_.is_faulty);
  }
  // One stream, while there are faults.
  bool denies_for_good(std::string_view stream) const {
    return context_.plan.faults.stream_denied && stream == kDeniedStream;
  }
  bool hangs() const { return !is_up_ && hangs_; }
  // Whoever waits for an answer is told that the connection broke; if it hangs, nobody is told anything.
  void stop(bool hangs);
  void start();
  void deny_for(Duration duration);
  std::uint64_t life() const { return life_; }

 private:
  static constexpr std::string_view kDeniedStream = "s-0";

  Context& context_;
  bool is_up_ = true;
  bool hangs_ = false;
  Time denies_until_{0};
  std::uint64_t life_ = 1;
};

// The port, for one process.
class SimSink final : public EventSink {
 public:
  SimSink(Context& context, DestinationServer& server);

  void start(EventSinkListener& listener) override { listener_ = &listener; }
  void append(const Append& append) override;
  void read(const StreamRead& read) override;
  void probe(Answer answer) override;
  std::size_t ordered_append_bytes() const override { return context_.plan.keeps_append_order ? 1 << 20 : 0; }
  AppendSizeRule append_size_rule() const override { return context_.plan.append_size_rule; }
  void stop(std::function<void()> stopped) override;

  // When each event was sent first by this process.
  const std::map<Context::Identity, Time>& first_sent() const { return first_sent_; }
  void forget(const Context::Identity& identity) { first_sent_.erase(identity); }

 private:
  struct Request;

  void answer(const std::shared_ptr<Request>& request, AppendOutcome outcome, Time when);
  void answer_read(const StreamRead& read, Time asked, Time when, std::optional<StoreError> error);

  Context& context_;
  DestinationServer& server_;
  EventSinkListener* listener_ = nullptr;
  std::set<std::string> streams_under_way_;
  std::map<Context::Identity, Time> first_sent_;
  Time last_arrival_{0};
  bool is_stopped_ = false;
  Lifeline lifeline_;
};

}  // namespace interconnect::simulation
