"""Everything that the analysis notices about one execution, in one ranked list."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from longpole.analysis.advice import Opportunity, Scene, rank
from longpole.analysis.advice_agents import Refusal, find_agent_opportunities
from longpole.analysis.advice_calls import SAME_CALL, find_call_opportunities
from longpole.analysis.advice_sequence import Judge, find_sequence_opportunities, sequences
from longpole.analysis.advice_waits import find_wait_opportunities


def find_opportunities(
    scene: Scene,
    judge_of: Callable[[Sequence[Sequence[int]]], Judge],
    *,
    suffered: Mapping[int, Mapping[int, int]],
    refusals: Iterable[Refusal],
    never_called: Iterable[str],
) -> list[Opportunity]:
    """All opportunities of the execution, the largest saving first.

    Cost: about 10 us a span for the whole scene, without the texts that a judge may read.

    Args:
        scene: the execution.
        judge_of: the judge of steps that ran one after the other; asked for with these sequences, if there are any.
        suffered: see `find_wait_opportunities`.
        refusals: see `find_agent_opportunities`.
        never_called: likewise.
    """
    calls = list(find_call_opportunities(scene))
    taken = {node for one in calls if one.rule != SAME_CALL for change in one.changes for node in change.nodes}
    runs = sequences(scene, taken)
    found = [
        *calls,
        *(find_sequence_opportunities(scene, runs, judge_of(runs)) if runs else ()),
        *find_wait_opportunities(scene, suffered),
        *find_agent_opportunities(scene, refusals, never_called),
    ]
    return rank(scene, found)
