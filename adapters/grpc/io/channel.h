#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/security/credentials.h>

#include <chrono>
#include <memory>
#include <string>

#include "domain/time.h"
#include "ports/store_settings.h"

namespace interconnect::next {

// Throws std::runtime_error, naming the file, if a file of the TLS settings cannot be read.
std::shared_ptr<grpc::ChannelCredentials> make_credentials(const TlsSettings& tls);

// A channel of its own: shares no connection with any other. It connects when first used, and again by itself; an
// attempt fails a little before `connect_within` is over, so that a call which may last as long is told why.
std::shared_ptr<grpc::Channel> make_channel(const Endpoint& endpoint, const GrpcStoreSettings& settings,
                                            const std::shared_ptr<grpc::ChannelCredentials>& credentials,
                                            Duration connect_within);
// When such an attempt fails.
std::chrono::milliseconds connect_timeout(Duration connect_within);

// "host:port", an IPv6 address in brackets.
std::string to_authority(const Endpoint& endpoint);

}  // namespace interconnect::next
