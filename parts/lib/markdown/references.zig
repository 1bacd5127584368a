//! Addresses and titles of links, and their definitions: `[label]: address "title"`.

const std = @import("std");
const part = @import("../part.zig");
const scan = @import("scan.zig");
const gpa = part.gpa;
const OutOfMemory = error{OutOfMemory};

pub const Target = struct { address: []const u8, title: []const u8 };
pub const Map = std.StringHashMapUnmanaged(Target);
pub const Found = struct { text: []const u8, end: usize };

const most_parentheses = 32;

/// Reads one definition; gives where the rest of the text begins, or null when there is none. The first one wins.
pub fn define(map: *Map, text: []const u8) OutOfMemory!?usize {
    const close = labelEnd(text, 0) orelse return null;
    if (close + 1 >= text.len or text[close + 1] != ':') return null;
    const label = try normal(text[1..close]);
    if (label.len == 0) return null;
    const at = scan.skipSpace(text, close + 2);
    const address = try addressAt(text, at) orelse return null;
    if (address.end == at) return null;
    var end = lineEnd(text, address.end);
    var title: []const u8 = "";
    const next = scan.skipSpace(text, address.end);
    if (next > address.end) if (try titleAt(text, next)) |found| if (lineEnd(text, found.end)) |after| {
        end = after;
        title = found.text;
    };
    const after = end orelse return null;
    const slot = try map.getOrPut(gpa, label);
    if (!slot.found_existing) slot.value_ptr.* = .{ .address = address.text, .title = title };
    return after;
}

/// Behind the line's end, when only spaces come before it.
fn lineEnd(text: []const u8, from: usize) ?usize {
    const at = std.mem.indexOfNonePos(u8, text, from, " \t") orelse return text.len;
    return if (text[at] == '\n') at + 1 else null;
}

/// The place of the `]` that closes the label which opens at `from`.
pub fn labelEnd(text: []const u8, from: usize) ?usize {
    var at = from + 1;
    while (at < text.len and at - from < 1001) : (at += 1) switch (text[at]) {
        '\\' => at += 1,
        '[' => return null,
        ']' => return at,
        else => {},
    };
    return null;
}

/// Labels are the same whatever their case and white space.
pub fn normal(label: []const u8) OutOfMemory![]const u8 {
    var out: std.ArrayList(u8) = .empty;
    var words = std.mem.tokenizeAny(u8, label, " \t\r\n");
    while (words.next()) |word| {
        if (out.items.len > 0) try out.append(gpa, ' ');
        // By way of small and capital letters, so that ẞ, ß and SS are the same.
        const capital = try part.unicode.upper(gpa, try part.unicode.lower(gpa, word));
        try out.appendSlice(gpa, try part.unicode.lower(gpa, capital));
    }
    return out.items;
}

pub fn addressAt(text: []const u8, from: usize) OutOfMemory!?Found {
    if (from >= text.len) return null;
    if (text[from] == '<') {
        var at = from + 1;
        while (at < text.len and text[at] != '\n' and text[at] != '<') : (at += 1) {
            if (text[at] == '>') return .{ .text = try scan.unescaped(text[from + 1 .. at]), .end = at + 1 };
            if (text[at] == '\\') at += 1;
        }
        return null;
    }
    var depth: usize = 0; // the specification asks for three levels; each text is read once more for each of them
    var at = from;
    while (at < text.len and text[at] > ' ' and text[at] != 127) : (at += 1) switch (text[at]) {
        '\\' => if (at + 1 < text.len and scan.isPunctuation(text[at + 1])) {
            at += 1;
        },
        '(' => {
            depth += 1;
            if (depth > most_parentheses) return null;
        },
        ')' => {
            if (depth == 0) break;
            depth -= 1;
        },
        else => {},
    };
    if (depth > 0) return null;
    return .{ .text = try scan.unescaped(text[from..at]), .end = at };
}

pub fn titleAt(text: []const u8, from: usize) OutOfMemory!?Found {
    if (from >= text.len) return null;
    const close: u8 = switch (text[from]) {
        '"', '\'' => text[from],
        '(' => ')',
        else => return null,
    };
    var at = from + 1;
    while (at < text.len) : (at += 1) {
        if (text[at] == close) return .{ .text = try scan.unescaped(text[from + 1 .. at]), .end = at + 1 };
        if (text[at] == '\\') at += 1 else if (text[at] == '(' and close == ')') return null;
    }
    return null;
}
