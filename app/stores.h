#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "domain/subscription.h"
#include "ports/event_sink.h"
#include "ports/event_source.h"
#include "ports/store_inspector.h"
#include "ports/store_settings.h"

namespace interconnect {

// The adapter for the store's generation. All throw std::runtime_error if a file of the TLS settings cannot be used.
std::unique_ptr<EventSource> make_source(boost::asio::io_context& io, const StoreSettings& settings,
                                         std::vector<Subscription> subscriptions);
std::unique_ptr<EventSink> make_sink(boost::asio::io_context& io, const StoreSettings& settings);
std::unique_ptr<StoreInspector> make_inspector(boost::asio::io_context& io, const StoreSettings& settings);

// "old.example:1113 (legacy, TCP)"
std::string describe(const StoreSettings& store);

}  // namespace interconnect
