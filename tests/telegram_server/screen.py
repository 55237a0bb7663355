"""A phone in the browser: one chat of the running server, to look at and to type into, without any Telegram."""

import html
from collections.abc import Mapping

from tests.telegram_server.chats import Message
from tests.telegram_server.people import NotOnScreenError, Person

_STYLE = """<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<style>body{font:16px/1.4 sans-serif;max-width:30em;margin:auto;padding:.5em}p{white-space:pre-wrap;margin:0}
div{border-radius:.6em;padding:.5em;margin:.4em 3em .4em 0;background:#eef}div.mine{margin:.4em 0 .4em 3em;background:#dfd}
button{margin:.2em .2em 0 0;font:inherit}form{display:inline}input{font:inherit;width:70%}
iframe{width:100%;height:75vh;border:0}</style>"""


def draw_phone(person: Person) -> str:
    """The frame: the messages renew themselves, the line to type in stays."""
    where = f"/screen/messages?chat={person.id}"
    return (
        f'<!doctype html>{_STYLE}<iframe name="messages" src="{where}"></iframe>'
        f'<form method="post" action="{where}" target="messages" onsubmit="setTimeout(()=>this.reset())">'
        '<input name="text" autofocus><button>Send</button></form>'
    )


def draw_messages(person: Person) -> str:
    drawn = "".join(_draw_message(person, message) for message in person.screen())
    keyboard = "".join(_button(person, label, "text", label) for label in person.chat.keyboard_labels)
    return (
        f'<!doctype html>{_STYLE}<meta http-equiv="refresh" content="2;url=/screen/messages?chat={person.id}">'
        f"{drawn}{keyboard}<script>scrollTo(0, document.body.scrollHeight)</script>"
    )


def act(person: Person, form: Mapping[str, str]) -> None:
    """What was typed or tapped."""
    if form.get("text"):
        person.send(form["text"])
    elif "tap" in form:
        try:
            person.tap(form["tap"], message=person.chat.find(int(form.get("message", "0"))))
        except NotOnScreenError:
            return  # The message changed while the finger came down.


def _draw_message(person: Person, message: Message) -> str:
    others = sorted(message.body.keys() - _ENVELOPE)
    text = "\n".join(part for part in (f"[{', '.join(others)}]" if others else "", message.text) if part)
    rows = ""
    for row in message.buttons:
        rows += "<br>"
        for button in row:
            label = str(button["text"])
            if "url" in button:
                rows += f'<a href="{html.escape(str(button["url"]))}" target="_blank">{html.escape(label)}</a> '
            elif "callback_data" in button:
                rows += _button(person, label, "tap", str(button["callback_data"]), message.message_id)
            else:
                rows += f"<button disabled>{html.escape(label)}</button>"
    mine = "" if message.from_bot else ' class="mine"'
    return f"<div{mine}><p>{html.escape(text)}</p>{rows}</div>"


_ENVELOPE = frozenset(
    {"message_id", "date", "chat", "from", "reply_markup", "edit_date"}
    | {"text", "entities", "link_preview_options", "caption", "caption_entities"}
)


def _button(person: Person, label: str, name: str, value: str, message_id: int = 0) -> str:
    return (
        f'<form method="post" action="/screen/messages?chat={person.id}">'
        f'<input type="hidden" name="message" value="{message_id}">'
        f'<button name="{name}" value="{html.escape(value)}">{html.escape(label)}</button></form>'
    )
