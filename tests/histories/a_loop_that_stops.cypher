// Two pages at a time; a page that cannot be parsed stops the loop, and what was fetched is closed.
CREATE (begin)-[:FOR_EACH {item: 'page', in: $pages, concurrency: 2}]->(fetch:work {page: page})
CREATE (fetch)-[:ON_SUCCESS]->(parse:work {of: fetch.page}), (fetch)-[:ON_COMPLETE]->(close:work {page: page})
CREATE (parse)-[:COLLECT]->(report:work {pages: parse}), (begin)-[:ON_SUCCESS]->(alarm:work)
