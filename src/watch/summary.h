// What TensorBoard shows of one step of a run, as records of an event file. The messages are Event, SessionLog,
// Summary, HistogramProto and TensorProto of TensorFlow's .proto files, written field by field.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace danas {

class Summary {
 public:
  // Kept in 32 bits, as TensorBoard keeps every scalar.
  void AddScalar(std::string_view tag, double value);

  // Bucket c holds `weights[c]` and reaches from c to c + 1. Empty buckets at both ends are left out.
  void AddHistogram(std::string_view tag, const std::vector<double>& weights);

  void AddText(std::string_view tag, std::string_view markdown);

  bool empty() const { return message_.empty(); }
  const std::string& message() const { return message_; }  // its protobuf encoding

 private:
  std::string message_;
};

// `wall_time` in seconds since 1970.
std::string SummaryRecord(double wall_time, int64_t step, const Summary& summary);

// The first record of every event file.
std::string VersionRecord(double wall_time);

// Says that a run begins. TensorBoard, where it followed an earlier file of the run, then forgets what that one said of
// this step and later ones.
std::string SessionStartRecord(double wall_time, int64_t step);

}  // namespace danas
