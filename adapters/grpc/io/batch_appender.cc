#include "adapters/grpc/io/batch_appender.h"

#include <grpc/slice.h>

#include <utility>
#include <variant>

#include "adapters/grpc/io/store_client.h"
#include "adapters/grpc/session/pending_appends.h"
#include "adapters/grpc/wire/batch_append_response.h"
#include "adapters/grpc/wire/decode.h"
#include "adapters/grpc/wire/encode.h"
#include "domain/excerpt.h"

namespace interconnect::next {
namespace {

constexpr char kBatchAppend[] = "/event_store.client.streams.Streams/BatchAppend";
constexpr char kGetSupportedMethods[] = "/event_store.client.server_features.ServerFeatures/GetSupportedMethods";

// A message beyond the server's limit ends the call with everything on it. No append of many events is as large, and a
// lone event that is goes by Append, where its refusal is its own.
constexpr std::size_t kMaxBatchBytes = 2 << 20;

Time now() { return std::chrono::steady_clock::now().time_since_epoch(); }

// Whether the whole call ended because of one of its appends.
bool is_about_one_append(ErrorKind kind) {
  return kind == ErrorKind::kInvalid || kind == ErrorKind::kTooLarge || kind == ErrorKind::kStreamDeleted ||
         kind == ErrorKind::kNotFound;
}

}  // namespace

class BatchAppender::BatchAppendCall : public Call {
 public:
  explicit BatchAppendCall(BatchAppender& owner) : pending(owner.client_.settings().operation_timeout), owner_(owner) {}

  void on_message(const grpc::Slice& message) override { owner_.on_answer(*this, message); }
  void on_done(const CallStatus& status) override { owner_.on_ended(*this, status); }

  PendingAppends pending;
  std::string why_abandoned;

 private:
  BatchAppender& owner_;
};

BatchAppender::BatchAppender(StoreClient& client, boost::asio::io_context& io, ConfirmedPositions& positions,
                             const AppendCall::Completed& completed, std::function<void()> completed_outside)
    : client_(client),
      positions_(positions),
      completed_(completed),
      completed_outside_(std::move(completed_outside)),
      timer_(io) {}

bool BatchAppender::takes(const Append& append) {
  follow_connection();
  if (offer_ != Offer::kYes) return false;
  if (!suspects_.empty() && suspects_.erase(std::string(append.stream)) > 0) return false;
  std::size_t payload = 0;
  for (const Event& event : append.events) payload += event.payload_bytes();
  return payload <= kMaxBatchBytes;
}

// A node that was left because it is silent does not end its call: what that carries is to go to the next node, even if
// nothing else is appended.
void BatchAppender::connected() {
  follow_connection();
  if (offer_ == Offer::kUnknown) ask();
}

void BatchAppender::follow_connection() {
  if (connection_ == client_.connection()) return;
  connection_ = client_.connection();
  offer_ = Offer::kUnknown;
  size_rule_ = AppendSizeRule::kDataMetadataAndType;
  if (current_ != nullptr) abandon(*current_, "the connection is another now");
  ask();
}

void BatchAppender::ask() {
  if (!client_.has_node()) return;
  offer_ = Offer::kAsked;
  connection_ = client_.connection();
  client_.ask(kGetSupportedMethods, {}, client_.settings().operation_timeout,
              [this, connection = connection_](const CallStatus& status, std::string_view methods) {
                if (connection != connection_) return;
                if (status.ok()) {
                  const ServerFeatures features = decode_server_features(methods);
                  offer_ = features.has_batch_append ? Offer::kYes : Offer::kNo;
                  size_rule_ = features.size_rule;
                } else if (status.code == kUnimplemented) {
                  offer_ = Offer::kNo;
                  size_rule_ = AppendSizeRule::kData;
                } else {
                  offer_ = Offer::kUnknown;
                }
              });
}

void BatchAppender::send(const Append& append) {
  if (current_ == nullptr) {
    auto call = std::make_unique<BatchAppendCall>(*this);
    current_ = call.get();
    calls_.push_back(current_);
    client_.start(std::move(call), kBatchAppend, {}, {.stays_open = true});
  }
  current_->pending.sent(append.id, append.stream, positions_.newest(), now());
  const grpc_slice room = grpc_slice_malloc(batch_append_size(append));
  write_batch_append(append, reinterpret_cast<char*>(const_cast<std::uint8_t*>(GRPC_SLICE_START_PTR(room))));
  const grpc::Slice slice(room, grpc::Slice::STEAL_REF);
  current_->send(grpc::ByteBuffer(&slice, 1));
  arm_timer();
}

void BatchAppender::on_answer(BatchAppendCall& call, const grpc::Slice& message) {
  auto decoded = decode_batch_append_response(view_of(message));
  if (auto* malformed = std::get_if<Malformed>(&decoded)) {
    // Which append it is about cannot be told.
    return abandon(call, std::move(malformed->reason));
  }
  auto& answer = std::get<BatchAnswer>(decoded);
  if (auto* error = std::get_if<StoreError>(&answer.outcome); error && is_refusal(error->kind)) {
    error->message += client_.who();
  }
  const auto answered = call.pending.answered(answer.append_id, now());
  const bool is_repeat =
      positions_.is_repeat(answer.commit_position, answered ? answered->newest_position_when_sent : std::nullopt);
  if (!answered) return;
  if (auto* appended = std::get_if<Appended>(&answer.outcome); appended && is_repeat) appended->was_repeated = true;
  completed_(answer.append_id, answer.outcome);
}

std::size_t BatchAppender::ordered_append_bytes() const {
  const bool is_one_call = calls_.empty() || (calls_.size() == 1 && calls_.front() == current_);
  const bool is_certain = offer_ == Offer::kYes && connection_ == client_.connection() && suspects_.empty();
  return is_one_call && is_certain ? kMaxBatchBytes : 0;
}

AppendSizeRule BatchAppender::size_rule() const {
  return connection_ == client_.connection() ? size_rule_ : AppendSizeRule::kDataMetadataAndType;
}

// It ends soon, and what it carried is then answered.
void BatchAppender::abandon(BatchAppendCall& call, std::string why) {
  if (current_ == &call) current_ = nullptr;
  call.why_abandoned = std::move(why);
  call.cancel();
}

void BatchAppender::on_ended(BatchAppendCall& call, const CallStatus& status) {
  if (current_ == &call) current_ = nullptr;
  std::erase(calls_, &call);
  if (status.code == kUnimplemented) offer_ = Offer::kNo;
  StoreError error = to_append_error(status, "the call of many appends");
  if (status.ok()) error.message = "the server ended the call of many appends";
  if (!call.why_abandoned.empty()) error.message = call.why_abandoned;
  const bool is_one_to_blame = is_about_one_append(error.kind);
  if (is_one_to_blame) error.kind = ErrorKind::kUnavailable;
  for (const PendingAppends::Pending& append : call.pending.give_up()) {
    if (is_one_to_blame) suspects_.insert(append.stream);
    completed_(append.id, StoreError{error.kind, "append to " + excerpt(append.stream) + ": " + error.message});
  }
}

// Rings at the time of the oldest append, which has been answered long before as a rule.
void BatchAppender::arm_timer() {
  if (armed_for_) return;
  for (BatchAppendCall* call : calls_) {
    const auto deadline = call->pending.next_deadline();
    if (deadline && (!armed_for_ || *deadline < *armed_for_)) armed_for_ = deadline;
  }
  if (!armed_for_) return;
  timer_.expires_at(std::chrono::steady_clock::time_point(*armed_for_));
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
    if (error || !alive.lock() || client_.stopping()) return;
    armed_for_.reset();
    expire();
    arm_timer();
  });
}

void BatchAppender::expire() {
  for (BatchAppendCall* call : calls_) {
    for (const PendingAppends::Pending& append : call->pending.expire(now())) {
      completed_(append.id,
                 StoreError{ErrorKind::kTimeout, "append to " + excerpt(append.stream) + ": no answer in time"});
    }
    if (call->pending.is_silent()) abandon(*call, "its call was given up, since nothing was answered");
  }
  completed_outside_();
}

}  // namespace interconnect::next
