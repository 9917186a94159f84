// The dataset formats behind OpenDataset: each reads one set (training or test) into a DatasetIndex without its
// class_names texts. A failure is a DataError with the file's name.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "danas/data/dataset_index.h"

namespace danas {

enum class SetRole { kTrain, kTest };

// CIFAR-10 and CIFAR-100 binary files; `path` is a .bin file or the folder with the dataset's own file names. Class ids
// are the lines of batches.meta.txt or fine_label_names.txt beside the files, or the label numbers.
std::optional<DataFormat> RecognizeCifar(const std::filesystem::path& path);  // throws for CIFAR's Python pickles
bool HasCifarTestSet(const std::filesystem::path& folder, DataFormat format);
DatasetIndex OpenCifar(const std::filesystem::path& path, DataFormat format, SetRole role);

// MNIST's IDX files, gzipped or not; `path` is the folder that holds them or the file of images. Class ids are the
// label numbers that occur.
bool RecognizeIdx(const std::filesystem::path& path);
bool HasIdxTestSet(const std::filesystem::path& folder);
DatasetIndex OpenIdx(const std::filesystem::path& path, SetRole role);

// A folder of class folders; images are at any depth below those.
bool RecognizeFolder(const std::filesystem::path& path);
DatasetIndex OpenFolder(const std::filesystem::path& path, const DataConfig& config);

// A list of images with labels: .csv with a header that names `path` and `label`, or .jsonl with these keys. Paths are
// relative to the manifest's folder.
bool RecognizeManifest(const std::filesystem::path& path);
DatasetIndex OpenManifest(const std::filesystem::path& path, const DataConfig& config);

// COCO's key-point annotations: a .json file, or the folder that holds annotations/person_keypoints_train2017.json.
bool RecognizeCoco(const std::filesystem::path& path);
bool HasCocoTestSet(const std::filesystem::path& folder);
DatasetIndex OpenCoco(const std::filesystem::path& path, const DataConfig& config, SetRole role);

// A packed set: the folder that holds data.mdb, or that file (docs/data.md, "Packed sets").
bool RecognizePacked(const std::filesystem::path& path);
DatasetIndex OpenPacked(const std::filesystem::path& path, const DataConfig& config);
// What it was packed from. Throws DataError for other databases and where packing was not finished.
DataFormat SourceFormatOfPacked(const std::filesystem::path& path);

// Image files on disk, decoded when asked for. Names are relative to `root`.
std::shared_ptr<const ImageSource> MakeFileSource(std::filesystem::path root, std::vector<StoredImage> images,
                                                  int64_t max_pixels);

// The size of an image file. Throws DataError for what can be seen without opening it: not there, a dangling link, not
// a file, empty. 0 in these cases with OnBadImage::kSkip: the image is reported when it is read.
uint64_t ImageFileSize(const std::filesystem::path& path, OnBadImage on_error);

struct SampleKey {
  std::string name;  // relative
  uint64_t size = 0;
  int label = 0;
};
// Independent of the order of `samples`.
uint64_t Fingerprint(DataFormat format, std::vector<SampleKey> samples);

// The text of a manifest or a list of names (core/text_file.h); DataError where it cannot be read or is not text.
std::string ReadText(const std::filesystem::path& path);
// Its non-empty lines without trailing white space.
std::vector<std::string> ReadLines(const std::filesystem::path& path);

}  // namespace danas
