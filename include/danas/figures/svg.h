// Pictures as SVG text (SVG 1.1): a list of elements with numbers in pixels, escaped and well formed by construction.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace danas {

// Text for XML and HTML, in attributes and between tags. Whatever is not UTF-8, and control characters, become U+FFFD.
std::string XmlText(std::string_view text);

std::string Base64(std::string_view bytes);

enum class Anchor { kStart, kMiddle, kEnd };

struct TextStyle {
  double size = 12;
  Anchor anchor = Anchor::kStart;
  double turn = 0;  // degrees, clockwise, about the anchor
  bool bold = false;
  std::string colour = "#222";
};

struct LineStyle {
  std::string colour = "#222";
  double width = 1;
  std::string dash = {};  // stroke-dasharray; empty: solid
};

using Point = std::pair<double, double>;

class Svg {
 public:
  // `title` and `description` are what a screen reader says.
  Svg(double width, double height, std::string title, std::string description);

  void Rectangle(double x, double y, double width, double height, const std::string& fill, double opacity = 1);
  void Line(Point from, Point to, const LineStyle& style = {});
  void Polyline(const std::vector<Point>& points, const LineStyle& style);
  void Polygon(const std::vector<Point>& points, const std::string& fill, double opacity);
  void Dot(Point centre, double radius, const std::string& fill);
  void Text(Point at, std::string_view text, const TextStyle& style = {});
  // What follows, up to EndGroup(), is one thing, which says `title` to a reader who points at it. `kind` is its class
  // for styles and scripts of a page.
  void BeginGroup(std::string_view title, const std::string& kind);
  void EndGroup();
  void PngImage(double x, double y, double width, double height, std::string_view png);

  // A document of its own, with the XML namespace; it can stand inside HTML too.
  std::string Document() const;

 private:
  double width_, height_;
  std::string title_, description_;
  std::string elements_;
};

}  // namespace danas
