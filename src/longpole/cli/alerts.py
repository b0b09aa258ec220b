"""`longpole alerts`: what fires and fired, the rules and what they would have done, silences and targets."""

import getpass
from pathlib import Path
from typing import Annotated

import typer
from rich.padding import Padding
from rich.text import Text

from longpole import settings
from longpole.alerting.rule_file import RuleFile, read_rule_file
from longpole.alerting.rule_text import RuleText
from longpole.alerting.rules import read_rule, rule_id_of
from longpole.alerting.targets import check_target, policy_of
from longpole.alerting.views import Acknowledgement, NewSilence, NewTarget
from longpole.alerting.words import describe
from longpole.cli.alert_door import open_alert_book
from longpole.cli.draw import console, muted, print_json
from longpole.cli.draw_alerts import draw_firing, draw_history, draw_preview, draw_rules
from longpole.cli.options import AsJson, Data, Url, Workspace, as_pairs
from longpole.model.errors import InvalidInput
from longpole.reports.numbers import counted

alerts_app = typer.Typer(no_args_is_help=True, help="What fires, what fired, and the rules.")

RuleName = Annotated[str, typer.Argument(metavar="RULE", help="The name or id of a rule.")]
RulesFile = Annotated[Path, typer.Argument(metavar="FILE", help="A YAML file of rules.", dir_okay=False, exists=True)]
Whose = Annotated[str, typer.Option("--workspace", help="The workspace that it is in.")]
Who = Annotated[str | None, typer.Option("--by", help="Who you are. Default: the user of this machine.")]


@alerts_app.command("list")
def list_command(workspace: Workspace = None, url: Url = None, data: Data = None, as_json: AsJson = False) -> None:
    """List what fires now, the worst first, and what is silenced. Exits 0 whether anything fires or not."""
    with open_alert_book(settings.load(url=url, data_folder=data)) as book:
        page = book.firing(workspace)
    if as_json:
        print_json(page)
    else:
        console().print(draw_firing(page))


@alerts_app.command("history")
def history_command(
    rule: Annotated[str | None, typer.Option("--rule", help="Only this rule.")] = None,
    before: Annotated[str | None, typer.Option(help="Fired before this time (RFC 3339).")] = None,
    workspace: Workspace = None,
    limit: Annotated[int, typer.Option(help="At most so many, up to 1000.")] = 50,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """List what fired and why, the latest first."""
    rule_id = None if rule is None else rule_id_of(rule)
    with open_alert_book(settings.load(url=url, data_folder=data)) as book:
        found = book.history(as_pairs(rule=rule_id, before=before, workspace=workspace, limit=limit))
    if as_json:
        print_json(found)
    else:
        console().print(draw_history(found))


@alerts_app.command("rules")
def rules_command(workspace: Workspace = None, url: Url = None, data: Data = None, as_json: AsJson = False) -> None:
    """List the rules, what each does in words, and the targets that they can tell."""
    with open_alert_book(settings.load(url=url, data_folder=data)) as book:
        page = book.rules(workspace)
    if as_json:
        print_json(page)
    else:
        console().print(draw_rules(page))


@alerts_app.command("check")
def check_command(file: RulesFile, as_json: AsJson = False) -> None:
    """Check a file of rules and say in words what each does. Needs no server. Exits 2 if one is wrong."""
    found = _read(file)
    words = {text.name: describe(read_rule(text)) for text in found.rules}
    if as_json:
        print_json(words)
        return
    screen = console()
    for name, said in words.items():
        screen.print(Text(name, style="bold"), Padding(Text(said), (0, 0, 0, 2)))
    targets = f", {counted(len(found.targets), 'target')}" if found.targets else ""
    screen.print(muted(f"{counted(len(words), 'rule')}{targets}, nothing wrong. To use them: longpole alerts apply"))


@alerts_app.command("apply")
def apply_command(file: RulesFile, url: Url = None, data: Data = None, as_json: AsJson = False) -> None:
    """Keep the rules and targets of a file. A rule takes the place of the one with its name; others stay."""
    found = _read(file)
    workspace = found.rules[0].workspace if found.rules else "default"
    with open_alert_book(settings.load(url=url, data_folder=data)) as book:
        for target, address in found.targets.items():
            book.set_target(NewTarget(target=target, url=address, workspace=workspace))
        kept = book.set_rules(found.rules)
    if as_json:
        print_json(kept)
    else:
        console().print(Text(f"{counted(len(kept), 'rule')} kept. What they would have done: longpole alerts test"))


@alerts_app.command("remove")
def remove_command(
    rule: RuleName, workspace: Whose = "default", url: Url = None, data: Data = None, as_json: AsJson = False
) -> None:
    """Remove a rule. What it fired stays in the history."""
    with open_alert_book(settings.load(url=url, data_folder=data)) as book:
        gone = book.remove_rule(rule, workspace)
    if as_json:
        print_json(gone)
    else:
        console().print(Text(f"The rule {gone.title} is gone."))


@alerts_app.command("test")
def replay_command(
    rule: RuleName,
    file: Annotated[Path | None, typer.Option(help="Take the rule from this file.", exists=True)] = None,
    days: Annotated[int, typer.Option(help="How many days back, up to 90.")] = 30,
    workspace: Whose = "default",
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show when a rule would have fired and cleared over the last days, on what is stored."""
    text = None if file is None else _named(_read(file), rule)
    with open_alert_book(settings.load(url=url, data_folder=data)) as book:
        if text is None:
            found = book.preview_stored(rule, as_pairs(workspace=workspace, days=days))
        else:
            found = book.preview(text, as_pairs(days=days))
    if as_json:
        print_json(found)
    else:
        console().print(draw_preview(rule if text is None else text.name, found))


@alerts_app.command("silence")
def silence_command(
    rule: Annotated[str | None, typer.Argument(metavar="[RULE]", help="The rule. Default: every rule.")] = None,
    lasting: Annotated[str, typer.Option("--for", help="How long, such as 30min, 2h, 7d.")] = "1h",
    subject: Annotated[str | None, typer.Option(help="Only this agent, user, ... of the rule.")] = None,
    reason: Annotated[str, typer.Option(help="Why, for others.")] = "",
    who: Who = None,
    end: Annotated[str | None, typer.Option(help="End the silence of this id instead.")] = None,
    workspace: Whose = "default",
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Tell nobody of a rule, or of any, for a while. Alerts still fire, and are seen."""
    with open_alert_book(settings.load(url=url, data_folder=data)) as book:
        if end is not None:
            found = book.end_silence(end, workspace)
        else:
            found = book.silence(
                NewSilence(
                    silenced_by=who or getpass.getuser(),
                    rule_id=None if rule is None else rule_id_of(rule),
                    subject=subject,
                    lasting=lasting,
                    reason=reason,
                    workspace=workspace,
                )
            )
    if as_json:
        print_json(found)
        return
    what = found.rule_id or "every rule"
    until = f"is silent until {found.until[:16].replace('T', ' ')} UTC. To end it: --end {found.silence_id}"
    console().print(Text(f"{what} is no longer silent." if end else f"{what} {until}"), soft_wrap=True)


@alerts_app.command("ack")
def ack_command(
    alert: Annotated[str, typer.Argument(metavar="ALERT", help="The id of an alert that fires.")],
    who: Who = None,
    workspace: Whose = "default",
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Say that you look after an alert that fires."""
    given = Acknowledgement(acknowledged_by=who or getpass.getuser(), workspace=workspace)
    with open_alert_book(settings.load(url=url, data_folder=data)) as book:
        found = book.acknowledge(alert, given)
    if as_json:
        print_json(found)
    else:
        console().print(Text(f"{found.acknowledged_by} looks after: {found.said}"), soft_wrap=True)


@alerts_app.command("target")
def target_command(
    target: Annotated[str, typer.Argument(metavar="NAME", help="What rules call it.")],
    address: Annotated[
        str | None,
        typer.Argument(metavar="[ADDRESS]", help="As apprise takes it, such as mailtos://..."),
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Remove it instead.")] = False,
    workspace: Whose = "default",
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Set where messages can go, or remove it. Without an address it is asked for, so that no history keeps it."""
    with open_alert_book(settings.load(url=url, data_folder=data)) as book:
        if remove:
            found = book.remove_target(target, workspace)
        else:
            given = address or typer.prompt("Address", hide_input=True)
            found = book.set_target(NewTarget(target=target, url=given, workspace=workspace))
    if as_json:
        print_json(found)
    else:
        done = "is gone" if remove else f"is set: {found.address}"
        console().print(Text(f"The target {found.target} {done}"), soft_wrap=True)


def _read(file: Path) -> RuleFile:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file} cannot be read: {error}. Expected a YAML file. Name another.") from None
    found = read_rule_file(text, str(file))
    chosen = settings.load()
    # Hosts are looked at where messages are sent from: by the server.
    policy = policy_of(chosen.alert_target_schemes, is_private_allowed=True)
    for address in found.targets.values():
        check_target(address, policy)
    return found


def _named(file: RuleFile, name: str) -> RuleText:
    for text in file.rules:
        if name in (text.name, rule_id_of(text.name)):
            return text
    known = ", ".join(text.name for text in file.rules) or "none"
    raise InvalidInput(f"The file has no rule {name[:60]!r}. Expected one of: {known}. Name one of these.")
