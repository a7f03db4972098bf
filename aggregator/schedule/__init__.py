"""When a feed is polled next, and why: pure functions, each with its reason as text."""

from aggregator.schedule.failures import (
    NO_NETWORK,
    OFFLINE_HOSTS,
    needs_full_fetch,
    plan_after_local_fault,
    plan_host_pause,
    plan_offline,
    plan_skip_hours,
    retry_if_crashed,
    spread_at_start,
    turn,
)
from aggregator.schedule.hints import freshness
from aggregator.schedule.interval import DATES
from aggregator.schedule.jitter import start_times
from aggregator.schedule.plan import NEVER, Circumstances, plan
from aggregator.schedule.redirects import track_redirect
from aggregator.schedule.skip_hours import next_allowed_time
from aggregator.schedule.text import format_duration

__all__ = [
    "DATES",
    "NEVER",
    "NO_NETWORK",
    "OFFLINE_HOSTS",
    "Circumstances",
    "format_duration",
    "freshness",
    "needs_full_fetch",
    "next_allowed_time",
    "plan",
    "plan_after_local_fault",
    "plan_host_pause",
    "plan_offline",
    "plan_skip_hours",
    "retry_if_crashed",
    "spread_at_start",
    "start_times",
    "track_redirect",
    "turn",
]
