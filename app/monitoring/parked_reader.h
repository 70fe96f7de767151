#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "app/monitoring/metered_source.h"
#include "domain/subscription.h"

namespace interconnect {

// What a group has parked at the source, and nobody has replayed since.
struct ParkedMessages {
  std::int64_t by_server = 0;  // after as many retries as the group's settings allow
  std::int64_t by_consumers = 0;

  friend bool operator==(const ParkedMessages&, const ParkedMessages&) = default;
};

// Counts a group's parked messages from their stream, which only users with the right to read streams of the system may
// read. Each message is read once.
class ParkedReader {
 public:
  using Answer = std::variant<ParkedMessages, StoreError>;

  // `source` outlives it.
  ParkedReader(MeteredSource& source, const Subscription& subscription);

  // One look at a time. What has been counted stays counted whatever the answer.
  void look(std::function<void(const Answer&)> done);

 private:
  void on_begin(const ReadOutcome& outcome);
  void read_on();
  void on_page(const ReadOutcome& outcome);
  void begin_at(std::optional<Revision> first);
  void answer(const Answer& answer);

  MeteredSource& source_;
  std::string stream_;
  std::optional<Revision> first_;  // a replay moves it
  Revision next_ = 0;
  ParkedMessages counted_;
  std::function<void(const Answer&)> done_;
};

}  // namespace interconnect
