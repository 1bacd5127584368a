//! `template`: fills `{{ path }}` in a text that comes as data. Only paths, no expressions: nothing that arrives as data
//! is evaluated, and what is filled in is never looked at again. `\{{` is a literal `{{`.

const std = @import("std");
const part = @import("part");
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;
const Bytes = std.ArrayList(u8);

const Missing = enum { empty, @"error", keep };
const Escape = enum { none, html, json, url };

const Rules = struct { values: Value, missing: Missing, escape: Escape };

pub fn run(input: part.Input) Error!Value {
    const rules = Rules{
        .values = input.get("values") orelse Value{ .map = .empty },
        .missing = try input.choice("missing", Missing, .empty),
        .escape = try input.choice("escape", Escape, .none),
    };
    var out: Bytes = .empty;
    var rest = try input.text("text");
    while (std.mem.indexOf(u8, rest, "{{")) |open| {
        if (open > 0 and rest[open - 1] == '\\') {
            try out.appendSlice(gpa, rest[0 .. open - 1]);
            try out.appendSlice(gpa, "{{");
            rest = rest[open + 2 ..];
            continue;
        }
        try out.appendSlice(gpa, rest[0..open]);
        const length = std.mem.indexOf(u8, rest[open..], "}}") orelse return unclosed(rest[open..]);
        const place = rest[open..][0 .. length + 2];
        try fill(&out, place, rules);
        rest = rest[open + place.len ..];
    }
    try out.appendSlice(gpa, rest);
    return part.mapOf("text", .{ .text = out.items });
}

fn unclosed(text: []const u8) Error {
    const shown = text[0..part.unicode.offset(text, 30)];
    return part.badInput(&.{ "a `{{` is never closed: `", shown, "`; add `}}`, or write `\\{{` for the braces themselves" });
}

fn fill(out: *Bytes, place: []const u8, rules: Rules) Error!void {
    const path_text = std.mem.trim(u8, place[2 .. place.len - 2], " \t\r\n");
    if (path_text.len == 0) return part.badInput(&.{"`{{ }}` is empty; write a path such as `{{ user.name }}`"});
    const path = try part.path.parse(path_text);
    const found = part.path.get(rules.values, path) orelse switch (rules.missing) {
        .empty => return,
        .keep => return out.appendSlice(gpa, place),
        .@"error" => return part.fail("missing_value", &.{ "there is nothing at `", path_text, "`; give it in `values`" }),
    };
    try escaped(out, try textOf(found), rules.escape);
}

/// null is empty, lists and maps are JSON.
fn textOf(value: Value) Error![]const u8 {
    return switch (value) {
        .null => "",
        .text => |text| text,
        else => part.json_write.write(gpa, value, .{}),
    };
}

fn escaped(out: *Bytes, text: []const u8, escape: Escape) Error!void {
    switch (escape) {
        .none => try out.appendSlice(gpa, text),
        .html => try out.appendSlice(gpa, try part.encoding.html(text)),
        .json => {
            const quoted = try part.json_write.write(gpa, .{ .text = text }, .{});
            try out.appendSlice(gpa, quoted[1 .. quoted.len - 1]);
        },
        .url => try out.appendSlice(gpa, try part.encoding.percent(text, "", "%20")),
    }
}
