#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace interconnect {

// A map that forgets what was put first once it holds more than `capacity`. Once it has been full, it allocates no
// more.
template <typename Key, typename Value>
class LruMap {
 public:
  explicit LruMap(std::size_t capacity) : capacity_(capacity) {}

  void put(const Key& key, Value value) {
    const auto [it, is_new] = index_.try_emplace(key, kNone);
    if (is_new) {
      it->second = new_entry(key, std::move(value));
    } else {
      entries_[it->second].value = std::move(value);
      unlink(it->second);
    }
    link(it->second);
    if (index_.size() > capacity_) drop(oldest_);
  }

  // Removes and returns.
  std::optional<Value> take(const Key& key) {
    const auto it = index_.find(key);
    if (it == index_.end()) return std::nullopt;
    const Place place = it->second;
    std::optional<Value> value = std::move(entries_[place].value);
    index_.erase(it);
    unlink(place);
    free_.push_back(place);
    return value;
  }

  // Valid until the next put() or take().
  Value* find(const Key& key) {
    const auto it = index_.find(key);
    return it == index_.end() ? nullptr : &entries_[it->second].value;
  }

  std::size_t size() const { return index_.size(); }

 private:
  using Place = std::uint32_t;
  static constexpr Place kNone = UINT32_MAX;
  struct Entry {
    Key key;
    Value value;
    Place older = kNone;
    Place newer = kNone;
  };

  Place new_entry(const Key& key, Value value) {
    if (free_.empty()) {
      entries_.push_back({key, std::move(value)});
      return static_cast<Place>(entries_.size() - 1);
    }
    const Place place = free_.back();
    free_.pop_back();
    entries_[place] = {key, std::move(value)};
    return place;
  }
  void link(Place place) {
    entries_[place].older = newest_;
    entries_[place].newer = kNone;
    (newest_ == kNone ? oldest_ : entries_[newest_].newer) = place;
    newest_ = place;
  }
  void unlink(Place place) {
    const Entry& entry = entries_[place];
    (entry.older == kNone ? oldest_ : entries_[entry.older].newer) = entry.newer;
    (entry.newer == kNone ? newest_ : entries_[entry.newer].older) = entry.older;
  }
  void drop(Place place) {
    index_.erase(entries_[place].key);
    unlink(place);
    free_.push_back(place);
  }

  std::size_t capacity_;
  absl::flat_hash_map<Key, Place> index_;
  std::vector<Entry> entries_;
  std::vector<Place> free_;
  Place newest_ = kNone;
  Place oldest_ = kNone;
};

}  // namespace interconnect
