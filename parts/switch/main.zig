//! `switch`: the branch of the first case whose `match` is the value. A `match` that is a list means any of its items,
//! unless the value is a list itself. Without a match: `default`, and without that the branch is null.

const part = @import("part");
const Value = part.Value;
const Error = part.Error;

pub fn run(input: part.Input) Error!Value {
    const value = try input.any("value");
    const cases = try input.list("cases");
    var found: ?Value = null;
    for (cases) |case| {
        const branch = try branchOf(case);
        if (found == null and try matches(value, case.map.get("match").?)) found = branch;
    }
    const default = if (try input.optionalText("default")) |name| Value{ .text = name } else .null;
    return part.mapOf("branch", found orelse default);
}

/// Every case is checked, also behind the one that matches, so that a mistake does not wait for its day.
fn branchOf(case: Value) Error!Value {
    if (case != .map) return part.wrongKind("cases", "a list of maps `{match, branch}`", case);
    const branch = case.map.get("branch") orelse .null;
    if (branch != .text) return part.badInput(&.{"every case needs a `branch` that is a string"});
    if (case.map.get("match") == null) return part.badInput(&.{ "the case for branch `", branch.text, "` has no `match`" });
    return branch;
}

fn matches(value: Value, match: Value) Error!bool {
    if (try part.compare.equal(value, match)) return true;
    if (match != .list or value == .list) return false;
    for (match.list) |one| if (try part.compare.equal(value, one)) return true;
    return false;
}
