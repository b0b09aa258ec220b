"""`ExecutionPatternAnalyzer`: what an agent's executions have in common, in the names of the analytics document.

    from longpole import ExecutionPatternAnalyzer

    patterns = await ExecutionPatternAnalyzer().analyze_patterns("claims-triage", "default")
    print(patterns["optimization_suggestions"])

Durations are milliseconds (their variance is in square milliseconds), rates 0 to 1, hours UTC. They are the reports
that REST and the command line show.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from longpole.client.asking import asked_filters, open_answers
from longpole.client.guide_answers import milliseconds
from longpole.reports.bottlenecks import BOTTLENECKS
from longpole.reports.input_patterns import INPUT_PATTERNS
from longpole.reports.patterns import PATTERNS
from longpole.reports.statistics_views import BottleneckStep, InputPatterns, Patterns, TimePattern

MOST_PATHS = 10
USUAL_HOURS = 30 * 24.0


class ExecutionPatternAnalyzer:
    """Finds patterns in an agent's executions, and says what to do about them. It holds nothing.

    It asks whom `ExecutionAnalytics` asks, and raises what that raises.
    """

    async def analyze_patterns(
        self, agent_id: str, workspace_id: str | None = None, *, hours: float = USUAL_HOURS
    ) -> dict[str, Any]:
        """The patterns of one agent: `hourly_patterns`, `input_patterns`, `execution_paths`, `bottlenecks` and
        `optimization_suggestions`.

        Args:
            agent_id: the agent's name.
            workspace_id: whose data; the configured workspace unless another is given.
            hours: how far to look back, thirty days unless another is given.
        """
        return await asyncio.to_thread(self._analyze, agent_id, workspace_id, hours)

    def generate_suggestions(
        self, patterns: Sequence[Mapping[str, Any]], bottlenecks: Sequence[Mapping[str, Any]]
    ) -> list[str]:
        """What to do about hours and steps as `analyze_patterns` gives them; nothing where nothing stands out.

        An hour is a peak if its share of the day is significantly above even, not from a number of executions on.
        """
        found: list[str] = []
        peaks = [one["hour"] for one in patterns if one.get("is_peak")]
        if peaks:
            found.append(f"Consider scaling during peak hours: {', '.join(map(str, peaks))}")
        found += [
            f"Look at what fails in the hour from {one['hour']}: {1 - one['success_rate']:.1%} do"
            for one in patterns
            if one.get("is_failing")
        ]
        if bottlenecks:
            worst = bottlenecks[0]
            found.append(
                f"Optimize step '{worst['step_name']}' - averaging {worst['avg_duration']:.0f}ms, "
                f"{worst['critical_share']:.0%} of the agent's own critical time"
            )
        return found

    def _analyze(self, agent: str, workspace: str | None, hours: float) -> dict[str, Any]:
        asked = list(asked_filters(agent=agent, workspace=workspace, hours=hours))
        with open_answers() as answers:
            patterns, inputs = answers.ask(PATTERNS, asked), answers.ask(INPUT_PATTERNS, asked)
            steps = answers.ask(BOTTLENECKS, asked).operations
        hourly = [_hour(one) for one in patterns.hours if one.executions]
        bottlenecks = [_bottleneck(one) for one in steps if not one.is_agent]
        suggestions = self.generate_suggestions(hourly, bottlenecks) + [one.sentence for one in inputs.patterns]
        return {
            "hourly_patterns": hourly,
            "input_patterns": _inputs(inputs),
            "execution_paths": _paths(patterns),
            "bottlenecks": bottlenecks,
            "optimization_suggestions": suggestions,
        }


def _hour(one: TimePattern) -> dict[str, Any]:
    return {
        "hour": one.place,
        "execution_count": one.executions,
        "avg_duration": milliseconds(one.mean_ns),
        "success_rate": one.success_rate,
        "is_peak": one.is_busy,
        "is_failing": one.is_failing,
        "is_slow": one.is_slow,
    }


def _inputs(inputs: InputPatterns) -> list[dict[str, Any]]:
    return [
        {
            "input_key": one.key.removeprefix("input."),
            "usage_count": round(one.share * inputs.executions),
            "success_rate": one.success_rate,
        }
        for one in inputs.keys
        if one.key.startswith("input.")
    ]


def _paths(patterns: Patterns) -> list[dict[str, Any]]:
    return [
        {
            "execution_path": one.path,
            "frequency": one.executions,
            "avg_duration": milliseconds(one.mean_ns),
            "avg_credits": one.mean_credits,
            "success_rate": one.success_rate,
        }
        for one in patterns.paths[:MOST_PATHS]
    ]


def _bottleneck(one: BottleneckStep) -> dict[str, Any]:
    return {
        "step_name": one.name,
        "avg_duration": milliseconds(one.mean_ns),
        "execution_count": one.steps,
        "duration_variance": None if one.stddev_ns is None else (one.stddev_ns / 1e6) ** 2,
        "duration_stddev": milliseconds(one.stddev_ns),
        "critical_share": one.critical_share,
    }
