//! `merge`: several maps as one, later ones winning. Without `inputs` the whole input is taken as the maps to merge,
//! which is what a join gives: a map of the names before it to their outputs. Skipped ones (null) add nothing.

const std = @import("std");
const part = @import("part");
const merge = part.merge;
const Value = part.Value;
const Error = part.Error;

pub fn run(input: part.Input) Error!Value {
    const named = input.get("inputs") != null;
    const deep = if (named) try input.boolOr("deep", false) else false;
    const lists: merge.Lists = if (named) try input.choice("lists", merge.Lists, .replace) else .replace;
    var out: Value = .{ .map = .empty };
    for (try inputsOf(input)) |one| {
        if (one == .null) continue;
        if (one != .map) return part.wrongKind("inputs", "maps (or null) only", one);
        if (deep) out = try merge.deep(out, one, lists) else try merge.shallow(&out.map, one.map);
    }
    return part.result(out);
}

fn inputsOf(input: part.Input) Error![]const Value {
    const inputs = input.get("inputs") orelse return input.map.values();
    return switch (inputs) {
        .list => |items| items,
        .map => |map| map.values(),
        else => part.wrongKind("inputs", "a list of maps, or a map of maps", inputs),
    };
}
