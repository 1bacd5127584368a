//! The unified format: hunks of changed lines with some lines around them, which `patch` and `git apply` understand.

const std = @import("std");
const part = @import("part");
const myers = part.myers;
const Error = part.Error;
const gpa = part.gpa;

const Edit = struct { mark: u8, line: []const u8, a: usize, b: usize };

/// Nothing at all when nothing changed.
pub fn write(a: []const []const u8, b: []const []const u8, marks: myers.Marks, names: [2][]const u8, context: usize) Error![]const u8 {
    const edits = try script(a, b, marks);
    var out: std.ArrayList(u8) = .empty;
    var at: usize = 0;
    while (nextChange(edits, at)) |change| {
        if (out.items.len == 0) try out.appendSlice(gpa, try part.concat(&.{ "--- ", names[0], "\n+++ ", names[1], "\n" }));
        const end = hunkEnd(edits, change, context);
        try hunk(&out, edits[@max(at, change -| context)..end]);
        at = end;
    }
    return out.items;
}

fn script(a: []const []const u8, b: []const []const u8, marks: myers.Marks) Error![]const Edit {
    var out: std.ArrayList(Edit) = .empty;
    var x: usize = 0;
    var y: usize = 0;
    while (x < a.len or y < b.len) {
        const mark: u8 = if (x < a.len and marks.deleted[x]) '-' else if (y < b.len and marks.inserted[y]) '+' else ' ';
        try out.append(gpa, .{ .mark = mark, .line = if (mark == '+') b[y] else a[x], .a = x, .b = y });
        if (mark != '+') x += 1;
        if (mark != '-') y += 1;
    }
    return out.items;
}

fn nextChange(edits: []const Edit, from: usize) ?usize {
    for (edits[from..], from..) |edit, i| if (edit.mark != ' ') return i;
    return null;
}

/// Changes that have at most twice the context between them share a hunk.
fn hunkEnd(edits: []const Edit, change: usize, context: usize) usize {
    var last = change;
    while (nextChange(edits, last + 1)) |next| : (last = next) {
        if (next - last - 1 > 2 * context) break;
    }
    return @min(edits.len, last + 1 + context);
}

fn hunk(out: *std.ArrayList(u8), edits: []const Edit) Error!void {
    var old: usize = 0;
    var new: usize = 0;
    for (edits) |edit| {
        if (edit.mark != '+') old += 1;
        if (edit.mark != '-') new += 1;
    }
    try out.appendSlice(gpa, try part.concat(&.{ "@@ -", try place(edits[0].a, old), " +", try place(edits[0].b, new), " @@\n" }));
    for (edits) |edit| {
        try out.append(gpa, edit.mark);
        try out.appendSlice(gpa, edit.line);
        if (edit.line[edit.line.len - 1] != '\n') try out.appendSlice(gpa, "\n\\ No newline at end of file\n");
    }
}

/// `line,count`: the count is left out when it is 1, and an empty stretch is said by the line before it.
fn place(from: usize, count: usize) Error![]const u8 {
    const line = (try part.integer(if (count == 0) from else from + 1)).number;
    return if (count == 1) line else part.concat(&.{ line, ",", (try part.integer(count)).number });
}
