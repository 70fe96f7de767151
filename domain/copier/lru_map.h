#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace interconnect {

// A map that forgets what was put first once it holds more than `capacity`.
template <typename Key, typename Value>
class LruMap {
 public:
  explicit LruMap(std::size_t capacity) : capacity_(capacity) {}

  void put(const Key& key, Value value) {
    const auto [it, is_new] = index_.try_emplace(key);
    if (is_new) {
      entries_.emplace_front(key, std::move(value));
      it->second = entries_.begin();
    } else {
      it->second->second = std::move(value);
      entries_.splice(entries_.begin(), entries_, it->second);
    }
    if (entries_.size() > capacity_) {
      index_.erase(entries_.back().first);
      entries_.pop_back();
    }
  }

  // Removes and returns.
  std::optional<Value> take(const Key& key) {
    const auto it = index_.find(key);
    if (it == index_.end()) return std::nullopt;
    std::optional<Value> value = std::move(it->second->second);
    entries_.erase(it->second);
    index_.erase(it);
    return value;
  }

  // Valid until the next put() or take().
  Value* find(const Key& key) {
    const auto it = index_.find(key);
    return it == index_.end() ? nullptr : &it->second->second;
  }

  std::size_t size() const { return entries_.size(); }

 private:
  using Entries = std::list<std::pair<Key, Value>>;

  std::size_t capacity_;
  Entries entries_;  // the latest first
  absl::flat_hash_map<Key, typename Entries::iterator> index_;
};

}  // namespace interconnect
