#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "domain/append.h"
#include "domain/copier/budget.h"
#include "domain/copier/lane.h"
#include "domain/copier/surroundings.h"
#include "domain/copier/window.h"

namespace interconnect {

// The appends under way, and how many more may be.
class AppendPipe {
 public:
  explicit AppendPipe(Surroundings& surroundings);

  // Of appends whose outcome is still to come, if only of one that was given up.
  std::size_t size() const { return appends_.size(); }
  bool is_empty() const { return appends_.empty(); }
  const Budget& in_flight() const { return in_flight_; }

  // For one more append. If there is none, the window learns that more was to be sent.
  bool has_room();
  void on_full() { window_.on_full(); }
  // Whether an append of so many events, and one more, with so many bytes keeps within the window.
  bool fits(std::size_t events, std::size_t bytes) const;
  // Whether an append of so many bytes may go again. A lone one may, whatever its size.
  bool may_retry(std::size_t bytes) const;

  // Sends the lane's batch.
  void send(Lane& lane, Revision expected, Time now);
  // Null: there is no such append. Its outcome is there.
  Lane* take(std::uint64_t append_id);

  void on_completed(Time sent, Time now) { window_.on_completed(sent, now); }
  void on_overload(Time now) { window_.on_overload(now); }

  // Of one append, by the size rule: as configured, or as the destination taught.
  std::size_t bytes_limit() const { return bytes_limit_; }
  // How the destination counts. Until it is known: so that no server counts more.
  AppendSizeRule size_rule() const { return size_rule_; }
  void set_size_rule(AppendSizeRule rule) { size_rule_ = rule; }
  void lower_bytes_limit(std::size_t limit) { bytes_limit_ = std::min(bytes_limit_, std::max<std::size_t>(1, limit)); }

 private:
  Surroundings& our_;
  Window window_;
  Budget in_flight_;
  absl::flat_hash_map<std::uint64_t, Lane*> appends_;
  std::uint64_t next_id_ = 1;
  std::size_t bytes_limit_;
  AppendSizeRule size_rule_ = AppendSizeRule::kDataMetadataAndType;
};

}  // namespace interconnect
