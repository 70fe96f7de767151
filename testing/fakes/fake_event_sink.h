#pragma once

#include <cstdint>
#include <functional>
#include <set>

#include "ports/event_sink.h"
#include "testing/fakes/fake_event_store.h"
#include "testing/fakes/lifeline.h"

namespace interconnect::testing {

// The port over a FakeEventStore. All it tells it leaves to the store's loop. It never stops trying to connect.
class FakeEventSink final : public EventSink, private FakeEventStore::Client {
 public:
  explicit FakeEventSink(FakeEventStore& store) : store_(store), lifeline_(store.loop()) {}
  ~FakeEventSink() override { store_.disconnect(*this); }

  void start(EventSinkListener& listener) override;
  void append(const Append& append) override;
  void read(const StreamRead& read) override;
  void probe(Answer answer) override;
  std::size_t ordered_append_bytes() const override { return 0; }
  void stop(std::function<void()> stopped) override;

 private:
  void on_cut() override;
  void connect();
  void answer(std::uint64_t append_id, AppendOutcome outcome, Duration delay);

  FakeEventStore& store_;
  EventSinkListener* listener_ = nullptr;
  bool is_connected_ = false;
  std::set<std::uint64_t> unanswered_;  // the appends under way
  Lifeline lifeline_;
};

}  // namespace interconnect::testing
