#include "app/monitoring/metered_sink.h"

#include <utility>

namespace interconnect {

MeteredSink::MeteredSink(EventSink& sink, const Clock& clock, CopyMeter* meter, LinkAnswered link_answered)
    : sink_(sink), clock_(clock), meter_(meter), link_answered_(std::move(link_answered)) {}

void MeteredSink::start(EventSinkListener& listener) {
  listener_ = &listener;
  sink_.start(*this);
}

void MeteredSink::append(const Append& append) {
  if (meter_ != nullptr) {
    Sent sent{clock_.now(), append.events.size(), 0};
    for (const Event& event : append.events) sent.payload_bytes += event.payload_bytes();
    in_flight_.insert_or_assign(append.id, sent);
  }
  sink_.append(append);
}

void MeteredSink::read(const StreamRead& read) { sink_.read(read); }

void MeteredSink::probe(Answer answer) {
  sink_.probe([this, answer = std::move(answer)](const std::optional<StoreError>& error) {
    link_answered_(error);
    answer(error);
  });
}

void MeteredSink::stop(std::function<void()> stopped) { sink_.stop(std::move(stopped)); }

void MeteredSink::on_read_completed(std::uint64_t read_id, const ReadOutcome& outcome) {
  listener_->on_read_completed(read_id, outcome);
}

void MeteredSink::on_append_completed(std::uint64_t append_id, const AppendOutcome& outcome) {
  if (const auto sent = in_flight_.find(append_id); sent != in_flight_.end()) {
    meter_->on_append_completed(outcome, sent->second.events, sent->second.payload_bytes,
                                clock_.now() - sent->second.at);
    in_flight_.erase(sent);
  }
  listener_->on_append_completed(append_id, outcome);
}

void MeteredSink::on_outcomes_end() { listener_->on_outcomes_end(); }

void MeteredSink::on_sink_lost(std::string_view message) { listener_->on_sink_lost(message); }

}  // namespace interconnect
