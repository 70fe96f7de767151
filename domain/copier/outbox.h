#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "domain/copier/action.h"

namespace interconnect {

// What the copier wants done, in this order.
class Outbox {
 public:
  void put(Action action) { actions_.push_back(std::move(action)); }

  // The read gets its id, which is returned.
  std::uint64_t put_read(Store store, StreamRead read) {
    read.id = next_read_id_++;
    const std::uint64_t id = read.id;
    put(ReadStream{store, std::move(read)});
    return id;
  }

  // Only the first counts.
  void exit(ExitCode code, std::string last_words) {
    if (std::exchange(has_exited_, true)) return;
    put(Exit{code, std::move(last_words)});
  }
  bool has_exited() const { return has_exited_; }

  void swap_into(std::vector<Action>& actions) { actions.swap(actions_); }

 private:
  std::vector<Action> actions_;
  std::uint64_t next_read_id_ = 1;
  bool has_exited_ = false;
};

}  // namespace interconnect
