"""Notion: `edge` speaks to it, `columns` and `values` translate, `table` joins them, `board` and `rows` are ports."""

from integrations.notion.board import NotionBoard
from integrations.notion.columns import TRACKS
from integrations.notion.edge import NotionEdge
from integrations.notion.rows import NotionRows
from integrations.notion.table import Table

__all__ = ["TRACKS", "NotionBoard", "NotionEdge", "NotionRows", "Table"]
