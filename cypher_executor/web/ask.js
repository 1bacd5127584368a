// Asking the service. The key, where it asks for one, lives as long as the tab.

const KEY = "cypher-executor.key";

export class Problem extends Error {
  // What the service answers instead: RFC 9457, with the diagnostics of a query that is none.
  constructor(told) {
    super(told.detail);
    this.told = told;
  }
}

export const key = {
  get: () => sessionStorage.getItem(KEY) ?? "",
  set: (text) => (text ? sessionStorage.setItem(KEY, text) : sessionStorage.removeItem(KEY)),
};

export async function ask(query, parameters) {
  const headers = { "content-type": "application/json" };
  if (key.get()) headers.authorization = `Bearer ${key.get()}`;
  const body = JSON.stringify({ query, parameters, graph: true });
  const answer = await fetch("/query", { method: "POST", headers, body });
  const told = await answer.json();
  if (!answer.ok) throw new Problem(told);
  return told;
}

export async function questions() {
  const answer = await fetch("/page/questions.json");
  return answer.ok ? (await answer.json()).questions : [];
}
