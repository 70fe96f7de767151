#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "ports/store_settings.h"

namespace boost::asio {
class io_context;
}

namespace interconnect::legacy {

// A socket, with TLS or without. Handlers are called from the event loop, never from within the call that takes them;
// after close() those that are under way are still called, with an error. An empty error text means success.
class Transport {
 public:
  using Done = std::function<void(const std::string& error)>;
  using Received = std::function<void(std::size_t size, const std::string& error)>;

  virtual ~Transport() = default;

  // Finds the host, connects to the first of its addresses that answers, and shakes hands.
  virtual void connect(const Endpoint& endpoint, Done done) = 0;
  // At least one byte, or an error. What is passed has to stay until the handler is called.
  virtual void receive(std::span<char> room, Received received) = 0;
  // All bytes, or an error. What is passed has to stay until the handler is called.
  virtual void send(std::string_view bytes, Done done) = 0;
  // Tells the peer that no more bytes follow.
  virtual void finish_sending() = 0;
  virtual void close() = 0;
};

std::shared_ptr<Transport> make_transport(boost::asio::io_context& io, const TlsSettings& tls);

}  // namespace interconnect::legacy
