#include "adapters/legacy_tcp/session/outcomes.h"

#include "domain/excerpt.h"

namespace interconnect::legacy {
namespace {

StoreError write_error(ErrorKind kind, std::string_view stream, std::string_view what, std::string_view message) {
  std::string text = "write to '" + excerpt(stream) + "': " + std::string(what);
  if (!message.empty()) text += " (" + excerpt(message) + ")";
  return {kind, std::move(text)};
}

StoreError read_error(ErrorKind kind, std::string_view stream, std::string_view what, std::string_view message) {
  std::string text = "read of '" + excerpt(stream) + "': " + std::string(what);
  if (!message.empty()) text += " (" + excerpt(message) + ")";
  return {kind, std::move(text)};
}

}  // namespace

AppendOutcome append_outcome(std::string_view stream, const WriteEventsCompleted& reply) {
  using Result = WriteEventsCompleted::Result;
  switch (reply.result) {
    case Result::kSuccess:
      return Appended{reply.last_event_number, reply.commit_position == -1};
    case Result::kWrongExpectedVersion:
      return WrongExpectedVersion{reply.current_version};
    // The write has begun; whether it was or will be committed is not known.
    case Result::kPrepareTimeout:
      return write_error(ErrorKind::kTimeout, stream, "PrepareTimeout", reply.message);
    case Result::kCommitTimeout:
      return write_error(ErrorKind::kTimeout, stream, "CommitTimeout", reply.message);
    case Result::kForwardTimeout:
      return write_error(ErrorKind::kTimeout, stream, "ForwardTimeout", reply.message);
    case Result::kStreamDeleted:
      return write_error(ErrorKind::kStreamDeleted, stream, "the stream is deleted", reply.message);
    case Result::kInvalidTransaction:
      return write_error(ErrorKind::kInvalid, stream, "InvalidTransaction", reply.message);
    case Result::kAccessDenied:
      break;
  }
  return write_error(ErrorKind::kAccessDenied, stream, "access denied", reply.message);
}

ReadOutcome read_outcome(std::string_view stream, const ReadStreamEventsCompleted& reply,
                         std::vector<EventView>& events) {
  using Result = ReadStreamEventsCompleted::Result;
  events.clear();
  switch (reply.result) {
    case Result::kSuccess:
      for (const IndexedEvent& indexed : reply.events) {
        if (indexed.event) events.push_back(*indexed.event);
      }
      return StreamPage{events, true, reply.end_of_stream, reply.next_event_number};
    case Result::kNoStream:
      return StreamPage{{}, false, true, reply.next_event_number};
    case Result::kStreamDeleted:
      return read_error(ErrorKind::kStreamDeleted, stream, "the stream is deleted", reply.error);
    case Result::kAccessDenied:
      return read_error(ErrorKind::kAccessDenied, stream, "access denied", reply.error);
    case Result::kNotModified:  // answers a condition that we never send
    case Result::kError:
      break;
  }
  return read_error(ErrorKind::kNotReady, stream, "the server failed to read", reply.error);
}

GroupOutcome group_outcome(GroupCommand command, const GroupCommandCompleted& reply) {
  using Result = GroupCommandCompleted::Result;
  switch (reply.result) {
    case Result::kSuccess:
      return GroupAnswer::kDone;
    case Result::kAlreadyExists:
      return command == GroupCommand::kCreate ? GroupAnswer::kAlreadyExists : GroupAnswer::kDoesNotExist;
    case Result::kAccessDenied:
      return StoreError{ErrorKind::kAccessDenied, "access denied (" + excerpt(reply.reason) + ")"};
    case Result::kFail:
      break;
  }
  return StoreError{ErrorKind::kInvalid, "refused (" + excerpt(reply.reason) + ")"};
}

StoreError not_handled_error(const NotHandled& reply) {
  std::string_view why = "the server is not ready";
  if (reply.reason == NotHandled::Reason::kTooBusy) why = "the server is too busy";
  if (reply.reason == NotHandled::Reason::kNotMaster) why = "the node is not the leader";
  if (reply.reason == NotHandled::Reason::kIsReadOnly) why = "the node is read-only";
  return {ErrorKind::kNotReady, std::string(why)};
}

StoreError not_authenticated_error(std::string_view reason) {
  return {ErrorKind::kNotAuthenticated, "not authenticated (" + excerpt(reason) + ")"};
}

}  // namespace interconnect::legacy
