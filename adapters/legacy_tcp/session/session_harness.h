#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "adapters/legacy_tcp/session/session.h"
#include "adapters/legacy_tcp/wire/package.h"
#include "gtest/gtest.h"

namespace interconnect::legacy {

inline std::string text_of(const StoreError& error) { return std::string(to_string(error.kind)); }

inline std::string text_of(const AppendOutcome& outcome) {
  if (const auto* appended = std::get_if<Appended>(&outcome)) {
    return "appended " + std::to_string(appended->last_revision);
  }
  if (const auto* wrong = std::get_if<WrongExpectedVersion>(&outcome)) {
    return "wrong version, " + (wrong->current ? std::to_string(*wrong->current) : std::string("unknown"));
  }
  return text_of(std::get<StoreError>(outcome));
}

inline std::string text_of(const ReadOutcome& outcome) {
  const auto* page = std::get_if<StreamPage>(&outcome);
  if (page == nullptr) return text_of(std::get<StoreError>(outcome));
  std::ostringstream text;
  for (const EventView& event : page->events) text << event.stream << "@" << event.revision << "/" << event.type << " ";
  if (!page->stream_exists) text << "no stream ";
  text << (page->end_of_stream ? "end" : "next " + std::to_string(page->next));
  return text.str();
}

// An action as one line.
inline std::string text_of(const Action& action) {
  std::ostringstream text;
  if (const auto* connect = std::get_if<Connect>(&action)) {
    text << "connect " << connect->endpoint.host << ":" << connect->endpoint.port;
  } else if (const auto* ask = std::get_if<AskGossip>(&action)) {
    text << "ask " << ask->host.host << ":" << ask->host.port;
  } else if (std::holds_alternative<Disconnect>(action)) {
    text << "disconnect";
  } else if (std::holds_alternative<Ready>(action)) {
    text << "ready";
  } else if (const auto* prepare = std::get_if<PrepareGroup>(&action)) {
    text << "prepare " << prepare->subscription << (prepare->may_update ? "" : " without update");
  } else if (const auto* end = std::get_if<GroupCommandEnd>(&action)) {
    text << "group " << end->subscription << ": ";
    if (const auto* answer = std::get_if<GroupAnswer>(&end->outcome)) {
      text << (*answer == GroupAnswer::kDone            ? "done"
               : *answer == GroupAnswer::kAlreadyExists ? "already exists"
                                                        : "does not exist");
    } else {
      text << text_of(std::get<StoreError>(end->outcome));
    }
  } else if (const auto* started = std::get_if<SubscriptionStarted>(&action)) {
    text << "started " << started->subscription;
  } else if (const auto* drop = std::get_if<SubscriptionDrop>(&action)) {
    text << "dropped " << drop->subscription << ": " << to_string(drop->reason);
  } else if (const auto* push = std::get_if<Push>(&action)) {
    text << "push " << push->delivery.subscription << " " << push->delivery.position << " retry "
         << push->delivery.retry_count << " ack " << to_string(push->delivery.ack_id) << " ";
    if (push->event) {
      text << push->event->stream << "@" << push->event->revision << " " << push->event->data;
    } else {
      text << "gone";
    }
  } else if (const auto* append = std::get_if<AppendCompleted>(&action)) {
    text << "append " << append->id << ": " << text_of(append->outcome);
  } else if (const auto* read = std::get_if<ReadCompleted>(&action)) {
    text << "read " << read->id << ": " << text_of(read->outcome);
  } else if (const auto* probe = std::get_if<ProbeCompleted>(&action)) {
    text << "probe " << probe->id << ": " << (probe->error ? text_of(*probe->error) : "well");
  } else if (std::holds_alternative<Lost>(action)) {
    text << "lost";
  }
  return text.str();
}

using Lines = std::vector<std::string>;

// Takes the actions as lines.
inline Lines take(Actions& actions) {
  Lines lines;
  for (const Action& action : actions) lines.push_back(text_of(action));
  actions.clear();
  return lines;
}

struct Sent {
  Command command{};
  CorrelationId correlation;
  std::string login;
  std::string payload;
};

// Takes what the session wants to send.
inline std::vector<Sent> take_sent(Session& session) {
  std::vector<Sent> sent;
  std::string bytes;
  std::swap(bytes, session.output());
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const auto decoded = decode_package(rest);
    const auto* framed = std::get_if<Framed>(&decoded);
    if (framed == nullptr) {
      ADD_FAILURE() << "what is sent is no whole package";
      break;
    }
    const Package& package = framed->package;
    sent.push_back(
        {package.command, package.correlation,
         package.login ? std::string(package.login->username) + ":" + std::string(package.login->password) : "",
         std::string(package.payload)});
    rest.remove_prefix(framed->size);
  }
  return sent;
}

inline std::string frame_of(Command command, const CorrelationId& correlation, std::string_view payload = {}) {
  std::string bytes;
  put_package_header(bytes, command, correlation, payload.size());
  return bytes.append(payload);
}

}  // namespace interconnect::legacy
