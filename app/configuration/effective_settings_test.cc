// What the settings are in effect, and where each comes from.

#include <set>

#include "app/configuration/configuration_test_base.h"

namespace interconnect {
namespace {

using testing::EndsWith;

class EffectiveSettingsTest : public ConfigurationTest {
 protected:
  // The setting, or one of no name.
  static EffectiveSetting find(const Settings& settings, const std::string& name) {
    for (const EffectiveSetting& setting : settings.effective) {
      if (setting.name == name) return setting;
    }
    return {};
  }
};

TEST_F(EffectiveSettingsTest, NamesTheLineOfWhatTheFileSets) {
  const Settings settings =
      read(std::string(kSmallFile) + "source:\n  reconnection: {delay: 7}\nonLinkFailure: wait\n");
  EXPECT_EQ(find(settings, "source.reconnection.delay").value, "7 ms");
  EXPECT_THAT(find(settings, "source.reconnection.delay").origin, EndsWith("config.yaml:4"));
  EXPECT_EQ(find(settings, "source.reconnection.maxAttempts").origin, "default");
  EXPECT_EQ(find(settings, "onLinkFailure").value, "wait");
  EXPECT_THAT(find(settings, "subscriptions[0].stream").origin, EndsWith("config.yaml:1"));
}

TEST_F(EffectiveSettingsTest, NamesVariables) {
  set("EVENT_WRITER_TIMEOUT_IN_MS") = "900";
  set("HTTP_PORT_SRC") = "3333";
  const Settings settings = read();
  EXPECT_EQ(find(settings, "EVENTSTORE_INTERCO_EVENT_WRITER_TIMEOUT_IN_MS"),
            (EffectiveSetting{"EVENTSTORE_INTERCO_EVENT_WRITER_TIMEOUT_IN_MS", "900 ms", "the environment"}));
  EXPECT_EQ(find(settings, "source.http").value, "old.example:3333");
  EXPECT_EQ(find(settings, "source.http").origin,
            "EVENTSTORE_INTERCO_HTTP_ENDPOINT_SRC, EVENTSTORE_INTERCO_HTTP_PORT_SRC");
  EXPECT_EQ(find(settings, "CONNECTION_LINK_CHECK_INTERVAL_IN_MS").origin, "default");
}

TEST_F(EffectiveSettingsTest, TellsTheOptionsOfAConnectionStringFromItsDefaults) {
  set("CONNECTION_STRING_DST") = "esdb://a.example,b.example?TLS=false&nodePreference=Follower";
  const Settings settings = read();
  EXPECT_EQ(find(settings, "destination.hosts").value, "a.example:2113,b.example:2113");
  EXPECT_EQ(find(settings, "destination.tls").origin, "EVENTSTORE_INTERCO_CONNECTION_STRING_DST");
  EXPECT_EQ(find(settings, "destination.nodePreference").value, "leader") << "a follower is never written to";
  EXPECT_EQ(find(settings, "destination.gossipTimeout").value, "5000 ms");
  EXPECT_EQ(find(settings, "destination.gossipTimeout").origin, "default");
}

TEST_F(EffectiveSettingsTest, HoldsNoSecret) {
  set("CREDENTIALS_PASSWORD_SRC") = "hush-source";
  set("CONNECTION_STRING_DST") = "esdb://someone:hush-destination@new.example?tls=false";
  const Settings settings = read();
  for (const EffectiveSetting& setting : settings.effective) {
    EXPECT_EQ((setting.name + setting.value + setting.origin).find("hush"), std::string::npos) << setting.name;
  }
  EXPECT_EQ(find(settings, "source.password").value, "******");
  EXPECT_EQ(find(settings, "destination.username").value, "someone");
  EXPECT_EQ(find(settings, "destination.password").origin, "EVENTSTORE_INTERCO_CONNECTION_STRING_DST");
}

TEST_F(EffectiveSettingsTest, NamesEachSettingOnce) {
  std::set<std::string> names;
  for (const EffectiveSetting& setting : read().effective) {
    EXPECT_TRUE(names.insert(setting.name).second) << setting.name;
  }
}

}  // namespace
}  // namespace interconnect
