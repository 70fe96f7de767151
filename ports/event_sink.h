#pragma once

#include <cstddef>
#include <functional>

#include "domain/append.h"
#include "ports/link_probe.h"
#include "ports/stream_reader.h"

namespace interconnect {

// What a sink tells. None of these is called from within a call to the sink.
class EventSinkListener : public StreamReadListener {
 public:
  // Exactly once for each append. Outcomes may come in any order.
  virtual void on_append_completed(std::uint64_t append_id, const AppendOutcome& outcome) = 0;

  // All outcomes that had arrived by now have been handed over: a good moment to act on them.
  virtual void on_outcomes_end() = 0;

  // The sink stopped trying to connect: its reconnection settings allow no more attempts.
  virtual void on_sink_lost(std::string_view message) = 0;
};

// A store that is written to. One thread; no call blocks or throws.
class EventSink : public StreamReader, public LinkProbe {
 public:
  // Connects. The listener outlives the sink or its stop().
  virtual void start(EventSinkListener& listener) = 0;

  // Sends the append, or answers it with kUnavailable if there is no connection; it is not kept for later. The events
  // are read during the call only. Two appends to one stream are never under way at once. Within the operation's time
  // limit there is an outcome; after kTimeout or kUnavailable the write may still have happened, or happen later. A
  // server that names another as the leader is followed; the append itself is then answered with kNotReady.
  virtual void append(const Append& append) = 0;

  // Appends of up to so many bytes of data and metadata that are sent from now on take effect in the order of their
  // sending, whatever their streams, and behind all that are under way; 0: of no size. May change with every call.
  virtual std::size_t ordered_append_bytes() const = 0;

  // How the server that is connected counts the size of appends; where that is not known, so that none counts more. May
  // change with every call.
  virtual AppendSizeRule append_size_rule() const = 0;

  // Disconnects and calls nobody any more except `stopped`, once.
  virtual void stop(std::function<void()> stopped) = 0;
};

}  // namespace interconnect
