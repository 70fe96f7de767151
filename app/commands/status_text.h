#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace interconnect {

// What the JSON of /status tells of one subscription.
struct ToldSubscription {
  std::string name;  // for people
  std::optional<std::int64_t> position;
  std::optional<std::int64_t> end;
  std::string end_as_of;  // UTC, or empty
  bool has_projection = false;
  bool is_lag_known = false;
};

struct ToldStatus {
  std::string text;  // for people, several lines
  std::vector<ToldSubscription> subscriptions;
};

// Nothing if it is no such JSON.
std::optional<ToldStatus> read_status(std::string_view json);

// Waits for the ends that the streams have at a time.
class AwaitedEnds {
 public:
  // `at`: UTC, as the status tells times; `later`: the same for streams that a projection fills, which are behind.
  AwaitedEnds(std::string at, std::string later) : at_(std::move(at)), later_(std::move(later)) {}

  // Whether all up to them has been copied. What a stream shows whose lag is not known, since its projection stands
  // still, counts for nothing.
  bool are_reached(const ToldStatus& status);
  // How many events of the streams are not copied yet up to them, as of the last call; nothing while that is not known
  // of all.
  std::optional<std::uint64_t> behind() const { return behind_; }

 private:
  std::string at_;
  std::string later_;
  std::vector<std::optional<std::int64_t>> ends_;
  std::optional<std::uint64_t> behind_;
};

}  // namespace interconnect
