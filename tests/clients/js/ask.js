// Asks with the official JavaScript driver: node ask.js FOLDER tcp|websocket URL, with a list of questions as JSON on
// standard input. Answers are JSON on standard output: the rows of each question, or its error.
"use strict";

const [folder, transport, url] = process.argv.slice(2);
const modules = `${folder}/node_modules`;

function driverOf(name) {
  if (name === "tcp") return require(`${modules}/neo4j-driver`);
  globalThis.WebSocket = require(`${modules}/ws`);
  return require(`${modules}/neo4j-driver/lib/browser/neo4j-web.min.js`);
}

const neo4j = driverOf(transport);

// What a value is, and all of it, in words that a test can compare.
function told(value) {
  if (value === null || typeof value !== "object") return value;
  if (neo4j.isInt(value)) return value.toString();
  if (Array.isArray(value)) return value.map(told);
  if (neo4j.isNode(value)) return { node: value.elementId, labels: value.labels, name: value.properties.name };
  if (neo4j.isRelationship(value)) return { type: value.type, from: value.startNodeElementId, to: value.endNodeElementId };
  if (neo4j.isPath(value)) return { path: value.segments.map((s) => [told(s.start), s.relationship.type, told(s.end)]) };
  if (neo4j.isDateTime(value) || neo4j.isDate(value) || neo4j.isDuration(value)) return value.toString();
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, told(item)]));
}

async function answer(driver, { text, parameters = {}, mode = "READ" }) {
  const session = driver.session({ defaultAccessMode: neo4j.session[mode] });
  try {
    const result = await session.run(text, parameters);
    return { keys: result.records[0]?.keys ?? [], rows: result.records.map((r) => r.keys.map((key) => told(r.get(key)))) };
  } catch (error) {
    return { code: error.code };
  } finally {
    await session.close();
  }
}

async function main() {
  const questions = JSON.parse(require("node:fs").readFileSync(0, "utf-8"));
  const driver = neo4j.driver(url, neo4j.auth.basic("neo4j", "a password"));
  const answers = [];
  for (const question of questions) answers.push(await answer(driver, question));
  const { agent, protocolVersion } = await driver.getServerInfo();
  await driver.close();
  process.stdout.write(JSON.stringify({ agent, version: String(protocolVersion), answers }));
}

main();
