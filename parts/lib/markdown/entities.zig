//! What a name or number of HTML's character references stands for; the table is from `make_entities.py`.

const std = @import("std");
const part = @import("../part.zig");
const gpa = part.gpa;

const table = @embedFile("entities.txt");

/// The characters for what stands between `&` and `;`, or null.
pub fn named(name: []const u8) ?[]const u8 {
    if (name.len < 2) return null;
    if (name[0] == '#') return numbered(name[1..]);
    var lines = std.mem.tokenizeScalar(u8, table, '\n');
    while (lines.next()) |line| {
        if (!std.mem.startsWith(u8, line, name) or line.len <= name.len or line[name.len] != ' ') continue;
        var out: std.ArrayList(u8) = .empty;
        var points = std.mem.tokenizeScalar(u8, line[name.len..], ' ');
        while (points.next()) |hex| part.unicode.append(gpa, &out, std.fmt.parseInt(u21, hex, 16) catch unreachable) catch return null;
        return out.items;
    }
    return null;
}

fn numbered(text: []const u8) ?[]const u8 {
    const hex = text[0] == 'x' or text[0] == 'X';
    const digits = text[if (hex) 1 else 0..];
    if (digits.len == 0 or digits.len > @as(usize, if (hex) 6 else 7)) return null;
    for (digits) |digit| if (!std.ascii.isHex(digit)) return null;
    const point = std.fmt.parseInt(u24, digits, if (hex) 16 else 10) catch return null;
    const valid = point != 0 and point <= 0x10FFFF and std.unicode.utf8ValidCodepoint(@intCast(point));
    var out: std.ArrayList(u8) = .empty;
    part.unicode.append(gpa, &out, if (valid) @intCast(point) else 0xFFFD) catch return null;
    return out.items;
}
