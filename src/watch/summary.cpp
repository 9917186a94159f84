#include "src/watch/summary.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <iterator>

#include "src/watch/tfrecord.h"

namespace danas {
namespace {

using google::protobuf::io::CodedOutputStream;
using google::protobuf::io::StringOutputStream;
using Wire = google::protobuf::internal::WireFormatLite;

// Numbers of the fields, and the two values of enums that are used.
namespace event {
constexpr int kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5, kSessionLog = 7;
}  // namespace event
namespace session_log {
constexpr int kStatus = 1, kStart = 1;
}  // namespace session_log
namespace summary_value {
constexpr int kInSummary = 1, kTag = 1, kSimpleValue = 2, kHistogram = 5, kTensor = 8, kMetadata = 9;
}  // namespace summary_value
namespace histogram {
constexpr int kMin = 1, kMax = 2, kCount = 3, kSum = 4, kSumOfSquares = 5, kLimits = 6, kBuckets = 7;
}  // namespace histogram
namespace tensor {
constexpr int kType = 1, kString = 7, kShape = 2, kStrings = 8;
}  // namespace tensor
namespace metadata {
constexpr int kPlugin = 1, kPluginName = 1;
}  // namespace metadata

// A message under construction. As protobuf 3 has it, a number that is zero is left out, but where a field says which
// of several is meant (Float).
class Message {
 public:
  Message& Double(int field, double number) {
    return number == 0 ? *this : Append([&](CodedOutputStream* out) { Wire::WriteDouble(field, number, out); });
  }
  Message& Float(int field, float number) {
    return Append([&](CodedOutputStream* out) { Wire::WriteFloat(field, number, out); });
  }
  Message& Integer(int field, int64_t number) {
    return number == 0 ? *this : Append([&](CodedOutputStream* out) { Wire::WriteInt64(field, number, out); });
  }
  // A text, or a message within this one.
  Message& Bytes(int field, std::string_view bytes) {
    return Append([&](CodedOutputStream* out) { Wire::WriteBytes(field, std::string(bytes), out); });
  }
  Message& Doubles(int field, const std::vector<double>& numbers) {
    return Append([&](CodedOutputStream* out) {
      Wire::WriteTag(field, Wire::WIRETYPE_LENGTH_DELIMITED, out);
      out->WriteVarint32(static_cast<uint32_t>(numbers.size() * sizeof(double)));
      for (const double number : numbers) Wire::WriteDoubleNoTag(number, out);
    });
  }
  const std::string& bytes() const { return bytes_; }

 private:
  template <typename Write>
  Message& Append(const Write& write) {
    StringOutputStream stream(&bytes_);  // appends
    CodedOutputStream out(&stream);
    write(&out);
    return *this;
  }

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

std::string EventRecord(double wall_time, int64_t step, int field, std::string_view content) {
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
