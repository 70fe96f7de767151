#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// The protobuf encoding, as far as this protocol's messages use it: varints and length-delimited fields. Reading yields
// views into the input and requires no field to be present, since real servers leave out fields that their own
// definition calls required.
namespace interconnect::legacy {

// Walks the fields of one message, in the order of the input.
//
//   ProtoReader reader(payload);
//   while (reader.next()) { switch (reader.field()) { case 1: name = reader.bytes(); ... } }
//   if (!reader.error().empty()) ...
//
// A value that is asked for in another wire type than it has is an error as well.
class ProtoReader {
 public:
  explicit ProtoReader(std::string_view message) : rest_(message) {}

  // Goes to the next field; false at the end of the message and after an error.
  bool next();

  std::uint32_t field() const { return field_; }

  // The current field's value: length-delimited, or a varint. The empty text or 0 if it is not of that wire type.
  std::string_view bytes();
  std::uint64_t varint();
  std::int64_t int64() { return static_cast<std::int64_t>(varint()); }
  // Values beyond 32 bits are errors.
  std::int32_t int32();
  bool boolean() { return varint() != 0; }

  // Why the message is malformed; empty if it is not, so far.
  std::string_view error() const { return error_; }
  void fail(std::string_view static_reason);

 private:
  enum class WireType : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

  bool read_varint(std::uint64_t& value);

  std::string_view rest_;
  std::string_view error_;  // of static storage
  std::string_view bytes_;
  std::uint64_t varint_ = 0;
  std::uint32_t field_ = 0;
  WireType type_ = WireType::kVarint;
};

// The sizes are those of fields whose number is below 16, so that the tag is one byte.
std::size_t varint_size(std::uint64_t value);
inline std::size_t varint_field_size(std::uint64_t value) { return 1 + varint_size(value); }
inline std::size_t bytes_field_size(std::size_t size) { return 1 + varint_size(size) + size; }

void put_varint(std::string& out, std::uint64_t value);
void put_varint_field(std::string& out, std::uint32_t field, std::uint64_t value);
// The tag and length of a field whose `size` bytes the caller writes next.
void put_bytes_header(std::string& out, std::uint32_t field, std::size_t size);
void put_bytes_field(std::string& out, std::uint32_t field, std::string_view value);

}  // namespace interconnect::legacy
