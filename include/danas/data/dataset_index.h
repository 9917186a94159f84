// One form for every dataset: a list of samples with labels, where the bytes of each come from, and the classes' names.
// A subset (split, class schedule, a process's share) is a list of indices into it, never a copy.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "danas/config/data_config.h"
#include "danas/data/bad_images.h"
#include "danas/data/image.h"
#include "danas/data/persons.h"

namespace danas {

// How an image is stored, without its picture.
struct StoredImage {
  std::string name;    // within the set, wherever that is: "cat/1.jpg", "record 12"
  uint64_t bytes = 0;  // of its file or record; 0: not known
};

// Where pictures come from. Implementations: files on disk; records of CIFAR, IDX and packed sets in mapped memory.
// Safe to call from several threads at once.
class ImageSource {
 public:
  virtual ~ImageSource() = default;
  // The part of image `index` that `choose` asks for once the size is known. Throws DataError with the file's name (and
  // the record's number) and the reason.
  virtual Image LoadPart(int64_t index, const ChooseBox& choose) const = 0;
  // What to call the image in messages: its path, or "train.bin, record 12".
  virtual std::string Name(int64_t index) const = 0;
  // The bytes of the image's file, for copying; none where pictures have no files (CIFAR, IDX). Throws as LoadPart().
  virtual std::optional<std::vector<uint8_t>> EncodedBytes(int64_t) const { return std::nullopt; }
  virtual StoredImage Stored(int64_t index) const { return {.name = Name(index)}; }
  // A hash of what is stored: the file's bytes, the record's pixels; packed sets hold one of each image, others read
  // them. 0: none is known. Throws as LoadPart().
  virtual uint64_t ContentHash(int64_t) const { return 0; }
  // What is damaged but for single images, a line each, for `danas data check`.
  virtual std::vector<std::string> FindDamage() const { return {}; }

  Image Load(int64_t index) const { return LoadPart(index, WholeBox); }
};

struct ClassList {
  std::vector<std::string> ids;  // the dataset's own: folder names in bytewise order (as torchvision), or label names
  std::vector<std::string> labels;  // texts to show; equal to ids where nothing else is known
};

struct DatasetIndex {
  std::string name;                       // path it came from
  DataFormat format = DataFormat::kAuto;  // as recognised
  std::string origin;                     // of a packed set: what it was packed from and how, for people
  ClassList classes;
  std::vector<std::string> passed_over;  // folders that were not visited, and persons that were left out, with the
                                         // reasons, as lines for people
  std::vector<int> labels;               // of every image: position in `classes`
  std::shared_ptr<const ImageSource> images;
  // Of key-points alone:
  std::shared_ptr<const PersonSet> persons;    // sample i is persons->persons[i]; images->Load(i) is that one's picture
  std::shared_ptr<const PersonSet> annotated;  // everybody, crowds too, for the metric
  std::shared_ptr<const ImageSource> pictures;  // of persons->images
  std::shared_ptr<BadImages> bad;  // with data.on_error 'skip'; else an image that cannot be read is an error
  uint64_t fingerprint = 0;        // hash of the format, and of sorted relative names, sizes and labels

  // What a network's outputs stand for: the classes, or the key-points.
  ClassList outputs() const;

  int64_t size() const { return static_cast<int64_t>(labels.size()); }
};

struct Dataset {
  DatasetIndex train;
  DatasetIndex test;  // has the same classes
};

// Finds and reads the training and the test set that `config` names. Throws DataError: a folder is missing, a format is
// not recognised, files are short, the test set's classes differ (the differences are listed).
Dataset OpenDataset(const DataConfig& config);

// The same in two steps, for what must be looked at before the classes are compared.
Dataset OpenBothSets(const DataConfig& config);
void RequireSameClasses(const DatasetIndex& train, const DatasetIndex& test);

// The training set alone; search never opens the test set.
DatasetIndex OpenTrainingSet(const DataConfig& config);

// The test set alone, for a network that knows its outputs.
DatasetIndex OpenTestSet(const DataConfig& config);

struct NamedSet {
  std::string name;  // "train", "val" or "test"; empty for a set on its own
  DatasetIndex set;
};

// What is at `path`: the training set and the test set, if there is one, of a dataset's root (as data.root names it),
// or one set (as data.train names it). `config` says the rest. Throws as OpenDataset().
std::vector<NamedSet> OpenSetsAt(const std::filesystem::path& path, DataConfig config);

// The layout of the training set's files, without reading them; of a packed set that of the files it was packed from.
// Throws DataError as OpenTrainingSet() does.
DataFormat FormatOfTrainingSet(const DataConfig& config);

// Classes and the images of each, for messages and plans: the count of every class, in the order of `classes`.
std::vector<int64_t> ImagesPerClass(const DatasetIndex& dataset);

}  // namespace danas
