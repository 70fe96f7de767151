#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <vector>

#include "domain/subscription.h"
#include "ports/event_sink.h"
#include "ports/event_source.h"
#include "ports/store_settings.h"

// EventStoreDB from 21.2.0 on, over gRPC. All listeners are called from the io_context that is handed in, which one
// thread runs and which outlives what is made here. Both hold the io_context at work from being made until stopped.
// Both throw std::runtime_error if a file of the TLS settings cannot be read; nothing else throws.
namespace interconnect {

std::unique_ptr<EventSource> make_grpc_source(boost::asio::io_context& io, GrpcStoreSettings settings,
                                              std::vector<Subscription> subscriptions);

std::unique_ptr<EventSink> make_grpc_sink(boost::asio::io_context& io, GrpcStoreSettings settings);

}  // namespace interconnect
