#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "adapters/prometheus/prometheus_metrics.h"
#include "gtest/gtest.h"
#include "rapidjson/document.h"

namespace interconnect {
namespace {

rapidjson::Document dashboard() {
  std::ifstream file("deploy/grafana/interconnect.json");
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  rapidjson::Document document;
  document.Parse(text.c_str());
  return document;
}

// Of every panel and variable.
std::vector<std::string> expressions(const rapidjson::Document& dashboard) {
  std::vector<std::string> all;
  for (const auto& panel : dashboard["panels"].GetArray()) {
    for (const auto& target : panel["targets"].GetArray()) all.emplace_back(target["expr"].GetString());
  }
  for (const auto& variable : dashboard["templating"]["list"].GetArray()) {
    if (variable["query"].IsObject()) all.emplace_back(variable["query"]["query"].GetString());
  }
  return all;
}

// The names of all series, and of each the names of its labels, once everything is known.
std::map<std::string, std::set<std::string>> series() {
  Subscription subscription;
  subscription.stream = "$ce-hero";
  subscription.group = "data";
  PrometheusMetrics metrics({subscription}, "1");
  for (const Store store : {Store::kSource, Store::kDestination}) metrics.on_link(store, true);
  metrics.on_progress(0, {.delivered = 1, .is_connected = true, .lag = Lag{}, .parked = 0, .consumers = 1});
  metrics.on_projection("$by_category", {.is_running = true, .percent = 100});
  std::map<std::string, std::set<std::string>> all;
  std::istringstream text(metrics.text());
  const std::regex label("([a-z_]+)=\"");
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("#")) continue;
    std::set<std::string>& labels = all[line.substr(0, line.find_first_of("{ "))];
    for (std::sregex_iterator it(line.begin(), line.end(), label), end; it != end; ++it) labels.insert((*it)[1]);
  }
  return all;
}

TEST(DashboardTest, AsksOnlyForMetricsThatThereAre) {
  const auto document = dashboard();
  ASSERT_TRUE(document.IsObject());
  const auto known = series();
  const std::regex name("interconnect_[a-z_]+");
  int asked = 0;
  for (const std::string& expression : expressions(document)) {
    for (std::sregex_iterator it(expression.begin(), expression.end(), name), end; it != end; ++it) {
      ++asked;
      EXPECT_TRUE(known.contains(it->str())) << it->str() << " in " << expression;
    }
  }
  EXPECT_GT(asked, 30);
}

TEST(DashboardTest, GroupsOnlyByLabelsThatTheMetricHas) {
  const auto document = dashboard();
  const auto known = series();
  const std::set<std::string> of_the_scrape{"job", "instance"};
  const std::regex grouping("by \\(([a-z_, ]+)\\).*?(interconnect_[a-z_]+)");
  const std::regex word("[a-z_]+");
  for (const std::string& expression : expressions(document)) {
    for (std::sregex_iterator it(expression.begin(), expression.end(), grouping), end; it != end; ++it) {
      const std::string labels = (*it)[1];
      const std::string metric = (*it)[2];
      for (std::sregex_iterator label(labels.begin(), labels.end(), word); label != end; ++label) {
        EXPECT_TRUE(of_the_scrape.contains(label->str()) || known.at(metric).contains(label->str()))
            << label->str() << " in " << expression;
      }
    }
  }
}

TEST(DashboardTest, ShowsEveryMetric) {
  std::string all;
  const auto document = dashboard();
  for (const std::string& expression : expressions(document)) all += expression + "\n";
  for (const auto& [name, labels] : series()) {
    const std::string family = std::regex_replace(name, std::regex("_(bucket|sum|count)$"), "");
    if (!family.starts_with("interconnect_")) continue;
    EXPECT_NE(all.find(family), std::string::npos) << family;
  }
}

}  // namespace
}  // namespace interconnect
