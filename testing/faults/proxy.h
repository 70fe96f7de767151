#pragma once

#include <chrono>
#include <memory>

namespace interconnect::testing {

enum class Toward { kServer, kClient };

// A bad line: a TCP proxy on a loopback port of its own, with a thread of its own. It knows no protocol; what it is
// told touches the connections that are there and those that come, and is in force when the call returns.
class Proxy final {
 public:
  // Throws boost::system::system_error if there is no port.
  explicit Proxy(int server_port);
  ~Proxy();

  int port() const;
  int connections() const;

  // Every piece (up to 16 KiB) waits so long before it goes on, both ways.
  void delay(std::chrono::milliseconds time);
  // One byte a segment, both ways.
  void trickle(bool on);
  // Nothing is read or written in that direction, but the connections stay.
  void stall(Toward direction, bool on);
  // What goes in that direction is read and thrown away, until cut() ends this: no line goes on after it has lost
  // bytes.
  void swallow(Toward direction);
  // Connections are closed as soon as they are made.
  void refuse(bool on);
  // Cuts the connections (a reset).
  void cut();
  // Cuts the connection after the first half of the next piece of at least `bytes` in that direction.
  void cut_within(Toward direction, int bytes);
  // The end of the stream, in that direction only; the other one stays open.
  void half_close(Toward direction);

 private:
  class Line;
  std::unique_ptr<Line> line_;
};

}  // namespace interconnect::testing
