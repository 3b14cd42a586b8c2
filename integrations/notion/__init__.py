"""Notion: `edge` speaks to it, `columns` and `values` translate, `table` joins them, `board`, `rows` and
`relatives` are ports."""

from integrations.notion.board import NotionBoard
from integrations.notion.columns import TRACKS
from integrations.notion.edge import NotionEdge
from integrations.notion.relatives import NotionRelatives
from integrations.notion.rows import NotionRows
from integrations.notion.table import Table

__all__ = ["TRACKS", "NotionBoard", "NotionEdge", "NotionRelatives", "NotionRows", "Table"]
