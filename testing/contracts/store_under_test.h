#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "domain/subscription.h"
#include "ports/event_sink.h"
#include "ports/event_source.h"

// Contract tests: what ports/event_source.h and ports/event_sink.h promise, asked of every implementation that talks to a
// server. To put another one to the test, implement StoreUnderTest and add it to implementations().
namespace interconnect::testing {

// A server, and the implementation of the ports that talks to it. The server has no streams yet but its own.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;

  // Not started. To be destroyed before the StoreUnderTest.
  virtual std::unique_ptr<EventSource> make_source(std::vector<Subscription> subscriptions) = 0;
  virtual std::unique_ptr<EventSink> make_sink() = 0;

  // Runs whatever the implementation runs in until `done`; false if that does not come within a generous limit.
  virtual bool run_until(const std::function<bool()>& done) = 0;

  // For what is made from now on: the password that is sent.
  virtual void use_password(std::string password) = 0;
  // Bytes of data that the server takes in no event.
  virtual std::size_t too_many_bytes() const = 0;
  // Whether this server looks at passwords at all.
  virtual bool checks_passwords() const = 0;

  virtual void stop_server() = 0;
  virtual void cut_connections() = 0;
  // Appends are answered so much later from now on.
  virtual void delay_answers(std::chrono::milliseconds delay) = 0;
  virtual void delete_stream(const std::string& stream, bool tombstone) = 0;
  virtual void delete_group(const std::string& stream, const std::string& group) = 0;
};

struct Implementation {
  std::string name;
  std::function<std::unique_ptr<StoreUnderTest>()> make;
};
inline void PrintTo(const Implementation& implementation, std::ostream* out) { *out << implementation.name; }

std::vector<Implementation> implementations();

}  // namespace interconnect::testing
