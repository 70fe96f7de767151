#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <utility>

#include "ports/event_sink.h"
#include "ports/event_source.h"
#include "testing/simulation/context.h"

namespace interconnect::simulation {

// Passes everything on, in both directions.
class SourceDecorator : public EventSource, public EventSourceListener {
 public:
  SourceDecorator(EventSource& source, Context& context) : source_(source), context_(context) {}

  void start(EventSourceListener& listener) override {
    listener_ = &listener;
    source_.start(*this);
  }
  void subscribe(SubscriptionIndex i, std::int32_t buffer_size) override { source_.subscribe(i, buffer_size); }
  void renew_group(SubscriptionIndex i) override { source_.renew_group(i); }
  void acknowledge(SubscriptionIndex i, std::span<const EventId> ids) override { source_.acknowledge(i, ids); }
  void park(SubscriptionIndex i, std::span<const EventId> ids, std::string_view reason) override {
    source_.park(i, ids, reason);
  }
  void stop(std::function<void()> stopped) override { source_.stop(std::move(stopped)); }
  void read(const StreamRead& read) override { source_.read(read); }
  void probe(Answer answer) override { source_.probe(std::move(answer)); }

  void on_read_completed(std::uint64_t id, const ReadOutcome& outcome) override {
    listener_->on_read_completed(id, outcome);
  }
  void on_subscription_started(const SubscriptionStarted& started) override {
    listener_->on_subscription_started(started);
  }
  void on_delivery(const Delivery& delivery) override { listener_->on_delivery(delivery); }
  void on_deliveries_end() override { listener_->on_deliveries_end(); }
  void on_subscription_dropped(SubscriptionIndex i, DropReason reason, std::string_view message) override {
    listener_->on_subscription_dropped(i, reason, message);
  }
  void on_older_consumers_suspected(SubscriptionIndex i) override { listener_->on_older_consumers_suspected(i); }
  void on_source_lost(std::string_view message) override { listener_->on_source_lost(message); }

 protected:
  EventSource& source_;
  Context& context_;
  EventSourceListener* listener_ = nullptr;
};

class SinkDecorator : public EventSink, public EventSinkListener {
 public:
  SinkDecorator(EventSink& sink, Context& context) : sink_(sink), context_(context) {}

  void start(EventSinkListener& listener) override {
    listener_ = &listener;
    sink_.start(*this);
  }
  void append(const Append& append) override { sink_.append(append); }
  void stop(std::function<void()> stopped) override { sink_.stop(std::move(stopped)); }
  void read(const StreamRead& read) override { sink_.read(read); }
  void probe(Answer answer) override { sink_.probe(std::move(answer)); }
  std::size_t ordered_append_bytes() const override { return sink_.ordered_append_bytes(); }
  AppendSizeRule append_size_rule() const override { return sink_.append_size_rule(); }

  void on_read_completed(std::uint64_t id, const ReadOutcome& outcome) override {
    listener_->on_read_completed(id, outcome);
  }
  void on_append_completed(std::uint64_t id, const AppendOutcome& outcome) override {
    listener_->on_append_completed(id, outcome);
  }
  void on_outcomes_end() override { listener_->on_outcomes_end(); }
  void on_sink_lost(std::string_view message) override { listener_->on_sink_lost(message); }

 protected:
  EventSink& sink_;
  Context& context_;
  EventSinkListener* listener_ = nullptr;
};

}  // namespace interconnect::simulation
