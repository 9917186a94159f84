#include "danas/figures/svg.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>

#include "danas/core/json.h"

namespace danas {
namespace {

// Hundredths of a pixel are enough, and make small files.
std::string Number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f", std::abs(value) < 0.005 ? 0.0 : value);
  std::string number = text.data();
  number.erase(number.find_last_not_of('0') + 1);
  if (number.back() == '.') number.pop_back();
  return number;
}

std::string Attribute(const char* name, std::string_view value) {
  return std::string(" ") + name + "=\"" + XmlText(value) + "\"";
}

std::string Attribute(const char* name, double value) { return Attribute(name, Number(value)); }

std::string StrokeOf(const LineStyle& style) {
  std::string text = Attribute("stroke", style.colour) + Attribute("stroke-width", style.width);
  if (!style.dash.empty()) text += Attribute("stroke-dasharray", style.dash);
  return text;
}

std::string PointList(const std::vector<Point>& points) {
  std::string text;
  for (const auto& [x, y] : points) text += (text.empty() ? "" : " ") + Number(x) + "," + Number(y);
  return text;
}

const char* NameOfAnchor(Anchor anchor) {
  if (anchor == Anchor::kStart) return "start";
  return anchor == Anchor::kMiddle ? "middle" : "end";
}

}  // namespace

std::string XmlText(std::string_view text) {
  // JSON's writer replaces what is not UTF-8.
  const std::string valid = Json::parse(JsonText(Json(text))).get<std::string>();
  std::string escaped;
  for (const char byte : valid) {
    switch (byte) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        if (static_cast<unsigned char>(byte) < 0x20 && byte != '\n' && byte != '\t') {
          escaped += "\xEF\xBF\xBD";
        } else {
          escaped += byte;
        }
    }
  }
  return escaped;
}

std::string Base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) {
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    for (size_t j = 0; j < 4; ++j) text += i + j > bytes.size() ? '=' : kDigits[group >> (18 - 6 * j) & 63];
  }
  return text;
}

Svg::Svg(double width, double height, std::string title, std::string description)
    : width_(width), height_(height), title_(std::move(title)), description_(std::move(description)) {}

void Svg::Rectangle(double x, double y, double width, double height, const std::string& fill, double opacity) {
  elements_ += "<rect" + Attribute("x", x) + Attribute("y", y) + Attribute("width", width) +
               Attribute("height", height) + Attribute("fill", fill);
  if (opacity != 1) elements_ += Attribute("fill-opacity", opacity);
  elements_ += "/>\n";
}

void Svg::Line(Point from, Point to, const LineStyle& style) {
  elements_ += "<line" + Attribute("x1", from.first) + Attribute("y1", from.second) + Attribute("x2", to.first) +
               Attribute("y2", to.second) + StrokeOf(style) + "/>\n";
}

void Svg::Polyline(const std::vector<Point>& points, const LineStyle& style) {
  elements_ += "<polyline" + Attribute("points", PointList(points)) + " fill=\"none\" stroke-linejoin=\"round\"" +
               StrokeOf(style) + "/>\n";
}

void Svg::Polygon(const std::vector<Point>& points, const std::string& fill, double opacity) {
  elements_ += "<polygon" + Attribute("points", PointList(points)) + Attribute("fill", fill) +
               Attribute("fill-opacity", opacity) + "/>\n";
}

void Svg::Dot(Point centre, double radius, const std::string& fill) {
  elements_ += "<circle" + Attribute("cx", centre.first) + Attribute("cy", centre.second) + Attribute("r", radius) +
               Attribute("fill", fill) + "/>\n";
}

void Svg::Text(Point at, std::string_view text, const TextStyle& style) {
  elements_ += "<text" + Attribute("x", at.first) + Attribute("y", at.second) + Attribute("font-size", style.size) +
               Attribute("fill", style.colour);
  if (style.anchor != Anchor::kStart) elements_ += Attribute("text-anchor", NameOfAnchor(style.anchor));
  if (style.bold) elements_ += Attribute("font-weight", "bold");
  if (style.turn != 0) {
    elements_ +=
        Attribute("transform", "rotate(" + Number(style.turn) + " " + Number(at.first) + " " + Number(at.second) + ")");
  }
  elements_ += ">" + XmlText(text) + "</text>\n";
}

void Svg::BeginGroup(std::string_view title, const std::string& kind) {
  elements_ += "<g" + Attribute("class", kind) + "><title>" + XmlText(title) + "</title>\n";
}

void Svg::EndGroup() { elements_ += "</g>\n"; }

void Svg::PngImage(double x, double y, double width, double height, std::string_view png) {
  // xlink:href is deprecated in SVG 2, but the only name that programs for SVG 1.1 know.
  const std::string link = "data:image/png;base64," + Base64(png);
  elements_ += "<image" + Attribute("x", x) + Attribute("y", y) + Attribute("width", width) +
               Attribute("height", height) +
               " preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" xlink:href=\"" + link + "\"/>\n";
}

std::string Svg::Document() const {
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\"" +
         Attribute("width", width_) + Attribute("height", height_) +
         Attribute("viewBox", "0 0 " + Number(width_) + " " + Number(height_)) + " role=\"img\"" +
         Attribute("aria-label", title_) + " font-family=\"system-ui, 'DejaVu Sans', Arial, sans-serif\">\n<title>" +
         XmlText(title_) + "</title>\n<desc>" + XmlText(description_) + "</desc>\n" + elements_ + "</svg>\n";
}

}  // namespace danas
