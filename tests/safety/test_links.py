"""A link that somebody else made must do nothing in a person's name: it shows and asks, and no more."""

import json

import pytest

from bot.dialogue.events import Opened
from bot.dialogue.links import may_lead_to
from bot.dialogue.script import Script
from bot.dialogue.steps import FlowId
from bot.turns import Arrival
from handlers.telegram.updates import read_update
from handlers.web.chat.said import read_opened
from tests.telegram.sample import VAULT

ACTING = ("ask-helpline", "talk", "referral", "ended")
"""Flows that call a helpline, show what it wrote or answer it as soon as they begin."""


@pytest.mark.parametrize("flow", ACTING)
def test_no_link_calls_a_helpline_or_answers_it(real_script: Script, flow: str) -> None:
    assert flow in real_script.flows
    assert not may_lead_to(real_script, FlowId(flow))
    assert read_opened({"open": flow, "lang": "km"}, real_script).flow is None
    for payload in (flow, f"km_{flow}", f"km-{flow}-s-poster"):
        assert _opened(payload, real_script).flow is None


@pytest.mark.parametrize("flow", ["person", "emergency", "offer-check", "have-code", "about"])
def test_what_only_shows_and_asks_may_be_linked_to(real_script: Script, flow: str) -> None:
    assert may_lead_to(real_script, FlowId(flow))
    assert read_opened({"open": flow}, real_script).flow == flow
    assert _opened(f"km_{flow}", real_script) == Opened(_opened("km", real_script).language, flow)


def test_every_other_flow_may_be_linked_to(real_script: Script) -> None:
    refused = {flow for flow in real_script.flows if not may_lead_to(real_script, flow)}

    assert refused == set(ACTING)


def test_there_is_no_link_to_nowhere(real_script: Script) -> None:
    assert not may_lead_to(real_script, FlowId("nowhere"))


def _opened(payload: str, script: Script) -> Opened:
    message = {"message_id": 3, "date": 9, "chat": {"id": 7, "type": "private"}, "text": f"/start {payload}"}
    arrival = read_update(json.dumps({"update_id": 1, "message": message}).encode(), VAULT, script).arrival
    assert isinstance(arrival, Arrival)
    assert isinstance(arrival.event, Opened)
    return arrival.event
