#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "domain/append.h"
#include "domain/event.h"
#include "domain/stream_read.h"
#include "domain/subscription.h"

// From values to the messages that we send.
namespace interconnect::next {

// streams.AppendReq, an append's first message: the stream and its exact revision, never any.
std::string encode_append_options(std::string_view stream, Revision expected_revision);

// streams.AppendReq, one event. The caller gives the room: proposed_message_size() bytes at `out`.
std::size_t proposed_message_size(const Event& event);
void write_proposed_message(const Event& event, char* out);

// streams.BatchAppendReq with a whole append, known to its answer by the append's id. The caller gives the room:
// batch_append_size() bytes at `out`. It has no deadline of its own: a server looks at that only while a batch is not
// final, and some compare it with their own clock (Streams.BatchAppend.cs).
std::size_t batch_append_size(const Append& append);
void write_batch_append(const Append& append, char* out);

// streams.ReadReq, of one stream, without resolving links.
std::string encode_read(const StreamRead& read);

// persistent_subscriptions.ReadReq, the first message. Ids are asked for as two numbers: shorter than text, and
// cheaper.
std::string encode_subscribe(std::string_view stream, std::string_view group, std::int32_t buffer_size);

// persistent_subscriptions.ReadReq with many ids in one message.
std::string encode_ack(std::span<const EventId> ids);
std::string encode_park(std::span<const EventId> ids, std::string_view reason);

// persistent_subscriptions.CreateReq and UpdateReq with the fields of 21.2.0, which later servers take as well. A start
// from the end is the revision 2^64 - 1.
std::string encode_create_group(const Subscription& subscription);
std::string encode_update_group(const Subscription& subscription);

}  // namespace interconnect::next
