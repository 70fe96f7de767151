#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <vector>

#include "domain/subscription.h"
#include "ports/event_sink.h"
#include "ports/event_source.h"
#include "ports/store_inspector.h"
#include "ports/store_settings.h"

// EventStoreDB from 21.2.0 on, over gRPC. All listeners are called from the io_context that is handed in, which one
// thread runs and which outlives what is made here. Source and sink hold the io_context at work from being made until
// stopped. All throw std::runtime_error if a file of the TLS settings cannot be read; nothing else throws.
namespace interconnect {

std::unique_ptr<EventSource> make_grpc_source(boost::asio::io_context& io, GrpcStoreSettings settings,
                                              std::vector<Subscription> subscriptions);

std::unique_ptr<EventSink> make_grpc_sink(boost::asio::io_context& io, GrpcStoreSettings settings);

// Asks over HTTP/1.1, on the port of gRPC. Holds the io_context at work as long as it is there.
std::unique_ptr<StoreInspector> make_grpc_inspector(boost::asio::io_context& io, GrpcStoreSettings settings);

}  // namespace interconnect
