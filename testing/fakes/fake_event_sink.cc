#include "testing/fakes/fake_event_sink.h"

#include <utility>
#include <vector>

namespace interconnect::testing {
namespace {

StoreError unavailable() { return {ErrorKind::kUnavailable, "no connection to the fake store"}; }

}  // namespace

void FakeEventSink::start(EventSinkListener& listener) {
  listener_ = &listener;
  lifeline_.post([this] { connect(); });
}

void FakeEventSink::connect() {
  if (!store_.is_up()) {
    lifeline_.after(FakeEventStore::kReconnectionDelay, [this] { connect(); });
    return;
  }
  is_connected_ = true;
  store_.connect(*this);
}

void FakeEventSink::on_cut() {
  store_.disconnect(*this);
  is_connected_ = false;
  for (const std::uint64_t id : unanswered_) answer(id, unavailable(), Duration{0});
  lifeline_.after(FakeEventStore::kReconnectionDelay, [this] { connect(); });
}

void FakeEventSink::append(const Append& append) {
  unanswered_.insert(append.id);
  if (is_connected_) {
    answer(append.id, store_.append(append), store_.answer_delay());
  } else {
    answer(append.id, unavailable(), Duration{0});
  }
}

void FakeEventSink::answer(std::uint64_t append_id, AppendOutcome outcome, Duration delay) {
  lifeline_.after(delay, [this, append_id, outcome = std::move(outcome), life = lifeline_.life()] {
    // Else the connection broke before this answer came.
    if (unanswered_.erase(append_id) == 0) return;
    listener_->on_append_completed(append_id, outcome);
    if (!life.expired()) listener_->on_outcomes_end();
  });
}

void FakeEventSink::read(const StreamRead& read) {
  lifeline_.post([this, read] {
    std::vector<EventView> events;
    listener_->on_read_completed(read.id, is_connected_ ? store_.read(read, events) : unavailable());
  });
}

void FakeEventSink::probe(Answer answer) {
  lifeline_.post(
      [this, answer = std::move(answer)] { answer(is_connected_ ? std::nullopt : std::optional(unavailable())); });
}

void FakeEventSink::stop(std::function<void()> stopped) {
  store_.disconnect(*this);
  is_connected_ = false;
  lifeline_.cut();
  lifeline_.post(std::move(stopped));
}

}  // namespace interconnect::testing
