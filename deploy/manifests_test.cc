// The copier is told the variables and files that a manifest gives its container, put into a folder of the test's own
// in the place of the container's root.

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "adapters/yaml_config/yaml_document.h"
#include "app/configuration/read_settings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

const YamlNode kNothing;

const YamlNode* find(const YamlNode& map, std::string_view key) {
  for (const YamlNode::Member& member : map.members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

// What is at that path, which must be there: "spec.template.spec".
const YamlNode& at(const YamlNode& node, std::string_view path) {
  const std::size_t dot = path.find('.');
  const YamlNode* const next = find(node, path.substr(0, dot));
  if (next == nullptr) {
    ADD_FAILURE() << "no " << path;
    return kNothing;
  }
  return dot == std::string_view::npos ? *next : at(*next, path.substr(dot + 1));
}

std::string text_of(const std::string& file) {
  std::ifstream stream("deploy/" + file);
  if (!stream) ADD_FAILURE() << "no file deploy/" << file;
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

YamlNode yaml_of(const std::string& file) {
  auto read = read_yaml(text_of(file));
  if (const auto* error = std::get_if<YamlError>(&read)) {
    ADD_FAILURE() << file << ":" << error->mark.line << ": " << error->message;
    return {};
  }
  return std::get<YamlNode>(std::move(read));
}

// The container's variables. Paths are those of its root.
class ContainerEnvironment final : public Environment {
 public:
  explicit ContainerEnvironment(std::string root) : root_(std::move(root)) {}

  void set(const std::string& name, const std::string& value) { variables_[name] = value; }
  std::optional<std::string> get(std::string_view variable) const override {
    asked_.emplace(variable);
    const auto found = variables_.find(std::string(variable));
    if (found == variables_.end()) return std::nullopt;
    return found->second.starts_with('/') ? root_ + found->second : found->second;
  }

  // Those that nobody has asked for: misspelt, most likely.
  std::set<std::string> unasked() const {
    std::set<std::string> names;
    for (const auto& [name, value] : variables_) {
      if (!asked_.contains(name)) names.insert(name);
    }
    return names;
  }

 private:
  const std::string root_;
  std::map<std::string, std::string> variables_;
  mutable std::set<std::string> asked_;
};

class ManifestsTest : public testing::Test {
 protected:
  ManifestsTest() { std::filesystem::remove_all(root_); }

  // What a mounted file names by a path of the container is looked for in the container's root.
  void write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(root_ + path).parent_path());
    std::ofstream(root_ + path) << std::regex_replace(text, std::regex("File: /"), "File: " + root_ + "/");
  }

  Settings read() {
    auto result = read_settings(environment_, std::nullopt);
    EXPECT_THAT(environment_.unasked(), testing::IsEmpty()) << "unknown to the copier";
    if (const auto* errors = std::get_if<ConfigurationErrors>(&result)) {
      ADD_FAILURE() << errors->message();
      return {};
    }
    EXPECT_THAT(std::get<Settings>(result).warnings, testing::IsEmpty());
    return std::get<Settings>(std::move(result));
  }

  const std::string root_ = testing::TempDir() + testing::UnitTest::GetInstance()->current_test_info()->name();
  ContainerEnvironment environment_{root_};
};

TEST_F(ManifestsTest, ComposeTellsTheCopierWhatItNeeds) {
  const YamlNode compose = yaml_of("compose.yaml");
  const YamlNode& service = at(compose, "services.interconnect");
  environment_.set("EVENTSTORE_INTERCO_CONFIG", "/etc/interconnect/interconnect.yaml");  // set by the image
  for (const auto& [name, mark, value] : at(service, "environment").members) environment_.set(name, value.scalar);
  for (const YamlNode& volume : at(service, "volumes").items) {  // ./FROM:TO:ro
    const std::string& text = volume.scalar;
    const std::size_t colon = text.find(':');
    write(text.substr(colon + 1, text.rfind(':') - colon - 1), text_of(text.substr(2, colon - 2)));
  }
  for (const YamlNode& secret : at(service, "secrets").items) {
    write("/run/secrets/" + secret.scalar, text_of(at(compose, "secrets." + secret.scalar + ".file").scalar.substr(2)));
  }

  const Settings settings = read();
  ASSERT_TRUE(std::holds_alternative<LegacyStoreSettings>(settings.source));
  EXPECT_EQ(std::get<LegacyStoreSettings>(settings.source).tcp.host, "source");
  ASSERT_TRUE(std::holds_alternative<GrpcStoreSettings>(settings.destination));
  EXPECT_EQ(std::get<GrpcStoreSettings>(settings.destination).hosts.front().host, "destination");
  ASSERT_TRUE(settings.monitoring.http.has_value()) << "the image's health check asks for it";
  EXPECT_EQ(settings.monitoring.http->host, "0.0.0.0") << "Prometheus is in another container";
  const YamlNode prometheus = yaml_of("compose/prometheus.yml");
  const YamlNode& scrape = at(prometheus, "scrape_configs").items.front();
  EXPECT_EQ(at(at(scrape, "static_configs").items.front(), "targets").items.front().scalar,
            "interconnect:" + std::to_string(settings.monitoring.http->port));
  EXPECT_EQ(text_of(at(compose, "secrets.monitoring-token.file").scalar.substr(2)),
            settings.monitoring.http_access.token.value_or("none") + "\n");
  EXPECT_EQ(at(scrape, "authorization.credentials_file").scalar, "/run/secrets/monitoring-token");
  EXPECT_EQ(at(compose, "services.prometheus.secrets").items.front().scalar, "monitoring-token");
  for (const char* store : {"source", "destination"}) {
    EXPECT_NE(find(at(compose, "services"), store), nullptr) << "the copier is sent to it";
    EXPECT_EQ(at(compose, std::string("services.") + store + ".environment.EVENTSTORE_RUN_PROJECTIONS").scalar, "All");
  }
}

TEST_F(ManifestsTest, KubernetesTellsTheCopierWhatItNeeds) {
  const YamlNode deployment = yaml_of("kubernetes/deployment.yaml");
  const YamlNode configuration = yaml_of("kubernetes/configmap.yaml");
  const YamlNode secret = yaml_of("kubernetes/secret.yaml");
  const YamlNode& pod = at(deployment, "spec.template.spec");
  ASSERT_EQ(at(pod, "containers").items.size(), 1u);
  const YamlNode& container = at(pod, "containers").items.front();

  for (const YamlNode& variable : at(container, "env").items) {
    const YamlNode* const value = find(variable, "value");
    std::string text;
    if (value != nullptr) {
      text = value->scalar;
    } else {
      EXPECT_EQ(at(variable, "valueFrom.secretKeyRef.name").scalar, at(secret, "metadata.name").scalar);
      text = at(secret, "stringData." + at(variable, "valueFrom.secretKeyRef.key").scalar).scalar;
    }
    environment_.set(at(variable, "name").scalar, text);
  }
  for (const YamlNode& mount : at(container, "volumeMounts").items) {
    for (const YamlNode& volume : at(pod, "volumes").items) {
      if (at(volume, "name").scalar != at(mount, "name").scalar) continue;
      const bool is_secret = find(volume, "secret") != nullptr;
      EXPECT_EQ(at(volume, is_secret ? "secret.secretName" : "configMap.name").scalar,
                at(is_secret ? secret : configuration, "metadata.name").scalar);
      for (const auto& [key, mark, value] :
           (is_secret ? at(secret, "stringData") : at(configuration, "data")).members) {
        write(at(mount, "mountPath").scalar + "/" + key, value.scalar);
      }
    }
  }

  const Settings settings = read();
  ASSERT_FALSE(settings.subscriptions.empty());
  EXPECT_EQ(settings.subscriptions.front().settings.consumer_strategy, ConsumerStrategy::kPinned);
  EXPECT_EQ(at(pod, "securityContext.runAsNonRoot").scalar, "true");
  ASSERT_TRUE(settings.monitoring.http.has_value());
  EXPECT_EQ(settings.monitoring.http->host, "0.0.0.0") << "the probes come from the node";
  ASSERT_EQ(at(container, "ports").items.size(), 1u);
  EXPECT_EQ(at(at(container, "ports").items.front(), "containerPort").scalar,
            std::to_string(settings.monitoring.http->port));
  EXPECT_EQ(settings.monitoring.http_access.token, at(secret, "stringData.monitoring-token").scalar);
  for (const auto& [probe, path] : {std::pair("livenessProbe", "/healthz"), {"readinessProbe", "/readyz"}}) {
    EXPECT_EQ(at(container, std::string(probe) + ".httpGet.path").scalar, path);
    EXPECT_EQ(at(container, std::string(probe) + ".httpGet.port").scalar,
              at(at(container, "ports").items.front(), "name").scalar);
  }
}

TEST_F(ManifestsTest, KubernetesFindsTheCopiersByTheirLabel) {
  const YamlNode deployment = yaml_of("kubernetes/deployment.yaml");
  const YamlNode& labels = at(deployment, "spec.template.metadata.labels");
  ASSERT_EQ(labels.members.size(), 1u);
  const auto expect_label = [&](const YamlNode& selector, const char* what) {
    ASSERT_EQ(selector.members.size(), 1u) << what;
    EXPECT_EQ(selector.members.front().key, labels.members.front().key) << what;
    EXPECT_EQ(selector.members.front().value.scalar, labels.members.front().value.scalar) << what;
  };
  const YamlNode service = yaml_of("kubernetes/service.yaml");
  const YamlNode monitor = yaml_of("kubernetes/prometheus-operator/servicemonitor.yaml");
  expect_label(at(deployment, "spec.selector.matchLabels"), "deployment");
  expect_label(at(yaml_of("kubernetes/poddisruptionbudget.yaml"), "spec.selector.matchLabels"), "budget");
  expect_label(at(yaml_of("kubernetes/networkpolicy.yaml"), "spec.podSelector.matchLabels"), "network policy");
  expect_label(at(service, "spec.selector"), "service");
  expect_label(at(service, "metadata.labels"), "service, to the monitor");
  expect_label(at(monitor, "spec.selector.matchLabels"), "service monitor");

  const YamlNode& port = at(at(deployment, "spec.template.spec.containers").items.front(), "ports").items.front();
  const YamlNode& served = at(service, "spec.ports").items.front();
  EXPECT_EQ(at(served, "targetPort").scalar, at(port, "name").scalar);
  const YamlNode& endpoint = at(monitor, "spec.endpoints").items.front();
  EXPECT_EQ(at(endpoint, "port").scalar, at(served, "name").scalar);
  const YamlNode secret = yaml_of("kubernetes/secret.yaml");
  EXPECT_EQ(at(endpoint, "authorization.credentials.name").scalar, at(secret, "metadata.name").scalar);
  EXPECT_NE(find(at(secret, "stringData"), at(endpoint, "authorization.credentials.key").scalar), nullptr);
}

TEST_F(ManifestsTest, KustomizationNamesEveryFile) {
  for (const std::string folder : {"kubernetes/", "kubernetes/prometheus-operator/"}) {
    std::set<std::string> named{"kustomization.yaml"};
    const YamlNode kustomization = yaml_of(folder + "kustomization.yaml");
    for (const YamlNode& resource : at(kustomization, "resources").items) named.insert(resource.scalar);
    std::set<std::string> there;
    for (const auto& entry : std::filesystem::directory_iterator("deploy/" + folder)) {
      if (!entry.is_directory()) there.insert(entry.path().filename());
    }
    EXPECT_EQ(named, there) << folder;
  }
  const YamlNode kustomization = yaml_of("kubernetes/kustomization.yaml");
  EXPECT_EQ(at(kustomization, "images").items.size(), 1u);
  EXPECT_EQ(
      at(at(kustomization, "images").items.front(), "name").scalar,
      at(at(yaml_of("kubernetes/deployment.yaml"), "spec.template.spec.containers").items.front(), "image").scalar);
}

}  // namespace
}  // namespace interconnect
