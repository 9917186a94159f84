#!/usr/bin/env python3
"""`danas study` as a user runs it, on a space of 64 networks and 24 made-up images, with a made-up table of truth.

Usage: study_test.py --binaries FOLDER [TEST...]
"""

import fcntl
import itertools
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "commands"))
import made_project  # noqa: E402

BINARIES = pathlib.Path()
SETTINGS = {"schedule.epochs_per_step": 2}
STUDY = {
    "name": "tiny", "about": "which rate", "config": "my.json", "set": SETTINGS, "seeds": 2,
    "budgets": ["90k", "120k"],
    "arms": {
        "slow": {"set": {"search.alpha_lr": 0.001}},
        "fast": {"set": {"search": {"alpha_lr": 0.1}}},
        "random": {"random": 1},
        "best_of_3": {"random": 3},
        "beside": {"random": 1, "near": "slow", "band": "20%"},
    },
    "outcome": {"truth": "table.csv"}, "against": "slow",
}


def accuracy(network: "tuple[int, ...]") -> float:
    return round(0.5 + sum((layer + 2) * candidate * 0.01 for layer, candidate in enumerate(network)), 4)


class StudyTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="danas-study-")
        cls.made = pathlib.Path(cls.temporary.name).resolve() / "made"
        cls.made.mkdir()
        made_project.write_class_folders(cls.made / "data/photos/train", ["cat", "cow", "dog"], 8)
        made_project.write_class_folders(cls.made / "data/photos/val", ["cat", "cow", "dog"], 2)
        (cls.made / "my_space.json").write_text(json.dumps(made_project.SPACE))
        (cls.made / "my.json").write_text(json.dumps(made_project.CONFIG))
        rows = "".join(f"{'-'.join(map(str, network))},1,{accuracy(network)}\n"
                       for network in itertools.product(range(4), repeat=3))
        head = ('# hours of one core: 6.4\n# train: 100 images, sha256 0\n'
                '# recipe: {"finetune": {"epochs": 2}}\n')
        (cls.made / "table.csv").write_text(head + "network,loss,accuracy\n" + rows)
        (cls.made / "study.json").write_text(json.dumps(STUDY))
        cls.reference = cls.made.parent / "reference"
        shutil.copytree(cls.made, cls.reference)
        done = cls.danas(cls.reference, "study", "study.json")
        if done.returncode != 0:
            raise RuntimeError(done.stdout + done.stderr)
        cls.printed = done.stdout

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def setUp(self):
        self.folder = self.made.parent / self.id().rsplit(".", 1)[1]
        shutil.copytree(self.made, self.folder)

    @classmethod
    def start(cls, folder, *words, faults=""):
        environment = made_project.environment(folder, BINARIES)
        if faults:
            environment.update(LD_PRELOAD=str(BINARIES / "libdanas_fault.so"), DANAS_FAULT=faults)
        return subprocess.Popen([BINARIES / "danas", *words], cwd=folder, text=True, stdin=subprocess.DEVNULL,
                                env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    @classmethod
    def danas(cls, folder, *words):
        with cls.start(folder, *words) as process:
            out, error = process.communicate(timeout=300)
        return subprocess.CompletedProcess(words, process.returncode, out, error)

    def study(self, *words, code=0):
        done = self.danas(self.folder, "study", "study.json", *words)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def write(self, **changes):
        (self.folder / "study.json").write_text(json.dumps({**STUDY, **changes}))

    def trials(self, folder=None):
        """All that a study found, without what it took."""
        report = json.loads(((folder or self.folder) / "runs/study/tiny/study.json").read_text())
        return [{key: value for key, value in trial.items() if key != "seconds"} for trial in report["trials"]]

    def steps(self, text):
        return [line for line in text.splitlines() if line.startswith("$ danas ")]

    def has_begun(self, step, also=lambda: True):
        folder = self.folder / "runs/study/tiny" / step
        for _ in range(1200):
            if list(folder.glob("checkpoints/*.json")) and also():
                return
            time.sleep(0.05)
        self.fail(f"{step} does not begin")

    def networks(self):
        """Each network's cost by danas itself."""
        shown = json.loads(self.danas(self.folder, "cost", "--space", "my_space.json", "--size", "16", "--json").stdout)
        costs = [[candidate["cost"] for candidate in layer["candidates"]] for layer in shown["layers"]]
        return {network: shown["stem_and_head"] + sum(costs[l][c] for l, c in enumerate(network))
                for network in itertools.product(range(4), repeat=3)}

    # What it finds and says.

    def test_numbers_are_those_of_the_table(self):
        costs = self.networks()
        trials = self.trials(self.reference)
        self.assertEqual(len(trials), 5 * 2 * 2)
        of_slow = {(trial["seed"], trial["budget"]): trial["cost"] for trial in trials if trial["arm"] == "slow"}
        for trial in trials:
            network = tuple(map(int, trial["network"].split("-")))
            budget = float(trial["budget"][:-1]) * 1000
            self.assertEqual(trial["cost"], costs[network])
            self.assertEqual(trial["top1"], accuracy(network))
            within = [other for other, cost in costs.items() if cost <= 1.02 * budget]
            band = [other for other in within if costs[other] >= 0.95 * budget]
            share = lambda others: sum(accuracy(other) > accuracy(network) for other in others) / len(others)
            self.assertAlmostEqual(trial["better_in_budget"], share(within))
            self.assertAlmostEqual(trial["better_in_band"], share(band))
            self.assertAlmostEqual(trial["regret"], max(map(accuracy, within)) - accuracy(network))
            if trial["arm"] in ("random", "best_of_3"):
                self.assertIn(network, band)
            if trial["arm"] == "beside":
                self.assertLessEqual(abs(trial["cost"] / of_slow[trial["seed"], trial["budget"]] - 1), 0.2)
            if trial["arm"] in ("random", "beside"):
                self.assertEqual(trial["macs_passed"], 0)
            else:
                self.assertGreater(trial["macs_passed"], 0)

    def test_a_search_says_what_it_passed(self):
        run = self.reference / "runs/study/tiny/slow/90k-seed-0/search"
        events = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
        passed = next(trial for trial in self.trials(self.reference) if trial["arm"] == "slow")
        if "macs_passed" in events[-1]:
            self.assertEqual(passed["macs_passed"], events[-1]["macs_passed"]["total"])
            return
        planned = 0
        for phase in next(event for event in events if event["event"] == "search_start")["phases"]:
            alpha = phase["architecture_images"] * phase["alpha_macs_per_image"] if phase["searches"] else 0
            planned += phase["epochs"] * (phase["weight_images"] * phase["macs_per_image"] + alpha)
        self.assertEqual(passed["macs_passed"], planned)
        self.assertTrue(passed["macs_planned"])

    def test_report_says_what_was_printed(self):
        shutil.copytree(self.reference / "runs", self.folder / "runs")
        again = self.study()
        self.assertEqual(self.steps(again.stdout), [])
        tables = self.printed[self.printed.index("tiny: which rate"):]
        self.assertTrue(again.stdout.endswith(tables), again.stdout)
        self.assertEqual(self.study("--report").stdout, tables)
        markdown = self.study("--report", "--markdown").stdout
        self.assertIn("### budget 90k", markdown)
        self.assertIn("| fast |", markdown)
        shown = json.loads(self.study("--report", "--json").stdout)
        self.assertEqual(shown, json.loads((self.folder / "runs/study/tiny/study.json").read_text()))
        overall = shown["summaries"][0]["arms"]
        self.assertEqual([arm["arm"] for arm in overall], list(STUDY["arms"]))
        self.assertEqual(overall[1]["against"]["difference_points"]["seeds"], 2)
        other = json.loads(self.study("--report", "--json", "--against", overall[1]["arm"]).stdout)
        turned = other["summaries"][0]["arms"][0]["against"]["difference_points"]
        self.assertAlmostEqual(turned["mean"], -overall[1]["against"]["difference_points"]["mean"])
        for unknown in ("slw", ""):
            self.assertIn("its arms are slow, ", self.study("--report", "--against", unknown, code=2).stderr)

    def test_plan_says_what_is_done(self):
        plan = json.loads(self.study("--dry-run", "--json").stdout)
        self.assertEqual({step["state"] for step in plan["steps"]}, {"to do"})
        self.assertNotIn("cost", plan)
        self.assertFalse((self.folder / "runs").exists())
        shutil.copytree(self.reference / "runs", self.folder / "runs")
        self.assertIn("8 of 8 steps are done", self.study("--dry-run").stdout)

    # Going on.

    def test_jobs_change_no_result(self):
        self.study("--jobs", "3")
        self.assertEqual(self.trials(), self.trials(self.reference))

    def test_goes_on_after_kill(self):
        # Its second search is held at its second checkpoint: it cannot end before it is killed.
        held = "path=fast/90k-seed-0/search/checkpoints;on=.json;calls=rename;at=2;do=command;"
        process = self.start(self.folder, "study", "study.json",
                             faults=held + "command=until test -e killed\ndo sleep 0.05\ndone")
        self.has_begun("fast/90k-seed-0/search")
        process.send_signal(signal.SIGKILL)
        process.wait()
        (self.folder / "killed").touch()
        process.communicate()
        done = self.study()  # at once: the steps of the killed one have ended, or their folders would be in use
        self.assertNotIn("slow/90k-seed-0", "".join(self.steps(done.stdout)))
        self.assertIn("fast/90k-seed-0", self.steps(done.stdout)[0])
        self.assertEqual(self.trials(), self.trials(self.reference))

    def test_goes_on_after_ctrl_c(self):
        process = self.start(self.folder, "study", "study.json", "--jobs", "2")
        self.has_begun("slow/90k-seed-0/search")
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, error)
        self.assertIn("the same command continues", error)
        self.study()
        self.assertEqual(self.trials(), self.trials(self.reference))

    def test_more_seeds_and_arms_do_what_is_new(self):
        shutil.copytree(self.reference / "runs", self.folder / "runs")
        self.write(seeds=[0, 1, 5], budgets=["90k"],
                   arms={**STUDY["arms"], "other": {"set": {"search.alpha_lr": 0.02}}})
        steps = self.steps(self.study().stdout)
        self.assertEqual(len(steps), 2 + 3, steps)
        self.assertEqual(sum("seed-5" in step for step in steps), 3)

    # What goes wrong.

    def test_a_failed_step_holds_up_only_what_needs_it(self):
        arms = {"broken": {"set": {"data.root": "nowhere"}}, **STUDY["arms"],
                "beside": {"random": 1, "near": "broken"}}
        self.write(arms=arms, seeds=1, budgets=["90k"])
        done = self.study(code=4)
        self.assertIn("broken, seed 0, 90k: search: exit code 4", done.stderr)
        self.assertIn("nowhere", done.stderr)
        self.assertIn("1 of 3 steps failed", done.stderr)
        self.assertEqual({trial["arm"] for trial in self.trials()}, {"slow", "fast", "random", "best_of_3"})
        arms["broken"]["set"] = {"data.root": "data/photos"}
        self.write(arms=arms, seeds=1, budgets=["90k"])
        done = self.study()
        self.assertEqual(len(self.steps(done.stdout)), 1)
        self.assertIn("data is no longer where it was", done.stderr)
        self.assertEqual(len(self.trials()), 6)

    def test_other_settings_are_refused(self):
        shutil.copytree(self.reference / "runs", self.folder / "runs")
        before = (self.folder / "runs/study/tiny/study.json").read_text()
        self.write(arms={**STUDY["arms"], "fast": {"set": {"search.alpha_lr": 0.2}}})
        done = self.study(code=3)
        self.assertIn("fast, seed 0, 90k: search", done.stderr)
        self.assertIn("search.alpha_lr 0.1 -> 0.2", done.stderr)
        self.assertIn("and 3 more steps alike", done.stderr)
        self.assertEqual(done.stderr.count("alpha_lr"), 1)
        self.assertEqual(before, (self.folder / "runs/study/tiny/study.json").read_text())

    def test_one_at_a_time_in_a_folder(self):
        folder = self.folder / "runs/study/tiny"
        folder.mkdir(parents=True)
        with open(folder / "lock", "w", encoding="utf-8") as lock:
            lock.write("process 1 on here")
            lock.flush()
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assertIn("in use by process 1", self.study(code=5).stderr)
        self.assertEqual([path.name for path in folder.iterdir()], ["lock"])

    def test_mistakes_are_told_before_anything_runs(self):
        for changes, words in [
            ({"arms": {"slow": {"set": {"search.alpa_lr": 1}}}}, ["arm 'slow'", "did you mean 'alpha_lr'"]),
            ({"arms": {"slow": {"set": {}}, "more": {"random": 1000}}}, ["a random arm asks for 1000"]),
            ({"arms": {"slow": {}, "same": {"set": {"schedule.epochs_per_step": 2}}}}, ["arms 'slow' and 'same'"]),
            ({"budgets": ["90k", "1k"]}, ["arm 'slow'", "no network costs at most 1.0k MACs", "networks of the space"]),
            ({"arms": {"slow": {"set": {"search.budget_max": "100k"}}}},
             ["arm 'slow'", "100000 is below search.budget (120000) by 20000", "exclude each other"]),
            ({"outcome": {"truth": "lost.csv"}}, ["no table of truth", "--truth"]),
            ({"arms": {**STUDY["arms"], "slow": {"set": {"space": "mobile_tiny"}}}}, ["changes the space"]),
        ]:
            self.write(**changes)
            done = self.danas(self.folder, "study", "study.json")
            self.assertIn(done.returncode, (3, 5), done.stdout)
            for word in words:
                self.assertIn(word, done.stderr)
            self.assertFalse((self.folder / "runs").exists())

    def test_one_search_for_all_budgets(self):
        self.write(seeds=1, against="each",
                   arms={"one": {"one_search": True}, "each": {},
                         "beside": {"random": 1, "near": "one", "band": "20%"}})
        self.assertEqual(len(self.steps(self.study().stdout)), 3)
        root = self.folder / "runs/study/tiny"
        self.assertEqual(sorted(path.name for path in (root / "one/seed-0/search").glob("best*.json")),
                         ["best-120k.json", "best-90k.json"])
        trials = {(trial["arm"], trial["budget"]): trial for trial in self.trials()}
        self.assertEqual(len(trials), 6)
        log = (root / "one/seed-0/search/log.jsonl").read_text().splitlines()
        whole = json.loads(log[-1])["macs_passed"]["total"]
        for budget in ("90k", "120k"):
            self.assertAlmostEqual(trials["one", budget]["macs_passed"], whole / 2)
            self.assertLessEqual(trials["one", budget]["cost"], 1.02 * float(budget[:-1]) * 1000)
        self.assertEqual(len(self.steps(self.study().stdout)), 0)

    def test_dry_run_says_the_planned_cost(self):
        self.write(seeds=3, cost={"images": 24, "device": "core", "devices": 2, "macs_per_second": "1M"})
        done = self.study("--dry-run")
        self.assertIn("planned cost, forward and backward, for 24 training images", done.stdout)
        rows = {line.split()[0]: line.split() for line in done.stdout.splitlines() if line.startswith(("slow", "fast"))
                and ":" not in line and "(" not in line}
        self.assertEqual(rows["slow"][1], "6")
        self.assertEqual(rows["slow"][4], "1.00")
        self.assertEqual(rows["slow"][2], rows["fast"][2])
        planned = json.loads(self.danas(
            self.folder, "search", "--config", "my.json", "--set", "schedule.epochs_per_step=2", "--set",
            "search.budget=90k", "--dry-run", "--no-probe", "--images", "24", "--json").stdout)
        with_data = json.loads(self.danas(
            self.folder, "search", "--config", "my.json", "--set", "schedule.epochs_per_step=2", "--set",
            "search.budget=90k", "--dry-run", "--no-probe", "--json").stdout)
        self.assertGreater(planned["macs"], 0)
        self.assertEqual(planned["macs"], with_data["macs"])  # the images are of equally large classes
        arms = {arm["arm"]: arm for arm in json.loads(self.study("--dry-run", "--json").stdout)["cost"]}
        self.assertEqual(arms["slow"]["searches"], 6)
        self.assertAlmostEqual(arms["slow"]["hours"], arms["slow"]["search_macs"] / 1e6 / 3600)
        self.assertFalse((self.folder / "runs").exists())
        self.write(cost={"images": 24})
        done = self.study("--dry-run")
        self.assertNotIn("at once", done.stdout)

    # Trained networks, and steps that others share.

    def test_trains_what_was_found_and_drawn(self):
        judge = {"easiness": {"models": ["mobilenetv1_0.25"], "relevance": "none", "networks": "${study}/networks"},
                 "data": {"image_size": 32, "test_resize": 32},
                 "zoo": {"epochs": 1, "train": {"batch": 8, "lr_warmup_epochs": 0}}}
        self.write(prepare={"judges": {"easiness": {"set": judge}}}, seeds=1, budgets=["90k"],
                   arms={"easy": {"set": {"schedule.ranking": "${judges}/ranking.json"}},
                         "drawn": {"random": 1}, "best_of_2": {"random": 2, "near": "easy", "band": "50%"}},
                   outcome={"finetune": {"set": {"finetune.epochs": 2}}}, against="drawn")
        self.study("--jobs", "2")
        root = self.folder / "runs/study/tiny"
        start = json.loads((root / "easy/90k-seed-0/search/log.jsonl").read_text().splitlines()[0])
        self.assertIn("prepare/judges/ranking.json", start["ranking"])
        tops = {}
        for result in root.glob("*/90k-seed-0/finetune*/result.json"):
            found = json.loads(result.read_text())
            self.assertEqual(found["epochs"], 2)
            tops.setdefault(result.parts[-4], []).append(found["test_last_epoch"]["top1"])
        self.assertEqual(sorted(map(len, tops.values())), [1, 1, 2])
        for trial in self.trials():
            self.assertEqual(trial["top1"], max(tops[trial["arm"]]))
            self.assertEqual(trial["macs_passed"] == 0, trial["arm"] == "drawn")


    def test_random_networks_within_a_budget(self):
        drawn = self.danas(self.folder, "space", "sample", "--config", "my.json", "--set", "search.budget=90k",
                           "--count", "20", "--seed", "3", "--out", "drawn", "--json")
        self.assertEqual(drawn.returncode, 0, drawn.stderr)
        macs = [network["macs"] for network in json.loads(drawn.stdout)]
        self.assertEqual(len(macs), 20)
        self.assertGreater(len(set(macs)), 3)
        self.assertTrue(all(0.95 * 90000 <= one <= 1.02 * 90000 for one in macs), macs)
        done = self.danas(self.folder, "finetune", "--arch", "drawn/random-20.json", "--run", "trained")
        self.assertEqual(done.returncode, 0, done.stderr)
        shown = self.danas(self.folder, "compare", "trained").stdout
        self.assertIn("random within the budget", shown)
        for words in ([], ["--config", "my.json", "--arch", "drawn/random-1.json"]):
            done = self.danas(self.folder, "space", "sample", *words, "--out", "other")
            self.assertEqual(done.returncode, 2)
            self.assertIn("one of --arch", done.stderr)


if __name__ == "__main__":
    BINARIES = made_project.binaries_of_line(__doc__)
    unittest.main()
