// Whether two runs found the same, from their folders.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "danas/core/json.h"
#include "tests/support/test_support.h"

namespace danas::test {

// Without what times change.
inline std::vector<Json> Events(const std::filesystem::path& log) {
  std::vector<Json> events;
  std::istringstream lines(ReadText(log));
  for (std::string line; std::getline(lines, line);) {
    Json event = Json::parse(line);
    event.erase("time");
    event.erase("timing");
    events.push_back(std::move(event));
  }
  return events;
}

// To the bit, but for times.
inline void ExpectSameRun(const std::filesystem::path& expected, const std::filesystem::path& run) {
  for (const char* file : {"best.json", "weights.safetensors", "space-step1.json", "space-step2.json",
                           "space-step3.json", "config.json"}) {
    EXPECT_EQ(ReadText(expected / file), ReadText(run / file)) << file;
  }
  for (const char* log : {"log.jsonl", "alpha.jsonl"}) {
    const std::vector<Json> a = Events(expected / log), b = Events(run / log);
    ASSERT_EQ(a.size(), b.size()) << log;
    for (size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i], b[i]) << log << ", line " << i + 1;
  }
}

inline void ExpectNearJson(const Json& actual, const Json& expected, double tolerance, const std::string& where) {
  if (expected.is_structured()) {
    ASSERT_EQ(actual.size(), expected.size()) << where;
    for (const auto& [key, value] : expected.items()) {
      const Json& found = expected.is_array() ? actual.at(std::stoul(key)) : actual.at(key);
      ExpectNearJson(found, value, tolerance, where + "." + key);
    }
  } else if (expected.is_number_float()) {
    const double want = expected.get<double>();
    EXPECT_NEAR(actual.get<double>(), want, tolerance * std::max(1.0, std::abs(want))) << where;
  } else {
    EXPECT_EQ(actual, expected) << where;
  }
}

// The numbers of the logs, relative above 1, but for what says where it was computed.
inline void ExpectNearRun(const std::filesystem::path& expected, const std::filesystem::path& run, double tolerance) {
  for (const char* log : {"log.jsonl", "alpha.jsonl"}) {
    std::vector<Json> a = Events(expected / log), b = Events(run / log);
    ASSERT_EQ(a.size(), b.size()) << log;
    for (size_t i = 0; i < a.size(); ++i) {
      for (const char* of_machine : {"memory_bytes", "device"}) {
        a[i].erase(of_machine);
        b[i].erase(of_machine);
      }
      ExpectNearJson(b[i], a[i], tolerance, std::string(log) + ", line " + std::to_string(i + 1));
    }
  }
}

}  // namespace danas::test
