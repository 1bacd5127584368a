//! Time zones: the offset at an instant, and the instants that a clock on the wall may mean. Data from tzdata, as
//! `make_zone_tables.py` wrote it; behind the last change of a zone its POSIX rule holds for ever.

const std = @import("std");
const part = @import("../part.zig");
const Rule = @import("zone_rule.zig").Rule;
const gpa = part.gpa;

const names = @embedFile("zone_names.txt");
const data = @embedFile("zones.bin");
const begin = -4_500_000_000;
const hour = 3600;
/// No zone has ever been further from UTC than this.
const widest = 26 * hour;

const Change = struct { at: i64, offset: i64 };

pub const Zone = struct {
    name: []const u8,
    first: i64,
    changes: []const Change = &.{},
    rule: Rule,

    pub fn fixed(name: []const u8, offset: i64) Zone {
        return .{ .name = name, .first = offset, .rule = .{ .standard = offset } };
    }

    /// Seconds east of UTC at an instant.
    pub fn offsetAt(self: Zone, unix: i64) i64 {
        const list = self.changes;
        if (list.len == 0 or unix >= list[list.len - 1].at) return self.rule.offsetAt(unix);
        var low: usize = 0;
        var high = list.len;
        while (low < high) {
            const middle = (low + high) / 2;
            if (list[middle].at <= unix) low = middle + 1 else high = middle;
        }
        return if (low == 0) self.first else list[low - 1].offset;
    }

    /// What a local time means: one offset, two in a fold (the earlier instant first), or in a gap the two around it
    /// with `gap` set (the one before it first).
    pub fn meaning(self: Zone, local: i64) Meaning {
        var found: Meaning = .{ .first = 0, .second = 0 };
        var known: [64]i64 = undefined;
        const offsets = self.offsetsNear(local, &known);
        var count: usize = 0;
        for (offsets) |offset| {
            if (self.offsetAt(local - offset) != offset) continue;
            found.first = if (count == 0) offset else @max(found.first, offset);
            found.second = if (count == 0) offset else @min(found.second, offset);
            count += 1;
        }
        return if (count > 0) found else self.gapAt(local, offsets);
    }

    fn gapAt(self: Zone, local: i64, offsets: []const i64) Meaning {
        for (offsets) |before| for (offsets) |after| {
            const around = self.offsetAt(local - before) == after and self.offsetAt(local - after) == before;
            if (before < after and around) return .{ .first = before, .second = after, .gap = true };
        };
        return .{ .first = offsets[0], .second = offsets[offsets.len - 1], .gap = true };
    }

    fn offsetsNear(self: Zone, local: i64, known: *[64]i64) []const i64 {
        var count: usize = 0;
        var at = local - widest;
        while (at <= local + widest) : (at += hour) {
            const offset = self.offsetAt(at);
            if (std.mem.indexOfScalar(i64, known[0..count], offset) != null) continue;
            known[count] = offset;
            count += 1;
        }
        return known[0..count];
    }
};

pub const Meaning = struct { first: i64, second: i64, gap: bool = false };

/// A zone by its IANA name, in any case; null when there is none of that name.
pub fn find(wanted: []const u8) error{OutOfMemory}!?Zone {
    var lines = std.mem.tokenizeScalar(u8, names, '\n');
    while (lines.next()) |line| {
        const space = std.mem.indexOfScalar(u8, line, ' ').?;
        if (!std.ascii.eqlIgnoreCase(line[0..space], wanted)) continue;
        return try read(line[0..space], std.fmt.parseInt(usize, line[space + 1 ..], 10) catch unreachable);
    }
    return null;
}

/// The names that hold a text, in any case.
pub fn namesWith(wanted: []const u8) error{OutOfMemory}![]const []const u8 {
    var out: std.ArrayList([]const u8) = .empty;
    var lines = std.mem.tokenizeScalar(u8, names, '\n');
    while (lines.next()) |line| {
        const name = line[0..std.mem.indexOfScalar(u8, line, ' ').?];
        if (std.ascii.indexOfIgnoreCase(name, wanted) != null) try out.append(gpa, name);
    }
    return out.items;
}

fn read(name: []const u8, at: usize) error{OutOfMemory}!Zone {
    var reader = Reader{ .at = at };
    const rule = reader.bytes(reader.byte());
    var offsets: [256]i64 = undefined;
    const count = reader.byte();
    for (offsets[0..count]) |*slot| slot.* = reader.zigzag();
    const changes = try gpa.alloc(Change, @intCast(reader.varint()));
    var last: i64 = begin;
    for (changes) |*slot| {
        const distance = frequent(reader.varint());
        last += if (distance & 1 == 1) distance >> 1 else (distance >> 1) * 900;
        slot.* = .{ .at = last, .offset = offsets[reader.byte()] };
    }
    return .{ .name = name, .first = offsets[0], .changes = changes, .rule = Rule.parse(rule) };
}

/// A distance, which the file has at its beginning when it is one of the most frequent.
fn frequent(number: i64) i64 {
    if (number >= 128) return number - 128;
    return std.mem.readInt(u32, data[@as(usize, @intCast(number)) * 4 ..][0..4], .little);
}

const Reader = struct {
    at: usize,

    fn byte(self: *Reader) u8 {
        self.at += 1;
        return data[self.at - 1];
    }

    fn bytes(self: *Reader, count: usize) []const u8 {
        self.at += count;
        return data[self.at - count .. self.at];
    }

    fn varint(self: *Reader) i64 {
        var out: i64 = 0;
        var shift: u6 = 0;
        while (true) : (shift += 7) {
            const next = self.byte();
            out |= @as(i64, next & 0x7f) << shift;
            if (next < 0x80) return out;
        }
    }

    fn zigzag(self: *Reader) i64 {
        const found = self.varint();
        return if (found & 1 == 0) found >> 1 else -(found >> 1) - 1;
    }
};
