"""Notion: `edge` speaks to it, `columns` and `values` translate, `table` joins them, `board`, `rows`,
`relatives` and `tasks` are ports."""

from integrations.notion.board import NotionBoard
from integrations.notion.columns import AGENT_TASKS, ISSUES, TRACKS
from integrations.notion.edge import NotionEdge
from integrations.notion.relatives import NotionRelatives
from integrations.notion.rows import NotionRows
from integrations.notion.table import Table
from integrations.notion.tasks import NotionTasks

__all__ = [
    "AGENT_TASKS",
    "ISSUES",
    "TRACKS",
    "NotionBoard",
    "NotionEdge",
    "NotionRelatives",
    "NotionRows",
    "NotionTasks",
    "Table",
]
