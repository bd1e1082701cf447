"""The arithmetic of goals: ratios within rounds, their medians, the best peer, what was missed."""

import unittest
import xml.etree.ElementTree

import support  # noqa: F401  # finds the benchmarks
from measures.latency import percentile
from report import svg
from report.goals import Goal, evaluate
from report.numbers import by_round, ratios, with_spread
from report.page import page
from report.text import goals_table


def rows(system, setting, *rounds, **constant):
    return [{"round": number, "system": system, "setting": setting, **constant, **row}
            for number, row in enumerate(rounds)]


def rates(*numbers):
    return [{"rate": number} for number in numbers]


def goal(number, **measured):
    return next(goal for goal in evaluate({"rows": measured}) if goal.number == number)


class Ratios(unittest.TestCase):
    def test_are_taken_within_a_round(self):
        slow_then_fast = rows("rqpp", "a", *rates(10, 100)) + rows("RQ", "b", *rates(5, 50))

        self.assertEqual(ratios(by_round(slow_then_fast, "rqpp", "a", "rate"),
                                by_round(slow_then_fast, "RQ", "b", "rate")), [2, 2])

    def test_leave_out_rounds_that_only_one_side_has(self):
        self.assertEqual(ratios({0: 4, 1: 6}, {1: 3, 2: 1}), [2])

    def test_are_shown_with_their_spread(self):
        self.assertEqual(with_spread([3, 1, 2]), "2 [1–3]")
        self.assertEqual(with_spread([1234.5]), "1,234")
        self.assertEqual(with_spread([]), "–")


class Goals(unittest.TestCase):
    def drain(self, ours):
        return (rows("rqpp", "recycled, 1", *rates(*ours)) + rows("A", "x", *rates(10, 10, 10)) +
                rows("A", "best", *rates(20, 20, 20)) + rows("B", "x", *rates(5, 50, 5)))

    def test_compare_with_the_peer_whose_median_is_the_best(self):
        found = goal("1a", drain=self.drain([40, 30, 35]))

        self.assertEqual(found.values, [2, 1.5, 1.75])
        self.assertEqual(found.compared, "recycled, 1 / A best")
        self.assertIs(found.met, True)

    def test_are_missed_below_their_bound(self):
        found = goal("1a", drain=self.drain([40, 29, 29]))

        self.assertIs(found.met, False)
        self.assertEqual(found.verdict, "**missed**, [why](performance.md#recycled-horses)")

    def test_are_met_at_their_bound(self):
        self.assertIs(Goal("", "", 0.85, False, [0.85]).met, True)
        self.assertIs(Goal("", "", 1.5, True, [1.5]).met, True)

    def test_say_when_they_were_not_measured(self):
        self.assertEqual({goal.verdict for goal in evaluate({"rows": {}})}, {"not measured"})

    def test_without_results_do_not_count_where_results_are_kept(self):
        drain = (rows("rqpp", "recycled, 1", *rates(10)) +
                 rows("rqpp", "recycled, 1, result_ttl 0", *rates(90)) + rows("A", "x", *rates(10)))

        self.assertEqual(goal("1a", drain=drain).values, [1])
        self.assertEqual(goal("1c", drain=drain).values, [9])

    def test_take_the_lowest_cpu_of_the_peers_that_keep_results(self):
        drain = [*rows("rqpp", "recycled, 1", {"rate": 1, "redis_cpu_us": 20}),
                 *rows("keeps", "x", {"rate": 1, "redis_cpu_us": 40}, keeps_results=True),
                 *rows("drops", "x", {"rate": 1, "redis_cpu_us": 10}, keeps_results=False)]

        self.assertEqual(goal("1b", drain=drain).values, [0.5])

    def test_compare_forks_with_as_many_in_flight(self):
        drain = [*rows("rqpp", "fork per job, 1", *rates(6)), *rows("rqpp", "fork per job, 4", *rates(14))]
        limits = [*rows("limit", "fork, 1", *rates(10)), *rows("limit", "fork, 4", *rates(20))]

        self.assertEqual(goal("2b (1)", drain=drain, limits=limits).values, [0.6])
        self.assertEqual(goal("2b (4)", drain=drain, limits=limits).values, [0.7])

    def test_judge_memory_by_the_worst_job(self):
        space = [*rows("rqpp", "noop", {"queued": 50}), *rows("RQ", "noop", {"queued": 100}),
                 *rows("rqpp", "small", {"queued": 70}), *rows("RQ", "small", {"queued": 100})]

        self.assertEqual(goal("5a", space=space).values, [0.7])

    def test_compare_the_fall_with_that_of_a_bare_take_and_delete(self):
        growth = [*rows("backlog", "1,000", {"rate": 100, "bare_rate": 200, "commands": 10, "reads": 2}),
                  *rows("backlog", "1,000,000", {"rate": 90, "bare_rate": 150, "commands": 10.1, "reads": 3})]

        self.assertAlmostEqual(goal("7c", growth=growth).measured, 0.9 / 0.75)
        self.assertAlmostEqual(goal("7a", growth=growth).measured, 1.01)
        self.assertIs(goal("7a", growth=growth).met, True)
        self.assertAlmostEqual(goal("7b", growth=growth).measured, 1.5)
        self.assertIs(goal("7b", growth=growth).met, False)

    def test_judge_memory_at_rest_by_the_larger_mode(self):
        rest = [*rows("rqpp", "fork per job, 1", {"pss": 8e6}), *rows("rqpp", "recycled, 1", {"pss": 11e6}, {}),
                *rows("rqpp", "recycled, 1", {"commands_per_s": 1})]

        self.assertEqual(goal("6a", rest=rest).values, [11])
        self.assertIs(goal("6a", rest=rest).met, False)


class Percentiles(unittest.TestCase):
    def test_are_values_that_were_measured(self):
        self.assertEqual(percentile(list(range(1, 101)), 50), 50)
        self.assertEqual(percentile(list(range(1, 101)), 99), 99)
        self.assertEqual(percentile([7], 99), 7)


class Page(unittest.TestCase):
    results = {"rows": {"drain": rows("rqpp", "recycled, 1", *rates(10, 30, 20))},
               "systems": [{"name": "rqpp", "version": "1", "kept": "all"}], "missing": ["asynq"],
               "machine": dict.fromkeys(("date", "cpu", "cores", "memory_gb", "system", "kernel", "redis"), "?")}

    def test_names_what_is_missing(self):
        self.assertIn("| asynq | **missing: it could not be installed here** | |", list(page(self.results, {})))

    def test_has_a_median_and_a_spread_for_each_setting(self):
        self.assertIn("| rqpp | recycled, 1 | 20 [10–30] |", list(page(self.results, {})))

    def test_has_a_line_for_each_goal(self):
        self.assertEqual(len(list(goals_table(self.results))), 2 + len(evaluate(self.results)))


class Plots(unittest.TestCase):
    def test_are_well_formed_and_small(self):
        for plot in (svg.bars("a < b", "jobs/s", [("x & y", 2, 1, 3, True), ("z", 5, 5, 5, False)]),
                     svg.lines("t", "x", {"one": [(1, 2), (100, 5)], "two": [(0, 1)]})):
            xml.etree.ElementTree.fromstring(plot)
            self.assertLess(len(plot), 60_000)


if __name__ == "__main__":
    unittest.main()
