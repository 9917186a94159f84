#!/usr/bin/env python3
"""danas report, run as a user runs it, on folders of runs that are finished, under way, dead, hostile and large.

Usage: report_test.py --binaries FOLDER
"""

import html.parser
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "faults"))
import small_search  # noqa: E402
from made_run import made_search  # noqa: E402

binaries = pathlib.Path()
SVG = "{http://www.w3.org/2000/svg}"
VOID = {"meta", "input", "br", "link"}
EVIL = "<script>alert('gone')</script>&\""


class Reader(html.parser.HTMLParser):
    """A page's tags, texts and scripts; what is left open or closes another is a fault."""

    def __init__(self, text: str):
        super().__init__(convert_charrefs=True)
        self.open, self.faults, self.scripts, self.links, self.headings = [], [], [], [], []
        self.text = ""
        self.feed(text)
        self.close()
        self.faults += [f"<{tag}> is left open" for tag in self.open]

    def handle_starttag(self, tag, attributes):
        if tag not in VOID:
            self.open.append(tag)
        if tag == "script":
            self.scripts.append("")
        self.links += [value for name, value in attributes if name in ("src", "href", "xlink:href", "srcset", "action")]

    def handle_startendtag(self, tag, attributes):
        self.links += [value for name, value in attributes if name in ("src", "href", "xlink:href")]

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes another")

    def handle_data(self, data):
        if "script" in self.open:
            self.scripts[-1] += data
        elif "style" not in self.open:
            self.text += data
        if self.open and self.open[-1] == "h2":
            self.headings.append(data)


class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.classes = [f"class{number}" for number in range(10)]
        cls.search = made_search(binaries, "mobile_small", cls.classes, 32, epochs=3)

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="danas-report-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def test_who_ran_it_is_named(self):
        """Once, by however many processes of one danas; and each other danas that resumed it."""
        small_search.write_project(self.folder, small_search.CONFIG)
        (self.folder / "space.json").write_text(json.dumps(small_search.SPACE))
        self.danas("search", "--quiet", "--no-probe", "--config", "config.json", "--run", "run")
        run, log = self.folder / "run", self.folder / "run/log.jsonl"
        version = self.danas("version", "--json").stdout
        writers = self.writers(log)
        self.assertEqual([json.loads(version)["danas"]], [writer["danas"] for writer in writers])
        same = self.folder / "same"
        for folder, by in ((same, None), (run, b'"danas":"0.0.9"')):
            if folder != run:
                shutil.copytree(run, folder)
            if by:
                began = log.read_bytes()
                found = re.search(rb'"danas":"[0-9.]{5}"', began)
                log.write_bytes(began[:found.start()] + by + began[found.end():])
            (folder / "best.json").unlink()
            newest = max((folder / "checkpoints").glob("*.json"))
            newest.unlink(), newest.with_suffix(".safetensors").unlink()
            self.danas("search", "--quiet", "--no-probe", "--resume", folder.name)
        self.assertEqual(writers[0], {**self.writers(same / "log.jsonl")[0], "time": writers[0]["time"]})
        self.assertEqual(1, len(self.writers(same / "log.jsonl")))
        self.assertEqual(["0.0.9", writers[0]["danas"]], [writer["danas"] for writer in self.writers(log)])
        page = Reader((run / "report.html").read_text()).text
        self.assertIn("run bydanas 0.0.9", page.replace("\n", ""))
        self.assertIn(f"then resumed bydanas {writers[0]['danas']}", page.replace("\n", ""))
        self.assertNotIn("resumed by", Reader((same / "report.html").read_text()).text)

    @staticmethod
    def writers(log):
        events = [json.loads(line) for line in log.read_text().splitlines()]
        return [event for event in events if event["event"] == "written_by"]

    def danas(self, *words, code=0):
        done = subprocess.run([binaries / "danas", *map(str, words)], capture_output=True, text=True, cwd=self.folder)
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def page(self, *words) -> Reader:
        out = self.folder / "page.html"
        self.danas("report", *words, "--out", out, "--figures", self.folder / "figures")
        text = out.read_text()
        reader = Reader(text)
        self.assertEqual(reader.faults, [])
        # Nothing is fetched: addresses are places on the page, but for the names of XML's spaces.
        self.assertEqual([link for link in reader.links if not link.startswith(("#", "data:image/png;base64,"))], [])
        for address in re.findall(r"https?://[^\"'\s<)]+", text):
            self.assertIn(address, ("http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"))
        return reader

    def figures(self) -> "dict[str, xml.etree.ElementTree.Element]":
        trees = {}
        for path in sorted((self.folder / "figures").iterdir()):
            self.assertEqual(path.suffix, ".svg")
            trees[path.stem] = xml.etree.ElementTree.parse(path).getroot()
            numbers = " ".join(value for element in trees[path.stem].iter() for value in element.attrib.values())
            self.assertNotRegex(numbers, r"\b(nan|inf)\b", path.stem)
        return trees

    def test_a_finished_search(self):
        page = self.page(self.search.write(self.folder / "run"))
        self.assertIn("The search found a network of 318.0M MACs of a budget of 323.0M MACs", page.text)
        self.assertIn("run bynot recorded", page.text.replace("\n", ""))  # logs of earlier versions
        self.assertRegex(page.text, r"How sure: \d+ of \d+ cuts are clear by two standard errors or more")
        self.assertIn("label of class9", page.text)  # what the last step brings in
        self.assertIn("00ff00ff00ff00ff", page.text)
        self.assertIn("danas search --config", page.text)
        self.assertNotIn("warning", page.text)
        for title in ("The answer", "The network", "α over time", "To repeat it", "Which blocks where"):
            self.assertIn(title, page.headings)
        figures = self.figures()
        self.assertLessEqual({"network", "candidates", "alpha", "prunings", "entropy", "cost", "losses", "accuracies",
                              "schedule", "learning-rate", "time", "memory"}, set(figures))
        # A box for each layer, stem and head, and as many bars for MACs and for parameters.
        groups = [element.get("class") for element in figures["network"].iter(SVG + "g")]
        self.assertEqual(groups.count("block"), len(self.search.layers) + 2)
        self.assertEqual(groups.count("bar"), 2 * (len(self.search.layers) + 2))
        # A cell for each candidate, and the slider's frames have a number or null for each.
        candidates = sum(map(len, self.search.layers))
        cells = [element for element in figures["candidates"].iter(SVG + "g") if "cell" in element.get("class", "")]
        self.assertEqual(len(cells), candidates)
        frames = json.loads(page.scripts[0])["frames"]
        self.assertEqual(len(frames), 12)
        self.assertEqual({len(frame["cells"]) for frame in frames}, {candidates})
        self.assertEqual(frames[-1]["label"], "step3, epoch 3")
        self.assertGreater(frames[-1]["cells"].count(None), frames[0]["cells"].count(None))

    def test_the_page_goes_into_the_folder_and_changes_nothing_else(self):
        run = self.search.write(self.folder / "run")
        before = {path.name: path.read_bytes() for path in run.iterdir()}
        self.assertEqual(self.danas("report", "run").stdout, "run/report.html\n")
        after = {path.name: path.read_bytes() for path in run.iterdir()}
        self.assertIn("The answer", Reader(after.pop("report.html").decode()).headings)
        self.assertEqual(after, before)

    def test_a_search_under_way_and_one_that_died_in_a_line(self):
        early = self.page(self.search.write(self.folder / "begun", lines=1))
        self.assertIn("no epoch is over yet", early.text)
        self.assertIn("There is no network yet.", early.text)
        died = self.page(self.search.write(self.folder / "died", lines=8, tail='{"event": "epoch", "ph'))
        self.assertRegex(died.text, r"The run is not finished \(\w+\): step1, epoch 3 of 3|step2, epoch 1 of 3")
        self.assertIn("The candidates with the highest α now make a network of", died.text)
        self.assertIn("danas search --resume", died.text)
        broken = self.page(self.search.write(self.folder / "broken", lines=5, tail="no event\n[1]\n"))
        self.assertIn("log.jsonl: 2 lines are not events", broken.text)

    def test_epochs_that_a_resumed_run_repeats_count_once(self):
        run = self.search.write(self.folder / "run")
        lines = (run / "log.jsonl").read_text().splitlines(keepends=True)
        again = json.loads(lines[2])
        again["train_loss"] = 3.25
        (run / "log.jsonl").write_text("".join(lines[:5] + [json.dumps(again) + "\n"] + lines[3:]))
        self.page(run)
        titles = [element.text for element in self.figures()["losses"].iter(SVG + "title")]
        epochs = [title.split("\n")[0] for title in titles if title.startswith("epoch ")]
        self.assertEqual(len(epochs), 12)
        self.assertIn("training: 3.25", next(title for title in titles if title.startswith("epoch 2 ")))

    def test_losses_that_are_not_finite_are_gaps(self):
        run = self.search.write(self.folder / "run")
        events = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
        for event in events[3:6]:
            if event["event"] == "epoch":
                event.update(train_loss=None, expected_cost=None, alpha_entropy=None)
        (run / "log.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
        self.page(run)
        curves = self.figures()["losses"].findall(SVG + "polyline")
        self.assertGreater(len(curves), 3)  # the training loss is in two parts
        titles = [element.text for element in self.figures()["losses"].iter(SVG + "title")]
        self.assertTrue(any("training: not finite" in title for title in titles))

    def test_hostile_names_are_text(self):
        classes = [EVIL] + self.classes[1:]
        search = made_search(binaries, "mobile_small", classes, 32, epochs=1)
        search.log[0].update(dataset=EVIL, ranking=EVIL, device=EVIL, fingerprint=EVIL)
        for event in search.log:
            if event["event"] in ("epoch", "pruning"):
                event["phase"] = EVIL if event["phase"] == "step2" else event["phase"]
        for alpha in search.alphas:
            alpha["phase"] = EVIL if alpha["phase"] == "step2" else alpha["phase"]
        page = self.page(search.write(self.folder / "a<b>&c"))
        self.assertEqual(len(page.scripts), 2)  # the slider's numbers and the page's own
        self.assertIn("label of " + EVIL, page.text)
        self.assertIn("a<b>&c", page.text)
        self.figures()

    def test_several_searches_are_compared(self):
        other = made_search(binaries, "mobile_small", self.classes, 32, epochs=3, seed=1)
        self.search.write(self.folder / "runs/one")
        other.write(self.folder / "runs/two")
        page = self.page(self.folder / "runs")
        self.assertEqual(page.headings[0], "Several searches")
        agree = sum(a == b for a, b in zip(self.search.network, other.network))
        self.assertRegex(page.text, rf"All agree in [\d.]+ % \({agree} of {len(other.network)}\) layers")
        self.assertIn("Config keys that differ", page.text)
        figures = self.figures()
        self.assertIn("runs-entropy", figures)
        self.assertLessEqual({"one-network", "two-network"}, set(figures))

    def test_a_large_search(self):
        classes = [f"n{number:08}" for number in range(1000)]
        search = made_search(binaries, "shuffle_mobile", classes, 224, epochs=40)
        page = self.page(search.write(self.folder / "run"))
        self.assertIn("and 288 more", page.text)
        self.assertEqual(len(json.loads(page.scripts[0])["frames"]), 120)
        self.assertIn("squeeze and excite", "".join(self.figures()["network"].itertext()))
        self.assertLess((self.folder / "page.html").stat().st_size, 4 << 20)

    def test_what_is_no_run_is_an_error(self):
        (self.folder / "empty").mkdir()
        self.assertIn("contains no run", self.danas("report", "empty", code=5).stderr)
        self.assertIn("there is no folder", self.danas("report", "nowhere", code=5).stderr)
        run = self.search.write(self.folder / "run")
        self.assertIn("cannot", self.danas("report", run, "--out", "no/such/folder/page.html", code=5).stderr)


if __name__ == "__main__":
    binaries = pathlib.Path(sys.argv.pop(sys.argv.index("--binaries") + 1)).resolve()
    sys.argv.remove("--binaries")
    unittest.main()
