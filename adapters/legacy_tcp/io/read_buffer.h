#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace interconnect::legacy {

// Where bytes from the socket arrive and are decoded in place. Grows to hold a package that is longer than itself, at
// most by as much again as has really arrived, and shrinks when it is empty.
class ReadBuffer {
 public:
  static constexpr std::size_t kInitialSize = 256 * 1024;
  static constexpr std::size_t kSmallestRead = 64 * 1024;

  // `limit` is the size of the longest package, with its length prefix.
  explicit ReadBuffer(std::size_t limit) : limit_(std::max(limit, kInitialSize)) { reset(); }

  void reset() {
    begin_ = end_ = 0;
    if (capacity_ != kInitialSize) reallocate(kInitialSize);
  }

  std::string_view content() const { return {data_.get() + begin_, end_ - begin_}; }
  void consume(std::size_t size) { begin_ += size; }

  // Room to read into. Moves the content, which is at most one incomplete package; never empty, as long as the content
  // is below the limit.
  std::span<char> prepare() {
    if (begin_ == end_) reset();
    if (capacity_ - end_ < kSmallestRead) {
      std::memmove(data_.get(), data_.get() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
      if (capacity_ - end_ < kSmallestRead) reallocate(std::min(2 * capacity_, limit_));
    }
    return {data_.get() + end_, capacity_ - end_};
  }
  void commit(std::size_t size) { end_ += size; }

 private:
  void reallocate(std::size_t capacity) {
    auto data = std::make_unique_for_overwrite<char[]>(capacity);
    if (end_ > 0) std::memcpy(data.get(), data_.get(), end_);
    data_ = std::move(data);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0;
  std::size_t limit_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace interconnect::legacy
