"""The desk in Telegram: a forum group for each helpline, with a topic for each ticket, and staff who work there."""

from handlers.telegram.desk.addresses import DESK
from handlers.telegram.desk.away import AwayAlerts
from handlers.telegram.desk.channel import DeskChannel
from handlers.telegram.desk.door import Bind, DeskDoor, TakeTicket
from handlers.telegram.desk.lines import GroupLines
from handlers.telegram.desk.office import DeskOffice

__all__ = ["DESK", "AwayAlerts", "Bind", "DeskChannel", "DeskDoor", "DeskOffice", "GroupLines", "TakeTicket"]
