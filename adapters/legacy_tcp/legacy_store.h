#pragma once

#include <memory>
#include <vector>

#include "domain/subscription.h"
#include "ports/event_sink.h"
#include "ports/event_source.h"
#include "ports/store_inspector.h"
#include "ports/store_settings.h"

namespace boost::asio {
class io_context;
}

namespace interconnect {

// Stores of the old generation (EventStore 5.0.1), over their TCP protocol, with HTTP for consumer groups and for a
// look at the server's version at the start. Both work on the thread that runs `io`, and neither blocks nor throws.
// They connect with start(), anonymously if there are no credentials, and keep the connection up by the settings'
// reconnection and heartbeats. A login that is refused is tried again on the same connection.
//
// A probe waits for a connection that is being made; where making one has failed, it is answered with why.
// To be destroyed after stop() has called back, or without stop(), which loses acknowledgements that are not sent yet.

// Copies from the given subscriptions, which are known by their place in the list.
std::unique_ptr<EventSource> make_legacy_source(boost::asio::io_context& io, LegacyStoreSettings settings,
                                                std::vector<Subscription> subscriptions);

std::unique_ptr<EventSink> make_legacy_sink(boost::asio::io_context& io, LegacyStoreSettings settings);

// Asks over HTTP, a connection for each question. Of a cluster, a node that does not answer, or is not ready, is left
// for the next host.
std::unique_ptr<StoreInspector> make_legacy_inspector(boost::asio::io_context& io, const LegacyStoreSettings& settings);

}  // namespace interconnect
