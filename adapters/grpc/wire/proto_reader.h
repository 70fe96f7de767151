#pragma once

#include <cstdint>
#include <string_view>

namespace interconnect::next {

// Reads the fields of one protobuf message where they lie: for the messages of the hot path, whose strings and maps the
// generated classes would copy. Bounded by the bytes it is given; whatever is no protobuf ends it with ok() false.
class ProtoReader {
 public:
  explicit ProtoReader(std::string_view message) : at_(message.data()), end_(message.data() + message.size()) {}

  // Moves to the next field; false at the end, or when the bytes are no protobuf.
  bool next();
  bool ok() const { return ok_; }

  std::uint32_t field() const { return field_; }
  // The field's value if it is a varint or a fixed number; 0 otherwise.
  std::uint64_t number() const { return number_; }
  // The field's value if it is length-delimited; empty otherwise.
  std::string_view bytes() const { return bytes_; }
  bool is_bytes() const { return wire_type_ == 2; }

 private:
  bool read_varint(std::uint64_t& value);
  bool read_fixed(int size);
  bool fail();

  const char* at_;
  const char* end_;
  std::uint32_t field_ = 0;
  std::uint32_t wire_type_ = 0;
  std::uint64_t number_ = 0;
  std::string_view bytes_;
  bool ok_ = true;
};

}  // namespace interconnect::next
