"""The figures that Prometheus reads; their names are fixed by the contract of the outside. Never a personal value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from alertd.model.case import MessageOutcome, Notification
from alertd.model.delivery import InDoubt, Outcome, Refused, RetryLater, Sent

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_ACK_SECONDS = (30, 60, 120, 300, 600, 1200, 2100, 3000, 3600, 7200, 14400)
"""The steps of the ladder are among them."""
_WORDS: Mapping[type, str] = {Sent: "sent", RetryLater: "retry_later", Refused: "refused", InDoubt: "in_doubt"}


class _AtScrape(Collector):
    """A gauge by one label whose values are asked for when somebody looks."""

    def __init__(self, name: str, text: str, label: str, ask: Callable[[], Mapping[str, float]]) -> None:
        self._name = name
        self._text = text
        self._label = label
        self._ask = ask

    def collect(self) -> Iterable[Metric]:
        family = GaugeMetricFamily(self._name, self._text, labels=[self._label])
        for value, number in self._ask().items():
            family.add_metric([value], number)
        yield family


class _Clocks(Collector):
    """How many clocks stand how, asked for when somebody looks."""

    def __init__(self, ask: Callable[[], Mapping[tuple[str, str], int]]) -> None:
        self._ask = ask

    def collect(self) -> Iterable[Metric]:
        family = GaugeMetricFamily("alertd_clocks", "Clocks by how they stand", labels=["clock", "state"])
        for (clock, state), number in sorted(self._ask().items()):
            family.add_metric([clock, state], number)
        yield family


class Figures:
    """All figures of one process, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        r = self.registry
        self.messages = Counter("alertd_messages", "Messages by what became of them", ["result"], registry=r)
        self.intake_lag = Histogram(
            "alertd_intake_lag_seconds", "From receiving a message to its commit", buckets=_SECONDS, registry=r
        )
        self.queue_oldest = Gauge("alertd_queue_oldest_seconds", "Age of the oldest message held", registry=r)
        self.decision = Histogram(
            "alertd_decision_seconds", "Time to decide and commit a batch", buckets=_SECONDS, registry=r
        )
        self.notifications = Counter(
            "alertd_notifications", "Requests to providers by outcome", ["channel", "outcome"], registry=r
        )
        self.send_latency = Histogram(
            "alertd_send_latency_seconds",
            "From a message's receipt to the provider's acceptance",
            buckets=_SECONDS,
            registry=r,
        )
        self.disagreements = Counter("alertd_engine_disagreements", "Answers on which the judges differ", registry=r)
        self.engine_failures = Counter("alertd_engine_failures", "Batches the engine did not answer", registry=r)
        self.engine_restarts = Counter("alertd_engine_restarts", "Engines killed and replaced", registry=r)
        self.rules = Gauge("alertd_rules_info", "Rules in force", ["version"], registry=r)
        self.rules_rejected = Counter("alertd_rules_rejected", "Loads of rules that were refused", registry=r)
        self.loop_failures = Counter("alertd_loop_failures", "Turns of loops that failed", ["loop"], registry=r)
        self.webhooks = Counter("alertd_webhooks", "Requests of providers by outcome", ["hook", "result"], registry=r)
        self.clock_lateness = Histogram(
            "alertd_clock_lateness_seconds",
            "From a clock's warning or deadline to its being acted on",
            buckets=_SECONDS,
            registry=r,
        )
        self.coming_in = Counter("alertd_sign_ins", "Tries to come in by a page", ["way", "result"], registry=r)
        self.polls = Counter(
            "alertd_polled", "Replies and receipts asked for, by outcome", ["provider", "result"], registry=r
        )
        self.ack = Histogram(
            "alertd_ack_seconds",
            "From an alert's opening to its acceptance by a reply, a call, a page or a command",
            ["role"],
            buckets=_ACK_SECONDS,
            registry=r,
        )

    def took(self, totals: Mapping[MessageOutcome, int]) -> None:
        """Count a batch of messages."""
        for outcome, number in totals.items():
            self.messages.labels(outcome.value).inc(number)

    def settled(self, note: Notification, outcome: Outcome, now: datetime) -> None:
        """Count a request to a provider."""
        self.notifications.labels(note.channel.value, _WORDS[type(outcome)]).inc()
        if isinstance(outcome, Sent) and note.received_at is not None:
            self.send_latency.observe(max(0.0, (now - note.received_at).total_seconds()))

    def webhook(self, hook: str, result: str) -> None:
        """Count a request of a provider."""
        self.webhooks.labels(hook, result).inc()

    def came_in(self, way: str, result: str) -> None:
        """Count a try to come in by a page."""
        self.coming_in.labels(way, result).inc()

    def polled(self, provider: str, result: str) -> None:
        """Count a reply or receipt that a provider was asked for."""
        self.polls.labels(provider, result).inc()

    def accepted(self, role: str, waited: timedelta) -> None:
        """Count an acceptance by the role that was reached."""
        self.ack.labels(role).observe(waited.total_seconds())

    def rules_in_force(self, version: str) -> None:
        """Show which rules are in force, and no other."""
        self.rules.clear()
        self.rules.labels(version).set(1)

    def loops(self, ages: Callable[[], Mapping[str, float]]) -> None:
        """Show how long ago each loop moved on, asked at each look."""
        text = "Seconds since a loop last moved on"
        self.registry.register(_AtScrape("alertd_last_loop_seconds", text, "loop", ages))

    def clocks(self, ask: Callable[[], Mapping[tuple[str, str], int]]) -> None:
        """Show how many clocks stand how, asked at each look."""
        self.registry.register(_Clocks(ask))

    def providers(self, standing: Callable[[], Mapping[str, str]]) -> None:
        """Show which providers are used and which passed over, asked at each look."""

        def up() -> Mapping[str, float]:
            return {provider: 0.0 if why else 1.0 for provider, why in standing().items()}

        text = "1 while a provider is used, 0 while it is passed over"
        self.registry.register(_AtScrape("alertd_provider_up", text, "provider", up))

    def text(self) -> bytes:
        """Everything in Prometheus's text format."""
        return generate_latest(self.registry)
