"""What `check` does beyond reading: rules compiled in an engine of their own, reasons that silence warnings."""

from __future__ import annotations

import resource
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alertd.core.plan import rule_expr
from alertd.daemon.parts import read_settings
from alertd.daemon.trial_engine import place_of_refused, report_refusal
from alertd.daemon.vetting import vet
from alertd.model.conditions import DefinitionCondition
from alertd.model.ids import DefinitionId, ExprId, RuleId
from alertd.model.rulebook import RuleBook
from alertd.rulebook.cage import Cage, Limits
from alertd.rulebook.problems import Place, Report
from alertd.shipped import shipped
from tests.service.stage import shipped_rules


def test_rules_that_the_engine_takes_are_no_problem() -> None:
    report = Report()
    report_refusal(report, Cage(shipped_rules().book), shipped_rules().book)
    assert report.problems() == ()


def test_a_condition_that_the_engine_refuses_is_told_at_its_rule() -> None:
    book = shipped_rules().book
    rule = book.rules[RuleId("tension_cluster")]
    broken = DefinitionCondition(DefinitionId("nowhere"))
    expressions = tuple(
        replace(each, condition=broken) if each.id == rule_expr(rule.id) else each for each in book.expressions
    )
    refused = replace(book, expressions=expressions)
    report = Report()
    report_refusal(report, Cage(refused), refused)
    (problem,) = report.problems()
    assert (problem.code, f"{problem.file}:{problem.line}") == ("E040", rule.header.where)
    assert "cannot take the rule 'tension_cluster'" in problem.message


def test_an_engine_that_never_gets_ready_refuses_and_is_ended() -> None:
    book = RuleBook(shipped_rules().book.version)
    report = Report()
    engine = Cage(book, Limits(start=timedelta(0)))
    report_refusal(report, engine, book)
    assert [problem.code for problem in report.problems()] == ["E040"]
    assert engine.pid is None


def test_the_stop_of_a_clock_and_rules_too_many_together_are_found_by_halves() -> None:
    book = shipped_rules().book
    stop = ExprId("stop:contact_24h:1")
    found = place_of_refused(book, lambda part: all(each.id != stop for each in part.expressions))
    assert found[1] == "'stops_when' of the clock 'contact_24h'"
    assert found[0].file.endswith("clocks.yaml")
    together = place_of_refused(book, lambda part: len(part.expressions) < len(book.expressions))
    assert together == (Place("rules", 1), "these rules together")


def test_a_check_after_a_change_takes_less_than_a_second() -> None:
    """By CPU time, of this process and the engine's together: beside other work a wall clock says nothing."""
    settings = read_settings(shipped("config") / "alertd.yaml")
    now = datetime(2026, 11, 25, 12, tzinfo=UTC)
    vet(settings, settings.rules, now)
    begun = cpu()
    assert vet(settings, settings.rules, now).problems == ()
    assert cpu() - begun < 1.0


def cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
