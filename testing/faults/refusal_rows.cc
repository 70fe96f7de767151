#include <utility>

#include "testing/faults/row.h"

namespace interconnect::testing {
namespace {

using std::chrono::milliseconds;

std::function<void(Scene&)> at_destination(std::string misbehaviour) {
  return [misbehaviour = std::move(misbehaviour)](Scene& scene) {
    for (const double share : scene.random_shares(3)) {
      scene.until_copied(share);
      scene.destination().misbehave(misbehaviour);
    }
  };
}

Row refused(const std::string& name, const std::string& with, Row::Where where) {
  return {.name = name,
          .fault = "the destination answers 10 appends with " + with + ", 3 times",
          .setup = {},
          .act = at_destination(R"({"refuseAppends":{"count":10,"with":")" + with + R"("}})"),
          .where = where};
}

void not_ready(Scene& scene) {
  const auto shares = scene.random_shares(2);
  for (std::size_t i = 0; i < shares.size(); ++i) {
    scene.until_copied(shares[i]);
    Store& store = i == 0 ? scene.destination() : scene.source();
    store.misbehave(R"({"notReady":true})");
    scene.pass(milliseconds(500));
    store.misbehave(R"({"notReady":false})");
  }
}

void change_password(Scene& scene, Store& store) {
  store.change_password("another-8642");
  store.misbehave(R"({"cutConnections":true})");
  if (const int code = scene.copier().await_end(); code != 3) {
    throw Failure("the copier ended with " + std::to_string(code) + " when its password had been changed");
  }
  store.change_password(Store::kPassword);
  scene.copier().start();
}

void change_passwords(Scene& scene) {
  const auto shares = scene.random_shares(2);
  scene.until_copied(shares[0]);
  change_password(scene, scene.destination());
  scene.until_copied(shares[1]);
  change_password(scene, scene.source());
}

// The store comes back with a certificate that the copier must refuse, and say so.
void restart_with(Scene& scene, bool is_source, const std::string& certificate) {
  Store& store = is_source ? scene.source() : scene.destination();
  const auto restart = [&] { is_source ? scene.start_source_again() : scene.start_destination_again(); };
  scene.copier().stop();
  store.kill();
  scene.use_certificate(certificate);
  restart();
  const int copied = scene.destination().count("hero-");
  scene.copier().start();
  const int code = scene.copier().await_end();
  if (code != 3) throw Failure("the copier ended with " + std::to_string(code) + ": " + scene.copier().last_line());
  if (scene.copier().last_line().find("certificate") == std::string::npos) {
    throw Failure("the copier ended without a word about the certificate: " + scene.copier().last_line());
  }
  if (is_source && scene.destination().count("hero-") != copied) throw Failure("events were taken from it");
  store.kill();
  scene.use_certificate("right");
  restart();
  scene.copier().start();
}

std::function<void(Scene&)> with_certificate(std::string certificate) {
  return [certificate = std::move(certificate)](Scene& scene) {
    scene.until_copied(0.3);
    restart_with(scene, false, certificate);
    scene.until_copied(0.6);
    restart_with(scene, true, certificate);
  };
}

void cut_connections(Scene& scene) {
  for (const double share : scene.random_shares(6)) {
    scene.until_copied(share);
    (scene.random(0, 1) == 0 ? scene.source() : scene.destination()).misbehave(R"({"cutConnections":true})");
  }
}

void kill_destination(Scene& scene) {
  for (const double share : scene.random_shares(3)) {
    scene.until_copied(share);
    scene.destination().kill();
    scene.start_destination_again();
  }
}

void cut_within_message(Scene& scene) {
  for (const double share : scene.random_shares(10)) {
    scene.until_copied(share);
    scene.destination_line().each([](Proxy& proxy) { proxy.cut_within(Toward::kServer, 200); });
  }
}

}  // namespace

std::vector<Row> refusal_rows() {
  using Where = Row::Where;
  const Setup with_tls{.has_tls = true};
  const Setup with_hosts{.has_tls = true, .has_hosts = true};
  const Setup later{.is_later = true};
  const Setup later_with_proxies{.has_proxies = true, .is_later = true};
  return {
      refused("not_ready_answers", "NotReady", Where::kToLegacy),
      refused("too_busy", "TooBusy", Where::kToLegacy),
      refused("not_master", "NotMaster", Where::kToLegacy),
      refused("prepare_timeout", "PrepareTimeout", Where::kToLegacy),
      refused("commit_timeout", "CommitTimeout", Where::kToLegacy),
      refused("forward_timeout", "ForwardTimeout", Where::kToLegacy),
      refused("unavailable", "UNAVAILABLE", Where::kToNext),
      refused("resource_exhausted", "RESOURCE_EXHAUSTED", Where::kToNext),
      refused("deadline_exceeded", "DEADLINE_EXCEEDED", Where::kToNext),
      {"append_answers_lost",
       "3 appends that take place and are not answered, 3 times",
       {},
       at_destination(R"({"dropAppendAnswers":3})")},
      {"appends_ignored",
       "3 appends that neither take place nor are answered, 3 times",
       {},
       at_destination(R"({"ignoreAppends":3})")},
      {"not_ready", "destination, then source, without quorum for 0.5 s", {.restarted_after = {3}}, not_ready},
      {.name = "batches_refused",
       .fault = "a destination with BatchAppend answers 10 appends with UNAVAILABLE, 3 times",
       .setup = later,
       .act = at_destination(R"({"refuseAppends":{"count":10,"with":"UNAVAILABLE"}})"),
       .where = Where::kToNext},
      {.name = "batch_answers_lost",
       .fault = "a destination with BatchAppend does not answer 3 appends, which take place or not, 3 times",
       .setup = later,
       .act = at_destination(R"({"dropAppendAnswers":2,"ignoreAppends":1})"),
       .where = Where::kToNext},
      {.name = "batches_killed",
       .fault = "a destination with BatchAppend killed and restarted, 3 times",
       .setup = later,
       .act = kill_destination,
       .where = Where::kToNext},
      {.name = "batches_cut",
       .fault = "a line to a destination with BatchAppend cut in the middle of a message, 10 times",
       .setup = later_with_proxies,
       .act = cut_within_message,
       .where = Where::kToNext},
      {.name = "password_changed",
       .fault = "credentials wrong from one moment to the next, at the destination, then at the source",
       .setup = with_tls,
       .act = change_passwords},
      {.name = "tls",
       .fault = "TLS with client certificates, connections cut 6 times",
       .setup = {.has_tls = true, .asks_certificates = true},
       .act = cut_connections},
      {.name = "certificate_expired",
       .fault = "an expired certificate, at the destination, then at the source",
       .setup = with_tls,
       .act = with_certificate("expired")},
      {.name = "certificate_of_another_host",
       .fault = "a certificate of another host, at the destination, then at the source",
       .setup = with_tls,
       .act = with_certificate("elsewhere")},
      {.name = "hosts_certificate_expired",
       .fault = "an expired certificate, where several hosts are given, at one of which nobody is",
       .setup = with_hosts,
       .act = with_certificate("expired")},
      {.name = "hosts_certificate_of_another_host",
       .fault = "a certificate of another host, where several hosts are given, at one of which nobody is",
       .setup = with_hosts,
       .act = with_certificate("elsewhere")},
  };
}

}  // namespace interconnect::testing
