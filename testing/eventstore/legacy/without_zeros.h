#pragma once

#include "google/protobuf/message.h"

namespace interconnect::eventstore {

// Clears every field whose value is 0, false or empty, in the messages within as well, whose presence stays: what a
// message of proto3 has on the wire. So servers from 22.6 on answer (ClientMessageDtos.proto).
void leave_out_zeros(google::protobuf::Message& message);

}  // namespace interconnect::eventstore
