author.file = "./main.js";
author.last = AUTHOR_LINES;
for (const values of globalThis.earlyLogs) log(...values);
delete globalThis.earlyLogs;
await answer((input) => {
  if (typeof run !== "function") throw new Refused("no_run", "the file has no function `run`: `export function run(input) {...}`");
  return run(input);
});
