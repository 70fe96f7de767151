#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "domain/copier/lane.h"
#include "domain/copier/look_up_question.h"
#include "domain/copier/outbox.h"

namespace interconnect {

// The lanes' reads, one at a time for each of them, and so many at a time altogether. The other lanes wait in line.
class LaneReads {
 public:
  LaneReads(std::size_t max_reads, Outbox& outbox) : max_reads_(max_reads), outbox_(outbox) {}

  // Reads the page; or, if too many read already, puts the lane in line, an urgent one first.
  void ask(Lane& lane, LookUpPage page, bool is_urgent) {
    if (reads_.size() < max_reads_) {
      reads_[outbox_.put_read(page.store, std::move(page.read))] = &lane;
    } else if (is_urgent) {
      waiting_.push_front(&lane);
    } else {
      waiting_.push_back(&lane);
    }
  }
  // Null: there is no such read. Its outcome is there.
  Lane* take(std::uint64_t read_id) {
    const auto it = reads_.find(read_id);
    if (it == reads_.end()) return nullptr;
    Lane* lane = it->second;
    reads_.erase(it);
    return lane;
  }
  // The lane in line that may ask now. Null: none may.
  Lane* take_next() {
    if (waiting_.empty() || reads_.size() >= max_reads_) return nullptr;
    Lane* lane = waiting_.front();
    waiting_.pop_front();
    return lane;
  }
  std::size_t size() const { return reads_.size(); }

 private:
  std::size_t max_reads_;
  Outbox& outbox_;
  absl::flat_hash_map<std::uint64_t, Lane*> reads_;
  std::deque<Lane*> waiting_;
};

}  // namespace interconnect
