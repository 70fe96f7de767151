#include "adapters/legacy_tcp/wire/proto.h"

#include <limits>

namespace interconnect::legacy {

bool ProtoReader::read_varint(std::uint64_t& value) {
  value = 0;
  for (std::size_t i = 0; i < 10; ++i) {
    if (i == rest_.size()) {
      fail("a varint is cut off");
      return false;
    }
    const auto byte = static_cast<std::uint8_t>(rest_[i]);
    if (i == 9 && byte > 1) break;
    value |= std::uint64_t{byte & 0x7fu} << (7 * i);
    if ((byte & 0x80) == 0) {
      rest_.remove_prefix(i + 1);
      return true;
    }
  }
  fail("a varint is longer than 64 bits");
  return false;
}

bool ProtoReader::next() {
  if (!error_.empty() || rest_.empty()) return false;
  std::uint64_t tag = 0;
  if (!read_varint(tag)) return false;
  if (tag >> 3 == 0 || tag >> 3 > std::numeric_limits<std::int32_t>::max()) {
    fail("a field number is out of range");
    return false;
  }
  field_ = static_cast<std::uint32_t>(tag >> 3);
  type_ = static_cast<WireType>(tag & 7);
  std::uint64_t size = 0;
  switch (type_) {
    case WireType::kVarint:
      return read_varint(varint_);
    case WireType::kBytes:
      if (!read_varint(size)) return false;
      break;
    case WireType::kFixed64:
      size = 8;
      break;
    case WireType::kFixed32:
      size = 4;
      break;
    default:
      fail("a field has an unknown wire type");
      return false;
  }
  if (size > rest_.size()) {
    fail("a field is longer than its message");
    return false;
  }
  bytes_ = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

std::string_view ProtoReader::bytes() {
  if (type_ == WireType::kBytes) return bytes_;
  fail("a field has the wrong wire type");
  return {};
}

std::uint64_t ProtoReader::varint() {
  if (type_ == WireType::kVarint) return varint_;
  fail("a field has the wrong wire type");
  return 0;
}

std::int32_t ProtoReader::int32() {
  const std::int64_t value = int64();
  if (value >= std::numeric_limits<std::int32_t>::min() && value <= std::numeric_limits<std::int32_t>::max()) {
    return static_cast<std::int32_t>(value);
  }
  fail("a number does not fit into 32 bits");
  return 0;
}

void ProtoReader::fail(std::string_view static_reason) {
  if (error_.empty()) error_ = static_reason;
}

std::size_t varint_size(std::uint64_t value) {
  std::size_t size = 1;
  while (value >= 0x80) {
    value >>= 7;
    ++size;
  }
  return size;
}

void put_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

void put_varint_field(std::string& out, std::uint32_t field, std::uint64_t value) {
  put_varint(out, field << 3);
  put_varint(out, value);
}

void put_bytes_header(std::string& out, std::uint32_t field, std::size_t size) {
  put_varint(out, field << 3 | 2);
  put_varint(out, size);
}

void put_bytes_field(std::string& out, std::uint32_t field, std::string_view value) {
  put_bytes_header(out, field, value.size());
  out.append(value);
}

}  // namespace interconnect::legacy
