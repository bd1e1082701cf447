"""What a run says on standard output."""

from report.goals import evaluate
from report.numbers import show, with_spread


def tell(measure, row):
    """A row, as soon as it is there."""
    numbers = "  ".join(f"{key} {show(value)}" for key, value in row.items()
                        if isinstance(value, (int, float)) and not isinstance(value, bool)
                        and key != "round")
    print(f"{measure:8} {row['system']:9} {row['setting']:26} {numbers}", flush=True)


def goals_table(results):
    yield "| | goal | bound | measured | [lowest–highest] | compared | met? |"
    yield "| --- | --- | --- | ---: | --- | --- | --- |"
    for goal in evaluate(results):
        spread = with_spread(goal.values).partition(" ")[2]
        measured = f"{show(goal.measured)} {goal.unit}" if goal.values else "–"
        yield (f"| {goal.number} | {goal.text} | {goal.limit} | {measured} | {spread} | "
               f"{goal.compared} | {goal.verdict} |")


def summary(results):
    print("\n" + "\n".join(goals_table(results)))
    for name in results["missing"]:
        print(f"Missing: {name}.")
    goals = evaluate(results)
    print(f"\nOf {len(goals)} goals {sum(goal.met is True for goal in goals)} are met, "
          f"{sum(goal.met is False for goal in goals)} missed, "
          f"{sum(goal.met is None for goal in goals)} not measured.")
