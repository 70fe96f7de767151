#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "boost/asio/io_context.hpp"

namespace interconnect::eventstore {

// An accepted connection, plain or TLS. Handlers run on the io_context and keep whoever they capture alive; after
// Close() they are called with false, if at all.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // At least one byte, or false at the end.
  virtual void read_some(char* data, std::size_t size, std::function<void(bool, std::size_t)> done) = 0;
  // All of it; the bytes must stay where they are until `done`.
  virtual void write(const char* data, std::size_t size, std::function<void(bool)> done) = 0;
  // Sends FIN after what was written, and stops reading.
  virtual void close() = 0;
  // Sends RST.
  virtual void reset() = 0;
  // "address:port" of the other side.
  virtual const std::string& remote() const = 0;
  // The first bytes, at least `size` of them unless the end comes before. Of a plain connection they stay to be read;
  // of a TLS one they are gone, and Release gives nothing.
  virtual void first(std::size_t size, std::function<void(bool, std::string)> done) = 0;
  // Gives the descriptor of a plain connection away, non-blocking, with nothing read ahead; -1 for TLS.
  virtual int release() = 0;
};

// A certificate and key that connections are served with.
class TlsContext {
 public:
  // Clients must show a certificate of `client_ca_file`, unless it is empty. Throws std::exception if the files are not
  // as they should be. Offers h2 and http/1.1.
  TlsContext(const std::string& cert_file, const std::string& key_file, const std::string& client_ca_file);
  ~TlsContext();

  struct Impl;
  const std::unique_ptr<Impl> impl;
};

// Accepts on a loopback port (0 for any) for as long as the io_context runs; TLS if a context is given. Returns the
// port; throws std::exception if it is taken.
int listen(boost::asio::io_context& io, int port, TlsContext* tls,
           std::function<void(std::unique_ptr<ByteStream>)> accepted);

// Carries bytes between a connection and a new socket until either ends, and returns that socket's descriptor,
// non-blocking. `read_ahead` goes first.
int splice(boost::asio::io_context& io, std::shared_ptr<ByteStream> stream, std::string read_ahead);

}  // namespace interconnect::eventstore
