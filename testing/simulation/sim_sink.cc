#include "testing/simulation/sim_sink.h"

#include <algorithm>
#include <utility>

namespace interconnect::simulation {

void DestinationServer::stop(bool hangs) {
  context_.note("destination-down", hangs ? "hangs" : "");
  is_up_ = false;
  hangs_ = hangs;
  ++life_;
}

void DestinationServer::start() {
  context_.note("destination-up", "");
  is_up_ = true;
}

void DestinationServer::deny_for(Duration duration) {
  context_.note("destination-denies", "", {duration.count()});
  denies_until_ = context_.now() + duration;
}

struct SimSink::Request {
  std::uint64_t id = 0;
  std::string stream;
  Revision expected = kNoStream;
  std::vector<StoredEvent> events;
  std::uint64_t server_life = 0;
  AppendOutcome outcome = StoreError{ErrorKind::kUnavailable, "the connection broke"};

  // At the server, which does it even if the asker is gone by then.
  void execute(Context& context, const DestinationServer& server) {
    if (!server.is_up() || server.life() != server_life) return;
    outcome = judge(context, server);
    context.note("executed", stream, {static_cast<std::int64_t>(outcome.index()), context.destination.tail(stream)});
  }

 private:
  AppendOutcome judge(Context& context, const DestinationServer& server) {
    if (server.denies(stream)) return StoreError{ErrorKind::kAccessDenied, "no right to write"};
    std::size_t size = 0;
    for (const StoredEvent& event : events) {
      EventView counted;
      counted.type = event.type;
      counted.data = event.data;
      counted.metadata = event.metadata;
      size += append_size(counted, context.plan.append_size_rule);
    }
    if (size > context.plan.append_limit) {
      return StoreError{ErrorKind::kTooLarge, "too large", SizeLimit{context.plan.append_limit}};
    }
    for (const StoredEvent& event : events) {
      if (event.data.starts_with("poison")) return StoreError{ErrorKind::kInvalid, "malformed"};
    }
    const Duration lag =
        context.strikes(&Faults::read_lag, 50)
            ? context.random.between(0, context.plan.settings.writer_timeout / kMillisecond / 4) * kMillisecond
            : Duration{0};
    return context.destination.append(stream, expected, events, context.now(), lag);
  }
};

SimSink::SimSink(Context& context, DestinationServer& server) : context_(context), server_(server) {}

void SimSink::append(const Append& append) {
  const Time now = context_.now();
  const Time limit = now + context_.plan.settings.writer_timeout;
  auto request = std::make_shared<Request>();
  request->id = append.id;
  request->stream = append.stream;
  request->expected = append.expected_revision;
  request->server_life = server_.life();
  for (const Event& event : append.events) {
    request->events.push_back(to_stored(event.view()));
    if (event.stream() != append.stream) context_.violate("an append to another stream than its events'");
    if (!context_.destination.written_at(request->stream, event.id())) {
      first_sent_.try_emplace({request->stream, event.id()}, now);
    }
  }
  context_.note("append", request->stream,
                {request->expected, static_cast<std::int64_t>(append.events.size()),
                 append.events.empty() ? -1 : append.events.front().revision(),
                 append.events.empty() ? -1 : append.events.back().revision()});
  if (append.events.empty()) context_.violate("an append without events");
  if (!streams_under_way_.insert(request->stream).second) {
    context_.violate("two appends to stream " + request->stream + " under way at once");
  }

  if (server_.hangs()) return answer(request, StoreError{ErrorKind::kTimeout, "no answer in time"}, limit);
  if (!server_.is_up()) {
    return answer(request, StoreError{ErrorKind::kUnavailable, "no connection"}, now + context_.latency());
  }
  Time arrives = now + context_.latency();
  if (context_.strikes(&Faults::sink_slow, 30)) arrives += context_.random.between(0, 800) * kMillisecond;
  if (context_.plan.keeps_append_order) arrives = last_arrival_ = std::max(arrives, last_arrival_);
  const auto execute = [&context = context_, &server = server_, request] { request->execute(context, server); };

  if (context_.strikes(&Faults::sink_not_ready, 25)) {
    return answer(request, StoreError{ErrorKind::kNotReady, "not ready"}, arrives);
  }
  if (context_.strikes(&Faults::sink_late_answer, 15)) {
    context_.scheduler.at(arrives, execute);
    return answer(request, StoreError{ErrorKind::kTimeout, "no answer in time"}, limit);
  }
  if (context_.strikes(&Faults::sink_late_write, 15)) {
    const Time late = now + context_.random.between(0, 2 * (limit - now) / kMillisecond) * kMillisecond;
    if (!context_.random.one_in(3)) context_.scheduler.at(late, execute);
    return answer(request, StoreError{ErrorKind::kTimeout, "no answer in time"}, limit);
  }
  if (context_.strikes(&Faults::sink_breaks, 15)) {
    if (context_.random.one_in(2)) context_.scheduler.at(arrives, execute);
    const Duration after = context_.random.between(0, 300) * kMillisecond;
    return answer(request, StoreError{ErrorKind::kUnavailable, "the connection broke"}, arrives + after);
  }
  Time answered = arrives + context_.latency();
  if (context_.strikes(&Faults::sink_slow, 30)) answered += context_.random.between(0, 800) * kMillisecond;
  context_.scheduler.at(arrives, execute);
  if (answered > limit) return answer(request, StoreError{ErrorKind::kTimeout, "no answer in time"}, limit);
  context_.scheduler.at(answered, lifeline_.guard([this, request] {
    const bool broke = !server_.is_up() || server_.life() != request->server_life;
    answer(request,
           broke ? AppendOutcome(StoreError{ErrorKind::kUnavailable, "the server went away"}) : request->outcome,
           context_.now());
  }));
}

void SimSink::answer(const std::shared_ptr<Request>& request, AppendOutcome outcome, Time when) {
  context_.scheduler.at(when, lifeline_.guard([this, request, outcome = std::move(outcome)] {
    if (is_stopped_) return;
    streams_under_way_.erase(request->stream);
    context_.note("outcome", request->stream, {static_cast<std::int64_t>(outcome.index())});
    listener_->on_append_completed(request->id, outcome);
    listener_->on_outcomes_end();
  }));
}

void SimSink::read(const StreamRead& read) {
  context_.note("read", read.stream, {read.from, read.count, read.direction == ReadDirection::kBackward});
  const Time now = context_.now();
  Time arrives = now + context_.latency();
  if (context_.strikes(&Faults::sink_slow, 20)) arrives += context_.random.between(0, 800) * kMillisecond;
  std::optional<StoreError> error;
  if (server_.hangs()) {
    return answer_read(read, now, now + context_.plan.settings.writer_timeout,
                       StoreError{ErrorKind::kTimeout, "no answer in time"});
  }
  if (!server_.is_up()) error = StoreError{ErrorKind::kUnavailable, "no connection"};
  if (server_.denies(read.stream)) error = StoreError{ErrorKind::kAccessDenied, "no right to read"};
  if (context_.strikes(&Faults::sink_not_ready, 10)) error = StoreError{ErrorKind::kNotReady, "not ready"};
  if (context_.strikes(&Faults::read_errors, 15)) {
    error = context_.random.one_in(3) ? StoreError{ErrorKind::kTooLarge, "the page is too large"}
                                      : StoreError{ErrorKind::kTimeout, "no answer in time"};
  }
  answer_read(read, arrives, arrives + context_.latency(), std::move(error));
}

void SimSink::answer_read(const StreamRead& read, Time asked, Time when, std::optional<StoreError> error) {
  const std::uint64_t life = server_.life();
  context_.scheduler.at(when, lifeline_.guard([this, read, asked, life, error = std::move(error)] {
    if (is_stopped_) return;
    context_.note("read-answered", read.stream, {error ? static_cast<std::int64_t>(error->kind) : -1});
    if (error) return listener_->on_read_completed(read.id, *error);
    if (server_.life() != life) {
      return listener_->on_read_completed(read.id, StoreError{ErrorKind::kUnavailable, "the server went away"});
    }
    const Store::Page page = context_.destination.read(read, asked);
    listener_->on_read_completed(read.id, page.page);
  }));
}

void SimSink::probe(Answer answer) {
  context_.scheduler.after(context_.latency(), lifeline_.guard([answer = std::move(answer)] { answer(std::nullopt); }));
}

void SimSink::stop(std::function<void()> stopped) {
  is_stopped_ = true;
  context_.scheduler.after(context_.latency(), lifeline_.guard(std::move(stopped)));
}

}  // namespace interconnect::simulation
