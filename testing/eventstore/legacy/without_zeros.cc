#include "testing/eventstore/legacy/without_zeros.h"

#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"

namespace interconnect::eventstore {
namespace {

using google::protobuf::FieldDescriptor;

bool is_zero(const google::protobuf::Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  std::string room;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.GetInt32(message, &field) == 0;
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.GetInt64(message, &field) == 0;
    case FieldDescriptor::CPPTYPE_BOOL:
      return !reflection.GetBool(message, &field);
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection.GetEnumValue(message, &field) == 0;
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.GetStringReference(message, &field, &room).empty();
    default:  // of no other type do the TCP protocol's messages have fields
      return false;
  }
}

}  // namespace

void leave_out_zeros(google::protobuf::Message& message) {
  const auto& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      if (!field->is_repeated()) leave_out_zeros(*reflection.MutableMessage(&message, field));
      for (int i = 0; field->is_repeated() && i < reflection.FieldSize(message, field); ++i) {
        leave_out_zeros(*reflection.MutableRepeatedMessage(&message, field, i));
      }
    } else if (!field->is_repeated() && is_zero(message, *field)) {
      reflection.ClearField(&message, field);
    }
  }
}

}  // namespace interconnect::eventstore
