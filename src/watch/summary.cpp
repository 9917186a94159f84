#include "src/watch/summary.h"

#include <algorithm>
#include <iterator>
#include <protozero/pbf_writer.hpp>

#include "src/watch/tfrecord.h"

namespace danas {
namespace {

using Field = protozero::pbf_tag_type;

// Numbers of the fields, and the two values of enums that are used.
namespace event {
constexpr Field kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5, kSessionLog = 7;
}  // namespace event
namespace session_log {
constexpr Field kStatus = 1, kStart = 1;
}  // namespace session_log
namespace summary_value {
constexpr Field kInSummary = 1, kTag = 1, kSimpleValue = 2, kHistogram = 5, kTensor = 8, kMetadata = 9;
}  // namespace summary_value
namespace histogram {
constexpr Field kMin = 1, kMax = 2, kCount = 3, kSum = 4, kSumOfSquares = 5, kLimits = 6, kBuckets = 7;
}  // namespace histogram
namespace tensor {
constexpr Field kType = 1, kString = 7, kShape = 2, kStrings = 8;
}  // namespace tensor
namespace metadata {
constexpr Field kPlugin = 1, kPluginName = 1;
}  // namespace metadata

// A message under construction. As protobuf 3 has it, a number that is zero is left out, but where a field says which
// of several is meant (Float).
class Message {
 public:
  Message& Double(Field field, double number) {
    if (number != 0) Writer().add_double(field, number);
    return *this;
  }
  Message& Float(Field field, float number) {
    Writer().add_float(field, number);
    return *this;
  }
  Message& Integer(Field field, int64_t number) {
    if (number != 0) Writer().add_int64(field, number);
    return *this;
  }
  // A text, or a message within this one.
  Message& Bytes(Field field, std::string_view bytes) {
    Writer().add_bytes(field, bytes.data(), bytes.size());
    return *this;
  }
  Message& Doubles(Field field, const std::vector<double>& numbers) {
    Writer().add_packed_double(field, numbers.begin(), numbers.end());
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  protozero::pbf_writer Writer() { return protozero::pbf_writer(bytes_); }  // appends

  std::string bytes_;
};

Message Value(std::string_view tag) {
  Message message;
  message.Bytes(summary_value::kTag, tag);
  return message;
}

std::string InSummary(const Message& value) {
  return Message().Bytes(summary_value::kInSummary, value.bytes()).bytes();
}

std::string EventRecord(double wall_time, int64_t step, Field field, std::string_view content) {
  return TfRecord(
      Message().Double(event::kWallTime, wall_time).Integer(event::kStep, step).Bytes(field, content).bytes());
}

}  // namespace

void Summary::AddScalar(std::string_view tag, double value) {
  message_ += InSummary(Value(tag).Float(summary_value::kSimpleValue, static_cast<float>(value)));
}

void Summary::AddHistogram(std::string_view tag, const std::vector<double>& weights) {
  const auto is_used = [](double weight) { return weight > 0; };
  const auto first = std::ranges::find_if(weights, is_used);
  const std::vector<double> used(first,
                                 std::find_if(weights.rbegin(), std::make_reverse_iterator(first), is_used).base());
  const auto least = static_cast<double>(first - weights.begin());
  double right = least, count = 0, sum = 0, squares = 0;
  std::vector<double> limits;
  for (const double weight : used) {
    const double middle = right + 0.5;
    count += weight;
    sum += weight * middle;
    squares += weight * middle * middle;
    limits.push_back(++right);
  }
  Message message;
  message.Double(histogram::kMin, least)
      .Double(histogram::kMax, right)
      .Double(histogram::kCount, count)
      .Double(histogram::kSum, sum)
      .Double(histogram::kSumOfSquares, squares)
      .Doubles(histogram::kLimits, limits)
      .Doubles(histogram::kBuckets, used);
  message_ += InSummary(Value(tag).Bytes(summary_value::kHistogram, message.bytes()));
}

// A tensor without dimensions that holds one string; the metadata names who shows it.
void Summary::AddText(std::string_view tag, std::string_view markdown) {
  Message text;
  text.Integer(tensor::kType, tensor::kString).Bytes(tensor::kShape, "").Bytes(tensor::kStrings, markdown);
  const Message plugin = Message().Bytes(metadata::kPluginName, "text");
  const Message described_by = Message().Bytes(metadata::kPlugin, plugin.bytes());
  message_ += InSummary(
      Value(tag).Bytes(summary_value::kTensor, text.bytes()).Bytes(summary_value::kMetadata, described_by.bytes()));
}

std::string SummaryRecord(double wall_time, int64_t step, const Summary& summary) {
  return EventRecord(wall_time, step, event::kSummary, summary.message());
}

std::string VersionRecord(double wall_time) { return EventRecord(wall_time, 0, event::kFileVersion, "brain.Event:2"); }

std::string SessionStartRecord(double wall_time, int64_t step) {
  const Message start = Message().Integer(session_log::kStatus, session_log::kStart);
  return EventRecord(wall_time, step, event::kSessionLog, start.bytes());
}

}  // namespace danas
