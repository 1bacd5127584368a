// A fork at one page: the other page and the list keep their results, what collects them and the book are made anew.
CREATE (list:work {of: $pages})
CREATE (list)-[:FOR_EACH {item: 'page', in: list}]->(fetch:work {page: page, style: $style, id: uuid()})
CREATE (fetch)-[:COLLECT]->(pages {texts: [one IN fetch | one.text]})
CREATE (pages)-[:ON_SUCCESS]->(book:work {texts: pages.texts})
CREATE (list)-[:ON_FAIL]->(sorry:work)
RETURN book, pages.texts AS texts
