globalThis.earlyLogs = []; globalThis.console = {}; for (const name of ["log", "info", "warn", "error", "debug"]) console[name] = (...values) => earlyLogs.push(values);
