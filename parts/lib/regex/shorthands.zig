//! Classes of characters: those that have a letter (`\d`, `\w`, `\s`, and as capitals everything else), and ranges in order.

const std = @import("std");
const Range = @import("regex.zig").Range;
const part = @import("../part.zig");
const gpa = part.gpa;

const digits = [_]Range{.{ .first = '0', .last = '9' }};
const words = [_]Range{ .{ .first = '0', .last = '9' }, .{ .first = 'A', .last = 'Z' }, .{ .first = '_', .last = '_' }, .{ .first = 'a', .last = 'z' } };
const spaces = [_]Range{
    .{ .first = 9, .last = 13 },        .{ .first = ' ', .last = ' ' },     .{ .first = 0xA0, .last = 0xA0 },
    .{ .first = 0x1680, .last = 0x1680 }, .{ .first = 0x2000, .last = 0x200A }, .{ .first = 0x2028, .last = 0x2029 },
    .{ .first = 0x202F, .last = 0x202F }, .{ .first = 0x205F, .last = 0x205F }, .{ .first = 0x3000, .last = 0x3000 },
    .{ .first = 0xFEFF, .last = 0xFEFF },
};

pub fn of(letter: u8) ?[]const Range {
    return switch (letter) {
        'd', 'D' => &digits,
        'w', 'W' => &words,
        's', 'S' => &spaces,
        else => null,
    };
}

pub fn appendOutside(ranges: *std.ArrayList(Range), inside: []const Range) error{OutOfMemory}!void {
    var from: u21 = 0;
    for (inside) |range| {
        if (range.first > from) try ranges.append(gpa, .{ .first = from, .last = range.first - 1 });
        from = range.last + 1;
    }
    try ranges.append(gpa, .{ .first = from, .last = 0x10FFFF });
}

/// From the lowest on, and none in two ranges: so a character is looked up by halving.
pub fn inOrder(ranges: []Range) error{OutOfMemory}![]const Range {
    try part.sort.stable(Range, gpa, ranges, {}, beginsBefore);
    var out: std.ArrayList(Range) = .empty;
    for (ranges) |range| {
        const last = if (out.items.len > 0) &out.items[out.items.len - 1] else null;
        if (last != null and range.first <= last.?.last) last.?.last = @max(last.?.last, range.last) else try out.append(gpa, range);
    }
    return out.items;
}

fn beginsBefore(_: void, a: Range, b: Range) bool {
    return a.first < b.first;
}
