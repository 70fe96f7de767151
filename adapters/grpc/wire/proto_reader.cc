#include "adapters/grpc/wire/proto_reader.h"

namespace interconnect::next {

bool ProtoReader::fail() {
  ok_ = false;
  at_ = end_;
  return false;
}

bool ProtoReader::read_varint(std::uint64_t& value) {
  value = 0;
  for (int shift = 0; shift < 64 && at_ != end_; shift += 7) {
    const auto byte = static_cast<std::uint8_t>(*at_++);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

bool ProtoReader::read_fixed(int size) {
  if (end_ - at_ < size) return false;
  for (int i = 0; i < size; ++i) number_ |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(at_[i])) << (8 * i);
  at_ += size;
  return true;
}

bool ProtoReader::next() {
  if (at_ == end_) return false;
  number_ = 0;
  bytes_ = {};
  std::uint64_t tag = 0;
  if (!read_varint(tag) || tag > UINT32_MAX) return fail();
  field_ = static_cast<std::uint32_t>(tag >> 3);
  wire_type_ = tag & 7;
  if (field_ == 0) return fail();
  switch (wire_type_) {
    case 0:
      return read_varint(number_) || fail();
    case 1:
      return read_fixed(8) || fail();
    case 5:
      return read_fixed(4) || fail();
    case 2: {
      std::uint64_t size = 0;
      if (!read_varint(size) || size > static_cast<std::uint64_t>(end_ - at_)) return fail();
      bytes_ = {at_, static_cast<std::size_t>(size)};
      at_ += size;
      return true;
    }
    default:
      return fail();
  }
}

}  // namespace interconnect::next
