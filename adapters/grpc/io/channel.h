#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/security/credentials.h>

#include <memory>
#include <string>

#include "ports/store_settings.h"

namespace interconnect::next {

// Throws std::runtime_error, naming the file, if a file of the TLS settings cannot be read.
std::shared_ptr<grpc::ChannelCredentials> make_credentials(const TlsSettings& tls);

// A channel of its own: shares no connection with any other. It connects when first used, and again by itself.
std::shared_ptr<grpc::Channel> make_channel(const Endpoint& endpoint, const GrpcStoreSettings& settings,
                                            const std::shared_ptr<grpc::ChannelCredentials>& credentials);

// "host:port", an IPv6 address in brackets.
std::string to_authority(const Endpoint& endpoint);

}  // namespace interconnect::next
