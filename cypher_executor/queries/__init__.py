"""Questions to the graph of recipes and runs, live: what the service, the command line and Bolt all ask.

questions  Questions.ask: a text, its parameters and its limits become a Table
table      rows as they are taken, with what was used up; wrong: a text that is no query
keeper     keeps the graph as new as the journal
sweeping   runs that are forgotten leave the graph
store      where the graph is kept, as a small protocol
"""

from cypher_executor.queries.questions import Questions
from cypher_executor.queries.table import QueryInvalid, Summary, Table

__all__ = ["QueryInvalid", "Questions", "Summary", "Table"]
